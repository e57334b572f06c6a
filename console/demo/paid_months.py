"""The months that the two paying customers have paid for, confirmed by hand one after the other.

Payment, invoice, activation and history are what confirming writes. What else it would write is
not in the survey, and so is left out here: a subscription, and a ledger row of credits. The
invoices of these months include no credits; what these customers have is their opening row's.
"""

from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.models import Activation, InvoiceStatus, Payment, PaymentStatus
from billing.services import invoices
from billing.services.confirmations import RECEIVED_FIELDS
from billing.services.references import new_reference
from billing.services.subscriptions import a_month_later
from console.demo.customers import CUSTOMERS, days
from console.demo.rows import record_at
from console.demo.staff import FINANCE_LOGIN
from tenancy.models import Account, AccountStatus, Plan, User
from tenancy.records import SYSTEM, save_with_history, snapshot

ASKED_BEFORE = days(4)
PAID_BEFORE = timedelta(hours=30)


@dataclass(frozen=True)
class PaidMonths:
    """`plans` are those of the months in a row, from the day on which the account became active."""

    account: str
    payer: str
    iban: str
    plans: tuple[str, ...]


PAID = (
    PaidMonths(
        "scale-account",
        "Scale Media Ltd",
        "GB82WEST12345698765432",
        ("growth", "growth", "growth", "scale", "scale", "scale"),
    ),
    PaidMonths("home-g8", "Home G8 Inc", "DE89370400440532013000", ("starter",) * 4),
)


@dataclass(frozen=True)
class _Month:
    customer: PaidMonths
    plan: str
    start: datetime
    end: datetime


def add_paid_months(*, now: datetime) -> None:
    """In the order of time, so that the invoices are numbered in the order of their days."""
    by = User.objects.get(email=FINANCE_LOGIN)
    # At no credits: only what is invoiced, the plans stay as they are.
    plans = {plan.slug: copy(plan) for plan in Plan.objects.all()}
    for plan in plans.values():
        plan.included_credits = 0
    for month in sorted(_months(now), key=lambda month: month.start):
        _add(month, plan=plans[month.plan], by=by)


def _months(now: datetime) -> list[_Month]:
    active_for = {customer.slug: customer.since for customer in CUSTOMERS}
    found = []
    for customer in PAID:
        start = now - active_for[customer.account]
        anchor_day = start.day
        for plan in customer.plans:
            end = a_month_later(start, anchor_day=anchor_day)
            found.append(_Month(customer, plan, start, end))
            start = end
    return found


def _add(month: _Month, *, plan: Plan, by: User) -> None:
    account = Account.objects.get(slug=month.customer.account)
    opened_at, confirmed_at = month.start - ASKED_BEFORE, month.start - PAID_BEFORE
    reason = f"{plan.name} for the month from {month.start:%Y-%m-%d}"
    payment = _ask(account, plan, reason=reason, now=opened_at)
    before = snapshot(payment, RECEIVED_FIELDS)
    payment.status = PaymentStatus.CONFIRMED
    payment.received_total = payment.expected_amount
    payment.value_date = confirmed_at.date()
    payment.bank_transaction_id = f"DEMO-{confirmed_at:%Y%m%d}-{payment.pk:04}"
    payment.payer = month.customer.payer
    payment.confirmed_at = confirmed_at
    payment.confirmed_by = by
    save_with_history(payment, by=by, reason=reason, fields=RECEIVED_FIELDS)
    invoice = payment.invoice
    invoices.settle(
        invoice=invoice, status=InvoiceStatus.PAID, by=by, reason=reason, now=confirmed_at
    )
    Activation.objects.create(
        account=account,
        payment=payment,
        plan_before=plan,
        plan=plan,
        status_before=AccountStatus.ACTIVE,
        period_start=month.start,
        period_end=month.end,
        credits=0,
        reason=reason,
        at=confirmed_at,
        by=by,
    )
    record_at(
        confirmed_at,
        "bank_transfer_confirmed",
        by=by,
        reason=reason,
        target=payment,
        account=account,
        before={**before, "invoice": InvoiceStatus.OPEN},
        after={
            **snapshot(payment, RECEIVED_FIELDS),
            "invoice": InvoiceStatus.PAID,
            "paid_until": month.end.isoformat(),
        },
    )


def _ask(account: Account, plan: Plan, *, reason: str, now: datetime) -> Payment:
    invoice = invoices.issue(account=account, plan=plan, by=SYSTEM, reason=reason, now=now)
    payment = Payment(
        account=account,
        invoice=invoice,
        expected_amount=invoice.amount,
        currency=invoice.currency,
        reference=new_reference(),
        opened_at=now,
    )
    save_with_history(payment, by=SYSTEM, reason=reason)
    payment.refresh_from_db()  # amounts as they are kept, with their cents
    record_at(
        now,
        "bank_transfer_opened",
        by=SYSTEM,
        reason=reason,
        target=payment,
        account=account,
        after={
            **snapshot(payment, ("reference", "expected_amount", "currency")),
            "invoice": invoice.number,
            "plan": plan.slug,
            "due_on": invoice.due_on.isoformat(),
        },
    )
    return payment
