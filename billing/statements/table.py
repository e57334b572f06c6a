"""Finds the table in a text: its delimiter, its headings, which column is which field."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from billing.statements import headings
from billing.statements.faults import Cell, Faults
from billing.statements.rows import Row, split

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}
MAX_COLUMNS = 200
MAX_PREAMBLE = 100  # rows in front of the headings
PAIR = frozenset({"debit", "credit"})


@dataclass(frozen=True)
class Table:
    """`fields` gives the column of each field; `before` and `after` stand around the header."""

    delimiter: str
    header: Row
    fields: Mapping[str, int]
    before: tuple[Row, ...]
    after: tuple[Row, ...]

    def cell(self, row: Row, field: str) -> Cell:
        column = self.fields[field]
        return Cell(row.line, self.header.cells[column], row.cells[column])

    def text(self, row: Row, field: str) -> str:
        return row.cells[self.fields[field]] if field in self.fields else ""


@dataclass(frozen=True)
class _Candidate:
    delimiter: str
    row: Row
    fields: Mapping[str, int]
    several: Mapping[str, list[int]]

    @property
    def missing(self) -> list[str]:
        """What a table cannot do without, in words."""
        has_amount = "amount" in self.fields or set(self.fields) >= PAIR
        date = [] if "booked_on" in self.fields else [headings.IN_WORDS["booked_on"]]
        return date if has_amount else [*date, "amount"]


def find(text: str, chosen: Mapping[str, str], faults: Faults) -> Table:
    """The table, with the headings a person chose by field ("" for “there is none”).

    Raises Unreadable when no row can be its headings, or when two columns stand in line for one
    field.
    """
    candidates = list(_candidates(text, chosen))
    whole = [candidate for candidate in candidates if not candidate.missing]
    if not whole:
        _refuse_without_headings(candidates, chosen, faults)
    # Of several delimiters, the one that makes more sense of the headings.
    best = max(whole, key=lambda candidate: len(candidate.fields))
    _check(best, chosen, faults)
    rows = list(split(text, best.delimiter))
    at = next(at for at, row in enumerate(rows) if row.line == best.row.line)
    return Table(best.delimiter, best.row, best.fields, tuple(rows[:at]), tuple(rows[at + 1 :]))


def _candidates(text: str, chosen: Mapping[str, str]) -> Iterator[_Candidate]:
    """The rows that may be the headings, by delimiter, until one has all that is needed.

    Of another delimiter, a row below that one would be a line read wrongly.
    """
    last_line = math.inf
    for delimiter in filter(text.__contains__, DELIMITERS):
        for row in islice(split(text, delimiter), MAX_PREAMBLE):
            if row.line > last_line:
                break
            if 1 < len(row.cells) <= MAX_COLUMNS:
                candidate = _candidate(delimiter, row, chosen)
                yield candidate
                if not candidate.missing:
                    last_line = min(last_line, row.line)
                    break


def _candidate(delimiter: str, row: Row, chosen: Mapping[str, str]) -> _Candidate:
    fields, several = headings.assign(row.cells)
    for field, heading in chosen.items():
        fields.pop(field, None)
        several.pop(field, None)
        columns = [at for at, name in enumerate(row.cells) if heading and _is(name, heading)]
        if columns:
            # A column serves one field: the one it was chosen for.
            fields = {name: column for name, column in fields.items() if column != columns[0]}
            fields[field] = columns[0]
    return _Candidate(delimiter, row, fields, several)


def _is(name: str, heading: str) -> bool:
    return name.casefold() == heading.strip().casefold()


def _check(found: _Candidate, chosen: Mapping[str, str], faults: Faults) -> None:
    header, line = found.row.cells, found.row.line
    faults.headings = tuple(filter(None, header))
    for name, count in Counter(name.casefold() for name in header if name).items():
        if count > 1:
            shown = next(heading for heading in header if heading.casefold() == name)
            faults.at(
                Cell(line, shown, shown),
                f"is the heading of {count} columns. Rename all but one in the file.",
            )
    faults.refuse_if_any()
    for field, heading in chosen.items():
        if heading and field not in found.fields:
            faults.ask(
                "columns",
                Cell(line, heading, heading),
                f"was chosen for the {headings.IN_WORDS[field]}, but the file has no such column.",
            )
    for field, columns in found.several.items():
        names = "” and “".join(header[column] for column in columns)
        faults.ask(
            "columns",
            Cell(line, header[columns[0]], header[columns[0]]),
            f"“{names}” may both be the {headings.IN_WORDS[field]}. Choose the column.",
        )
    present = PAIR & set(found.fields)
    if present and ("amount" in found.fields or len(present) == 1):
        names = ", ".join(
            f"“{header[column]}”"
            for field, column in sorted(found.fields.items(), key=lambda item: item[1])
            if field in {"amount", *PAIR}
        )
        faults.ask(
            "columns",
            Cell(line, "", names),
            "do not go together: either one column of signed amounts, or one for money in and "
            "one for money out. Choose the columns.",
        )
    faults.refuse_if_any()


def _refuse_without_headings(
    candidates: list[_Candidate], chosen: Mapping[str, str], faults: Faults
) -> None:
    if not candidates:
        faults.stop(
            "has no table: no line is divided by semicolons, commas, tabs or vertical bars. "
            "Download the statement as CSV or camt.053."
        )
    best = max(
        candidates, key=lambda found: (len(found.fields), len(list(filter(None, found.row.cells))))
    )
    faults.headings = tuple(filter(None, best.row.cells))
    faults.asks.append("columns")
    wanted = [
        f"“{heading}”"
        for heading in chosen.values()
        if heading and not any(_is(name, heading) for name in best.row.cells)
    ]
    also = f" The file has no {', '.join(wanted)}." if wanted else ""
    faults.stop(
        f"There is no heading that is known for: {', '.join(best.missing)}.{also} If this line has "
        "the headings, choose the columns.",
        line=best.row.line,
        value=best.row.raw,
    )
