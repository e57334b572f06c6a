"""Whether money came or left: by its sign, by a column that says so, or by two columns."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from billing.statements.amounts import Amount
from billing.statements.faults import Cell, Faults
from billing.statements.rows import Row
from billing.statements.statement import ZERO
from billing.statements.table import Table

# Not “Lastschrift”: a direct debit comes in for who collects it.
IN = frozenset({"c", "cr", "credit", "crdt", "h", "haben", "bij", "in", "+"})
OUT = frozenset({"d", "dr", "debit", "dbit", "s", "soll", "af", "out", "-"})

type Read = Mapping[tuple[int, str], Amount]  # by row and field


def direction(text: str) -> int:
    """1 for in, -1 for out, 0 for a text that says neither."""
    name = text.casefold()
    return (name in IN) - (name in OUT)


def signed(
    table: Table, rows: Sequence[Row], read: Read, *, chosen: Mapping[str, str], faults: Faults
) -> list[Decimal | None]:
    """The signed amount of each row; None for those that became faults."""
    if "debit" in table.fields:
        found = _of_two_columns(table, rows, read, faults)
    elif "indicator" in table.fields:
        found = _by_indicator(table, rows, read, faults)
    else:
        found = [_value(read.get((at, "amount"))) for at in range(len(rows))]
        if "indicator" not in chosen:
            _refuse_unread_indicator(table, rows, found, faults)
    return found


def _value(amount: Amount | None) -> Decimal | None:
    return amount.value if amount else None


def _by_indicator(
    table: Table, rows: Sequence[Row], read: Read, faults: Faults
) -> list[Decimal | None]:
    found: list[Decimal | None] = []
    out: list[tuple[Cell, Amount]] = []
    for at, row in enumerate(rows):
        amount = read.get((at, "amount"))
        cell = table.cell(row, "indicator")
        way = direction(cell.text)
        if not way:
            faults.at(
                cell, "says neither in nor out." if cell.text else "Neither in nor out: empty."
            )
        if amount and way < 0:
            out.append((table.cell(row, "amount"), amount))
        if amount and way > 0 and amount.value < 0:
            faults.at(table.cell(row, "amount"), f"is negative, but “{cell.text}” means money in.")
        found.append(way * abs(amount.value) + ZERO if amount and way else None)
    _refuse_mixed_signs(out, faults)
    return found


def _of_two_columns(
    table: Table, rows: Sequence[Row], read: Read, faults: Faults
) -> list[Decimal | None]:
    found: list[Decimal | None] = []
    out: list[tuple[Cell, Amount]] = []
    for at, row in enumerate(rows):
        debit, credit = read.get((at, "debit")), read.get((at, "credit"))
        of_debit, of_credit = table.cell(row, "debit"), table.cell(row, "credit")
        if not of_debit.text and not of_credit.text:
            faults.at(of_credit, f"No amount, neither here nor under “{of_debit.column}”.")
        elif debit and credit and debit.value and credit.value:
            faults.at(of_credit, f"and {of_debit.text} under “{of_debit.column}”: one is right.")
        if credit and credit.value < 0:
            faults.at(of_credit, "is negative in the column for money in.")
        if debit:
            out.append((of_debit, debit))
        filled = [cell for cell in (of_debit, of_credit) if cell.text]
        is_read = filled and len(filled) == bool(debit) + bool(credit)
        came = credit.value if credit else ZERO
        left = abs(debit.value) if debit else ZERO
        found.append(came - left if is_read else None)
    _refuse_mixed_signs(out, faults)
    return found


def _refuse_mixed_signs(out: list[tuple[Cell, Amount]], faults: Faults) -> None:
    """Money out is written with a minus or without; beside others without, a minus takes back."""
    if any(amount.value > 0 for _, amount in out):
        for cell, amount in out:
            if amount.value < 0:
                faults.at(cell, "has a minus, while other amounts of money out have none.")


def _refuse_unread_indicator(
    table: Table, rows: Sequence[Row], found: Sequence[Decimal | None], faults: Faults
) -> None:
    """A column of “debit” and “credit” whose heading nobody knows must not be passed over."""
    used = set(table.fields.values())
    for column, heading in enumerate(table.header.cells):
        ways = [direction(row.cells[column]) for row in rows] if column not in used else []
        if not ways or not all(ways):
            continue
        for row, way, amount in zip(rows, ways, found, strict=True):
            if amount and (amount > 0) != (way > 0):
                faults.ask(
                    "columns",
                    Cell(row.line, heading, row.cells[column]),
                    "seems to say in or out and contradicts the amount’s sign. Choose the column "
                    "for “in or out”, or choose that there is none.",
                )
                break
