"""Sorts the rows of a table: lines, rows about the lines, and what is neither."""

from dataclasses import dataclass, field

from billing.statements.amounts import is_amount
from billing.statements.dates import is_date
from billing.statements.encoding import CONTROL, NEW_LINE
from billing.statements.faults import Cell, Faults
from billing.statements.labels import MOST_CELLS, Labelled, kind_of, labelled
from billing.statements.rows import Row
from billing.statements.table import Table

CONTROL_CHARACTER = "holds a control character, as no statement does: the file is damaged."


@dataclass
class Sorted:
    """`balance_rows` hold a balance and no amount: (opening or closing, row)."""

    rows: list[Row] = field(default_factory=list)
    about: list[Labelled] = field(default_factory=list)
    balance_rows: list[tuple[str, Row]] = field(default_factory=list)


def sort(table: Table, *, max_lines: int, faults: Faults) -> Sorted:
    found = Sorted()
    for row in table.before:
        if row.fault:
            faults.at(Cell(row.line, "", row.raw), row.fault)
        elif _looks_like_a_line(table, row.cells):
            faults.at(Cell(row.line, "", row.raw), "stands in front of the headings.")
        elif about := labelled(row):
            found.about.append(about)
        elif CONTROL.search(row.raw):
            faults.at(Cell(row.line, "", row.raw), CONTROL_CHARACTER)
    end: Row | None = None
    for row in table.after:
        if row.is_blank:
            continue
        about = None if row.fault else _labelled_below(table, row)
        if about:
            found.about.append(about)
            # Opening balances may stand above the lines; anything else only below them.
            end = end or (row if found.rows or about.kind == "end" else None)
            continue
        if end:
            faults.at(
                Cell(row.line, "", row.raw),
                f"stands below “{end.cells[0] or end.raw}” of line {end.line:,}, where the lines "
                "have ended.",
            )
        elif _is_whole(table, row, faults):
            kind = _balance_kind(table, row)
            if kind:
                found.balance_rows.append((kind, row))
            else:
                found.rows.append(row)
        if len(found.rows) > max_lines:
            faults.stop(f"has more than {max_lines:,} lines. Export a shorter period.")
    _refuse_balance_between_lines(found, faults)
    if not found.rows and not faults.found:
        faults.stop("has headings and no lines: nothing to import.", line=table.header.line)
    return found


def _labelled_below(table: Table, row: Row) -> Labelled | None:
    """A payer may be called “Total” or “Konto”; such a line is not taken for its namesake."""
    about = labelled(row)
    if about is None or _looks_like_a_line(table, row.cells):
        return None
    return about if len(about.cells) <= MOST_CELLS.get(about.kind, len(about.cells)) else None


def refuse_control_characters(table: Table, rows: Sorted, faults: Faults) -> None:
    """What no other check has refused: a control character in a text."""
    known = {(fault.line, fault.column) for fault in faults.found}
    for row in (table.header, *rows.rows, *(row for _, row in rows.balance_rows)):
        if CONTROL.search(row.raw):
            for heading, text in zip(table.header.cells, row.cells, strict=True):
                if CONTROL.search(text) and (row.line, heading) not in known:
                    faults.at(Cell(row.line, heading, text), CONTROL_CHARACTER)
    for about in rows.about:
        if CONTROL.search(about.row.raw) and (about.row.line, about.label) not in known:
            faults.at(Cell(about.row.line, about.label, about.row.raw), CONTROL_CHARACTER)


def _looks_like_a_line(table: Table, cells: tuple[str, ...]) -> bool:
    needed = [table.fields["booked_on"], *_money_columns(table)]
    if len(cells) != len(table.header.cells):
        return False
    date, *money = (cells[column].strip('" ') for column in needed)
    return is_date(date) and any(map(is_amount, money))


def _money_columns(table: Table) -> list[int]:
    return [table.fields[name] for name in ("amount", "debit", "credit") if name in table.fields]


def _is_whole(table: Table, row: Row, faults: Faults) -> bool:
    """Whether the row has a cell for each heading and holds no other row."""
    where = Cell(row.line, "", row.raw)
    if row.fault:
        faults.at(where, row.fault)
        return False
    if len(row.cells) != len(table.header.cells):
        faults.at(where, f"has {len(row.cells)} cells, the headings are {len(table.header.cells)}.")
        return False
    if "\n" in row.raw or "\r" in row.raw:
        for inner in NEW_LINE.split(row.raw)[1:]:
            if _looks_like_a_line(table, tuple(inner.split(table.delimiter))):
                faults.at(where, "swallows the line below it: a quotation mark is missing.")
                return False
    return True


def _balance_kind(table: Table, row: Row) -> str | None:
    """“Balance brought forward” in a row that has a balance and no amount."""
    if "balance" not in table.fields or not table.text(row, "balance"):
        return None
    if any(row.cells[column] for column in _money_columns(table)):
        return None
    kinds = {kind_of(cell) for cell in row.cells if cell and not cell[0].isdigit()}
    return next(iter(kinds & {"opening", "closing"}), None)


def _refuse_balance_between_lines(found: Sorted, faults: Faults) -> None:
    if not found.rows:
        return
    first, last = found.rows[0].line, found.rows[-1].line
    for _, row in found.balance_rows:
        if first < row.line < last:
            faults.at(Cell(row.line, "", row.raw), "is a balance in the middle of the lines.")
