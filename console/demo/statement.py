"""An imported bank statement: two lines of money booked already, the others wait to be reconciled.

Of those that wait, one names its bank transfer exactly, one with a slip in the reference, one says
its amount alone, and one comes from a payer whom nobody knows.
"""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.models import OPEN_PAYMENT, BankStatement, Payment, PaymentStatus, StatementLine
from billing.services import (
    links,
    reconciliation,
    statement_previews,
    statement_uploads,
    statements,
)
from console.demo.customers import days
from console.demo.paid_months import PAID
from console.demo.rows import REASON
from console.demo.staff import FINANCE_LOGIN
from tenancy.models import Account, User

BANK = "First Demo Bank"
IMPORTED = days(0.25)  # ago
HEADINGS = (
    "Booking date",
    "Value date",
    "Payer",
    "IBAN",
    "Reference",
    "Amount",
    "Currency",
    "Transaction ID",
)
UNKNOWN_PAYER_SENT, UNAPPLIED, FEE = Decimal(50), Decimal(45), Decimal("-12.50")


@dataclass(frozen=True)
class Row:
    """A line of the file; `age` in whole days."""

    age: int
    payer: str
    iban: str
    text: str
    amount: Decimal


def add_statement(*, now: datetime) -> None:
    by = User.objects.get(email=FINANCE_LOGIN)
    booked = [_newest_of(customer.account) for customer in PAID]
    content = _csv([*_lines_of(booked), *_line_cells(now)])
    at = now - IMPORTED
    statement = _import(content, file_name=f"statement-{at:%Y-%m-%d}.csv", by=by, now=at)
    lines = {line.bank_transaction_id: line for line in statement.lines.all()}
    said = {"by": by, "now": at}
    for payment in booked:
        links.link(
            line=lines[payment.bank_transaction_id],
            payment=payment,
            reason="The line of what was confirmed by hand",
            **said,
        )
    reconciliation.put_on_account(
        line=_line_over(UNAPPLIED, statement),
        account=Account.objects.get(slug="brightwater-clinic"),
        reason="Paid before anything was asked for: ask them for which plan",
        **said,
    )


def _newest_of(slug: str) -> Payment:
    confirmed = Payment.objects.filter(account__slug=slug, status=PaymentStatus.CONFIRMED)
    return confirmed.order_by("-confirmed_at").first()


def _lines_of(booked: list[Payment]) -> list[tuple[object, ...]]:
    ibans = {customer.account: customer.iban for customer in PAID}
    return [
        (
            payment.value_date,
            payment.value_date,
            payment.payer,
            ibans[payment.account.slug],
            payment.reference,
            payment.received_total,
            payment.currency,
            payment.bank_transaction_id,
        )
        for payment in sorted(booked, key=lambda payment: payment.value_date)
    ]


def _line_cells(now: datetime) -> list[tuple[object, ...]]:
    cells = []
    for number, row in enumerate(_rows(), start=1):
        day = (now - days(row.age)).date()
        cells.append(
            (day, day, row.payer, row.iban, row.text, row.amount, "USD", f"DEMO-LINE-{number:02}")
        )
    return cells


def _rows() -> list[Row]:
    open_ = {
        payment.account.slug: payment
        for payment in Payment.objects.filter(status__in=OPEN_PAYMENT).select_related("account")
    }
    exact, slip = open_["salman-raza-sadiq"], open_["scale-account"]
    amount_alone = open_["garden-path-studio"]
    return [
        Row(6, "First Demo Bank", "", "Account fee", FEE),
        Row(4, "Brightwater Clinic", "FR7630006000011234567890189", "subscription", UNAPPLIED),
        Row(
            3, "G P Studio LLC", "NL91ABNA0417164300", "Invoice, thank you",
            amount_alone.expected_amount,
        ),
        Row(2, "R. Halloran", "AT611904300234573201", "as agreed", UNKNOWN_PAYER_SENT),
        Row(
            1, "Scale Media Ltd", "GB82WEST12345698765432", _with_a_slip(slip.reference),
            slip.expected_amount,
        ),
        Row(
            0, "Salman Raza Sadiq", "ES9121000418450200051332", exact.reference,
            exact.expected_amount,
        ),
    ]  # fmt: skip


def _with_a_slip(reference: str) -> str:
    """Its last character before the check digits written as another."""
    last = reference[-4]
    return f"{reference[:-4]}{'W' if last != 'W' else 'V'}{reference[-3:]}"


def _csv(rows: list[tuple[object, ...]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([HEADINGS, *rows])
    return file.getvalue().encode()


def _import(content: bytes, *, file_name: str, by: User, now: datetime) -> BankStatement:
    upload = statement_uploads.upload(
        bank=BANK, file_name=file_name, content=content, by=by, now=now
    )
    fingerprint = statement_previews.preview(upload=upload).fingerprint
    return statements.import_(upload=upload, fingerprint=fingerprint, by=by, reason=REASON, now=now)


def _line_over(amount: Decimal, statement: BankStatement) -> StatementLine:
    return statement.lines.get(amount=amount)
