"""What the rows around the lines say: which of their cells is the number, and what it is of."""

from decimal import Decimal

from billing.statements import dates
from billing.statements.amounts import Amount
from billing.statements.balances import Told, Totals
from billing.statements.csv_rows import Sorted
from billing.statements.currencies import CODES, Claim
from billing.statements.faults import Cell, Faults
from billing.statements.labels import MONEY_KINDS, Labelled
from billing.statements.table import Table
from billing.statements.texts import account

type Numbers = list[tuple[str, Cell]]  # (which of Totals, where)


def numbers(table: Table, rows: Sorted, faults: Faults) -> Numbers:
    """Every amount that a row about the lines tells, to be read in the style of the file."""
    found: Numbers = [(kind, table.cell(row, "balance")) for kind, row in rows.balance_rows]
    for about in rows.about:
        if about.kind in MONEY_KINDS:
            cell = _the_number(about, faults)
            found += [(about.kind, cell)] if cell else []
        elif about.kind == "total" and about.row.line > table.header.line:
            found += _under_the_columns(table, about, faults)
    return found


def totals(numbers: Numbers, read: list[Amount | None], rows: Sorted, faults: Faults) -> Totals:
    found = Totals()
    for (kind, cell), amount in zip(numbers, read, strict=True):
        if amount:
            getattr(found, kind).append(Told(cell, amount.value))
    for about in rows.about:
        if about.kind == "count":
            for cell in about.cells or (_empty(about),):
                if cell.text.isascii() and cell.text.isdigit() and len(cell.text) < 10:
                    found.count.append(Told(cell, Decimal(cell.text)))
                else:
                    faults.at(cell, "is no number of lines.")
    return found


def accounts(rows: Sorted, faults: Faults) -> list[tuple[Cell, str]]:
    """The account as rows in front of the table name it. “Account: Checking” names none."""
    named = [
        (cell, account(cell, faults))
        for about in rows.about
        if about.kind == "account"
        for cell in about.cells[:1]
    ]
    return [(cell, text) for cell, text in named if sum(map(str.isdigit, text)) >= 4]


def currency_claims(rows: Sorted) -> list[Claim]:
    told = [
        Claim(cell, cell.text)
        for about in rows.about
        if about.kind == "currency"
        for cell in about.cells[:1] or (_empty(about),)
    ]
    beside = [
        Claim(cell, cell.text)
        for about in rows.about
        if about.kind in (*MONEY_KINDS, "total")
        for cell in about.cells
        if cell.text in CODES
    ]
    return told + beside


def _empty(about: Labelled) -> Cell:
    return Cell(about.row.line, about.label, "")


def _the_number(about: Labelled, faults: Faults) -> Cell | None:
    """The one cell beside a label that is its amount, apart from a date and a currency."""
    cells = [cell for cell in about.cells if cell.text not in CODES]
    if len(cells) > 1:
        cells = [cell for cell in cells if not dates.is_date(cell.text)]
    if len(cells) == 1:
        return cells[0]
    faults.at(
        Cell(about.row.line, about.label, about.row.raw),
        "has no amount beside it." if not cells else "has more than one amount beside it.",
    )
    return None


def _under_the_columns(table: Table, about: Labelled, faults: Faults) -> Numbers:
    """“Total” means the column it stands under."""
    meanings = {"amount": "net", "credit": "sum_in", "debit": "sum_out", "balance": "closing"}
    row = about.row
    found: Numbers = []
    if len(row.cells) == len(table.header.cells) and "indicator" not in table.fields:
        found = [
            (meaning, table.cell(row, field))
            for field, meaning in meanings.items()
            if table.text(row, field)
        ]
    known = {cell.text for _, cell in found} | {about.label} | CODES
    if not found or any(cell and cell not in known for cell in row.cells):
        faults.at(
            Cell(row.line, about.label, row.raw),
            "is a total of which nothing says what it is the total of.",
        )
    return found
