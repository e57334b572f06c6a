"""Reads a table whole: every cell of every line, then whether the file agrees with itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from billing.statements import balances, csv_rows, csv_totals, signs, table, texts
from billing.statements.amounts import Amount, read_amounts
from billing.statements.balances import Told, Totals
from billing.statements.currencies import Claim, settle
from billing.statements.dates import Dates, read_dates
from billing.statements.encoding import decode
from billing.statements.faults import Cell, Faults
from billing.statements.headings import currency_in
from billing.statements.rows import Row
from billing.statements.statement import Detected, Line, Statement, Style
from billing.statements.table import DELIMITERS, Table

MONEY = ("amount", "debit", "credit", "balance")
BOOKED = frozenset(
    {"booked", "gebucht", "umsatz gebucht", "posted", "completed", "book", "settled"}
)
NOT_BOOKED = frozenset(
    {
        "pending", "vorgemerkt", "umsatz vorgemerkt", "pdng", "open", "offen", "authorised",
        "authorized", "reverted", "declined", "failed", "cancelled", "canceled",
    }
)  # fmt: skip


@dataclass(frozen=True)
class _Money:
    """Every amount of the file: `cells` by (row, field), and what the other rows say."""

    cells: Mapping[tuple[int, str], Amount]
    totals: Totals
    claims: list[Claim]
    style: str


def read_csv(
    data: bytes, *, columns: Mapping[str, str], style: Style, max_lines: int, faults: Faults
) -> Statement:
    """The statement of a CSV file. Raises Unreadable with every fault of the file."""
    text, encoding = decode(data, faults)
    if text.count("\n") + text.count("\r") > max_lines * 10:
        faults.stop(f"has more than {max_lines:,} lines. Export a shorter period.")
    found = table.find(text, columns, faults)
    sorted_rows = csv_rows.sort(found, max_lines=max_lines, faults=faults)
    rows = sorted_rows.rows

    is_booked = _booked(found, rows, columns, faults)
    booked_on, value_dates = _both_dates(found, rows, style, faults)
    money = _money(found, sorted_rows, is_booked, style, faults)
    amounts = signs.signed(found, rows, money.cells, chosen=columns, faults=faults)
    claims = money.claims + _claims(found, sorted_rows)
    currency = settle(claims, chosen=style.currency, faults=faults) if rows else ""
    account = _account(found, sorted_rows, faults)
    words = [_texts(found, row, faults) for row in rows]
    _refuse_repeated_bank_ids(found, rows, words, faults)
    csv_rows.refuse_control_characters(found, sorted_rows, faults)
    faults.refuse_if_any()

    facts = zip(rows, booked_on.values, value_dates.values, amounts, words, strict=True)
    lines = [
        Line(0, row.line, booked, value_date, amount, currency, *text, row.raw)
        for row, booked, value_date, amount, text in facts
    ]
    checked = _check(found, rows, lines, is_booked, money, faults)
    if not any(is_booked):
        faults.stop("has no booked line: nothing to import.")
    faults.refuse_if_any()
    return Statement(
        format="CSV",
        currency=currency,
        account=account,
        opening_balance=checked.opening,
        closing_balance=checked.closing,
        lines=_numbered(line for line, booked in zip(lines, is_booked, strict=True) if booked),
        not_booked=_numbered(
            line for line, booked in zip(lines, is_booked, strict=True) if not booked
        ),
        detected=_detected(found, encoding, money.style, booked_on, value_dates, checked.checks),
    )


def _numbered(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(replace(line, number=number) for number, line in enumerate(lines, start=1))


def _both_dates(
    found: Table, rows: Sequence[Row], style: Style, faults: Faults
) -> tuple[Dates, Dates]:
    """Booking and value dates: the same where the file has one column."""
    fields = [field for field in ("booked_on", "value_date") if field in found.fields]
    columns = [[found.cell(row, field) for row in rows] for field in fields]
    dates = read_dates(columns, order=style.dates, faults=faults)
    return dates[0], dates[-1]


def _money(
    found: Table,
    rows: csv_rows.Sorted,
    is_booked: Sequence[bool],
    style: Style,
    faults: Faults,
) -> _Money:
    keys, cells = [], []
    for field in (field for field in MONEY if field in found.fields):
        for at, row in enumerate(rows.rows):
            cell = found.cell(row, field)
            # Of the two columns for in and out, one is empty; so is a balance not yet reached.
            if cell.text or field == "amount" or (field == "balance" and is_booked[at]):
                keys.append((at, field))
                cells.append(cell)
    numbers = csv_totals.numbers(found, rows, faults)
    cells += [cell for _, cell in numbers]
    amounts = read_amounts(cells, decimal=style.decimal, faults=faults)
    by_key = {
        key: amount for key, amount in zip(keys, amounts.values[: len(keys)], strict=True) if amount
    }
    return _Money(
        by_key,
        csv_totals.totals(numbers, amounts.values[len(keys) :], rows, faults),
        [
            Claim(cell, amount.currency)
            for cell, amount in zip(cells, amounts.values, strict=True)
            if amount and amount.currency
        ],
        amounts.style,
    )


def _claims(found: Table, rows: csv_rows.Sorted) -> list[Claim]:
    """Where the currency is named apart from the amounts."""
    headings = [
        Claim(Cell(found.header.line, heading, heading), currency_in(heading))
        for field in MONEY
        if field in found.fields and currency_in(heading := found.header.cells[found.fields[field]])
    ]
    of_lines = []
    if "currency" in found.fields:
        cells = (found.cell(row, "currency") for row in rows.rows)
        of_lines = [Claim(cell, cell.text) for cell in cells]
    return headings + csv_totals.currency_claims(rows) + of_lines


def _account(found: Table, rows: csv_rows.Sorted, faults: Faults) -> str:
    named = csv_totals.accounts(rows, faults)
    if "account" in found.fields:
        cells = (found.cell(row, "account") for row in rows.rows)
        named += [(cell, texts.account(cell, faults)) for cell in cells]
    account = named[0][1] if named else ""
    for cell, text in named:
        if text != account:
            faults.at(cell, f"is another account than {account or 'that of the first line'}.")
    return account


def _booked(
    found: Table, rows: Sequence[Row], columns: Mapping[str, str], faults: Faults
) -> list[bool]:
    if "status" not in found.fields:
        if "status" not in columns:
            _refuse_unread_status(found, rows, faults)
        return [True] * len(rows)
    booked = []
    for row in rows:
        cell = found.cell(row, "status")
        word = _word(cell.text)
        booked.append(word in BOOKED)
        if word not in BOOKED | NOT_BOOKED:
            faults.at(cell, "does not say whether the line is booked.")
    return booked


def _word(text: str) -> str:
    return texts.clean(text).casefold()


def _refuse_unread_status(found: Table, rows: Sequence[Row], faults: Faults) -> None:
    """A column of “booked” and “pending” whose heading nobody knows must not be passed over."""
    for column in set(range(len(found.header.cells))) - set(found.fields.values()):
        words = [_word(row.cells[column]) for row in rows]
        if set(words) <= BOOKED | NOT_BOOKED and not set(words) <= BOOKED:
            at = next(at for at, word in enumerate(words) if word in NOT_BOOKED)
            faults.ask(
                "columns",
                Cell(rows[at].line, found.header.cells[column], rows[at].cells[column]),
                "seems to say that the line is not booked. Choose the column for the status, or "
                "choose that there is none.",
            )


def _texts(found: Table, row: Row, faults: Faults) -> tuple[str, str, str, str | None]:
    """Payer, IBAN, reference and bank id of a line."""

    def cell(field: str) -> Cell:
        return found.cell(row, field) if field in found.fields else Cell(row.line, "", "")

    reference = texts.bounded(cell("reference"), texts.MAX_REFERENCE, faults)
    details = texts.bounded(cell("details"), texts.MAX_REFERENCE, faults)
    return (
        texts.bounded(cell("payer_name"), texts.MAX_NAME, faults),
        texts.account(cell("payer_iban"), faults),
        texts.joined(reference, details),
        texts.bank_id(cell("bank_transaction_id"), faults),
    )


def _refuse_repeated_bank_ids(
    found: Table, rows: Sequence[Row], words: Sequence[tuple], faults: Faults
) -> None:
    first: dict[str, Row] = {}
    for row, (*_, bank_id) in zip(rows, words, strict=True):
        if bank_id and bank_id in first:
            faults.ask(
                "columns",
                found.cell(row, "bank_transaction_id"),
                f"also stands on line {first[bank_id].line:,}; a bank gives each line its own id. "
                "If this column is something else, choose that there is none.",
            )
        elif bank_id:
            first[bank_id] = row


def _check(
    found: Table,
    rows: Sequence[Row],
    lines: Sequence[Line],
    is_booked: Sequence[bool],
    money: _Money,
    faults: Faults,
) -> balances.Checked:
    booked = [at for at, yes in enumerate(is_booked) if yes]
    running = []
    if "balance" in found.fields:
        running = [
            Told(found.cell(rows[at], "balance"), money.cells[at, "balance"].value) for at in booked
        ]
    return balances.check(
        [lines[at].amount for at in booked],
        [lines[at].booked_on for at in booked],
        running=running,
        totals=money.totals,
        not_booked=[line.amount for line, yes in zip(lines, is_booked, strict=True) if not yes],
        faults=faults,
    )


def _detected(
    found: Table,
    encoding: str,
    decimal: str,
    booked_on: Dates,
    value_dates: Dates,
    checks: tuple[str, ...],
) -> Detected:
    columns = {field: found.header.cells[column] for field, column in found.fields.items()}
    used = set(found.fields.values())
    return Detected(
        encoding=encoding,
        delimiter=DELIMITERS[found.delimiter],
        decimal=decimal,
        dates=" / ".join(dict.fromkeys(filter(None, (booked_on.style, value_dates.style)))),
        header_line=found.header.line,
        columns=columns,
        unused=tuple(
            heading
            for column, heading in enumerate(found.header.cells)
            if heading and column not in used
        ),
        checks=checks,
    )
