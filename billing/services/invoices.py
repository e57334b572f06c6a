"""Invoices: issued with a number that leaves no gap, settled once."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from billing.models import Invoice, InvoiceStatus
from tenancy.models import Account, Plan, User
from tenancy.records import lock, save_with_history

DAYS_TO_PAY = 7


def issue(
    *,
    account: Account,
    plan: Plan,
    by: User | None,
    reason: str,
    now: datetime,
    renews_period_end: datetime | None = None,
) -> Invoice:
    """An open invoice for one month of `plan` at today's price and credits.

    `renews_period_end` is the end of the paid period that it renews: one invoice for each, ever.
    Runs in the caller's transaction: if that rolls back, the number is free again.
    """
    today = now.astimezone(UTC).date()
    invoice = Invoice(
        number=_next_number(today.year),
        account=account,
        plan=plan,
        included_credits=plan.get_effective_credits_per_month(),
        amount=plan.price,
        currency=plan.currency,
        issued_on=today,
        due_on=today + timedelta(days=DAYS_TO_PAY),
        renews_period_end=renews_period_end,
    )
    save_with_history(invoice, by=by, reason=reason)
    return invoice


def settle(
    *,
    invoice: Invoice,
    status: InvoiceStatus,
    by: User | None,
    reason: str,
    now: datetime,
    frees_period: bool = False,
) -> None:
    """Mark a locked payment's invoice as paid or void.

    With `frees_period` the period that it renewed may be asked for anew.
    """
    lock(invoice)
    invoice.status = status
    invoice.settled_at = now
    if frees_period:
        invoice.renews_period_end = None
    fields = ("status", "settled_at", "renews_period_end")
    save_with_history(invoice, by=by, reason=reason, fields=fields)


def _next_number(year: int) -> str:
    # One statement makes or locks the year's row: the next invoice waits for this transaction.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO igny8_invoice_counters (year, last_number) VALUES (%s, 1)
            ON CONFLICT (year) DO UPDATE
               SET last_number = igny8_invoice_counters.last_number + 1
            RETURNING last_number
            """,
            [year],
        )
        (number,) = cursor.fetchone()
    return f"{year}-{number:05d}"
