"""10,000 statement lines against 10,000 open bank transfers, beside reading the same rows once."""

from datetime import UTC, date, datetime
from decimal import Decimal
from time import perf_counter

from bench.database import ACCOUNTS
from bench.deduct import Case

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
# How customers write a reference. The share of each is how often it stands here.
TEXTS = (
    *("Invoice {reference}, thank you",) * 4,
    *("{compact} MONTHLY SUBSCRIPTION",) * 3,
    "PAY {slip}",
    "{missing}",
    "Monthly subscription, thanks",
)


def fill() -> None:
    """An open bank transfer for each account, and a line of one statement that pays it."""
    from django.db import connection

    from billing.models import BankStatement, Invoice, Payment, StatementLine
    from billing.services.references import new_reference, normalise
    from tenancy.models import Account, User

    accounts = list(Account.objects.order_by("id"))
    # 50 prices: of each there are 200 transfers that an amount alone may mean.
    amounts = [Decimal(10 + account.pk % 50) for account in accounts]
    day = NOW.date()
    invoices = Invoice.objects.bulk_create(
        Invoice(
            number=f"2026-{account.pk:06}",
            account=account,
            plan_id=account.plan_id,
            included_credits=0,
            amount=amount,
            issued_on=day,
            due_on=day,
        )
        for account, amount in zip(accounts, amounts, strict=True)
    )
    payments = Payment.objects.bulk_create(
        Payment(
            account=account,
            invoice=invoice,
            expected_amount=invoice.amount,
            reference=new_reference(),
            opened_at=NOW,
        )
        for account, invoice in zip(accounts, invoices, strict=True)
    )
    clerk = User.objects.create(email="clerk@bench.example", is_staff=True)
    statement = BankStatement.objects.create(
        bank="Bench",
        file_name="bench.csv",
        file_sha256="0" * 64,
        line_count=len(payments),
        sum_in=sum(amounts),
        sum_out=0,
        imported_at=NOW,
        imported_by=clerk,
    )
    lines = []
    for number, payment in enumerate(payments):
        reference = payment.reference
        text = TEXTS[number % len(TEXTS)].format(
            reference=reference,
            compact=normalise(reference),
            slip=reference[:4] + "O" + reference[5:],
            missing=reference[:5] + reference[6:],
        )
        lines.append(
            StatementLine(
                statement=statement,
                line_number=number,
                bank_transaction_id=f"BENCH-{number}",
                booked_on=date(2026, 1, 9),
                value_date=date(2026, 1, 9),
                amount=payment.expected_amount,
                payer_name=f"Payer {number}",
                reference_raw=text,
                reference_normalised=normalise(text),
                fingerprint=f"{number:064}",
            )
        )
    StatementLine.objects.bulk_create(lines)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def suggesting(first: int, last: int) -> float:
    """Lines a second that are told what they may pay, the reading of the lines included."""
    from billing.services.matching import suggest

    began = perf_counter()
    found = suggest(_lines())
    seconds = perf_counter() - began
    if sum(ways[0].is_ticked for ways in found.values()) != 7 * ACCOUNTS // 10:
        raise RuntimeError("seven of ten carry a reference, and those are ticked")
    return len(found) / seconds


def reading(first: int, last: int) -> float:
    """The limit: the lines and the payments read once, with what a screen shows of them."""
    from billing.models import Payment
    from billing.services.matching import READ_ALONG

    began = perf_counter()
    read = len(_lines())
    list(Payment.objects.select_related(*READ_ALONG))
    return read / (perf_counter() - began)


def _lines() -> list:
    from billing.models import StatementLine

    return list(StatementLine.objects.order_by("value_date", "id"))


CASES = (Case("suggest for 10,000 lines / reading it all", suggesting, reading, target=0.30),)
