"""Asking for a bank transfer: an invoice without a gap, a payment, and where the account waits."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.models import Invoice, InvoiceCounter, InvoiceStatus, Payment, PaymentStatus
from billing.services import bank_transfers, references
from billing.services.bank_transfers import AlreadyOpen, PlanNotPayable
from tenancy.errors import StateConflict
from tenancy.models import Account, AccountStatus, AuditEvent, Plan, SuspensionReason
from tenancy.services.accounts import SystemAccount
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, confirm, make_account, make_plan, make_staff

S = AccountStatus


def open_for(account: Account, plan: Plan | None = None, **overrides: object) -> Payment:
    facts = {"by": None, "reason": REASON, "now": NOW} | overrides
    return bank_transfers.open(account=account, plan=plan or account.plan, **facts)


def test_opening_makes_an_invoice_and_a_payment_to_wait_for(world: World) -> None:
    plan = make_plan(price=Decimal("139.00"), included_credits=2000)

    payment = open_for(world.other, plan, by=world.sam)

    payment = Payment.objects.get(pk=payment.pk)
    invoice = payment.invoice
    assert (invoice.number, invoice.status, invoice.settled_at) == (
        "2025-00001",
        InvoiceStatus.OPEN,
        None,
    )
    assert (invoice.amount, invoice.currency, invoice.included_credits) == (139, "USD", 2000)
    assert (invoice.issued_on, invoice.due_on) == (date(2025, 11, 12), date(2025, 11, 19))
    assert (payment.status, payment.expected_amount) == (PaymentStatus.AWAITING, 139)
    assert (payment.opened_by, payment.opened_at) == (world.sam, NOW)
    assert references.read(payment.reference).references == [payment.reference]


@pytest.mark.parametrize(
    ("facts", "then"),
    [
        ({"status": S.TRIAL}, S.PENDING_PAYMENT),
        ({"status": S.PENDING_PAYMENT}, S.PENDING_PAYMENT),
        ({"status": S.ACTIVE}, S.ACTIVE),
        ({"status": S.CANCELLED}, S.PENDING_PAYMENT),
        ({"status": S.SUSPENDED, "status_reason": "trial_expired"}, S.PENDING_PAYMENT),
        ({"status": S.SUSPENDED, "status_reason": "payment_failed"}, S.PENDING_PAYMENT),
    ],
    ids=lambda facts: " ".join(facts.values()) if isinstance(facts, dict) else str(facts),
)
def test_where_the_account_waits(db: None, facts: dict[str, object], then: str) -> None:
    account = make_account(**facts)

    open_for(account)

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (then, "")
    moved = AuditEvent.objects.filter(verb="account_awaits_payment").exists()
    assert moved == (facts["status"] != then)


@pytest.mark.parametrize("reason", [SuspensionReason.MANUAL, SuspensionReason.ABUSE])
def test_money_does_not_undo_a_persons_decision(db: None, reason: str) -> None:
    account = make_account(status=S.SUSPENDED, status_reason=reason)

    with refused(StateConflict, says=f"suspended by a person ({reason})"):
        open_for(account)


def test_a_system_account_is_never_billed(db: None) -> None:
    account = make_account(is_system=True)

    with refused(SystemAccount, says="never billed"):
        open_for(account)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"price": 0}, "costs nothing"),
        ({"is_active": False}, "is not sold any more"),
        ({"archived_at": NOW, "is_public": False}, "is not sold any more"),
    ],
)
def test_a_plan_without_price_or_not_sold_is_refused(
    db: None, facts: dict[str, object], says: str
) -> None:
    account, plan = make_account(), make_plan(**facts)
    plan.refresh_from_db()

    with refused(PlanNotPayable, says=says):
        open_for(account, plan)


@pytest.mark.parametrize("status", [PaymentStatus.AWAITING, PaymentStatus.PARTIALLY_PAID])
def test_one_transfer_is_open_at_a_time(db: None, status: str) -> None:
    account = make_account()
    first = open_for(account)
    Payment.objects.update(status=status)

    with refused(AlreadyOpen, says=f"open bank transfer already: {first.reference}") as caught:
        open_for(account)

    assert caught.value.facts == {"current": status, "payment": first.pk}


def test_after_a_decision_the_next_one_opens(db: None) -> None:
    account, staff = make_account(), make_staff()
    bank_transfers.reject(payment=open_for(account), by=staff, reason=REASON, now=NOW)
    confirm(open_for(account), by=staff)

    open_for(account)

    assert [payment.status for payment in account.payments.order_by("id")] == [
        "rejected",
        "confirmed",
        "awaiting",
    ]


def test_invoices_are_numbered_without_gap_in_each_year(db: None) -> None:
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    for now in (NOW, NOW, new_year, NOW, new_year):
        open_for(make_account(), now=now)

    assert list(Invoice.objects.order_by("id").values_list("number", flat=True)) == [
        "2025-00001",
        "2025-00002",
        "2026-00001",
        "2025-00003",
        "2026-00002",
    ]


def test_a_refused_opening_uses_no_number(db: None) -> None:
    account = make_account()
    open_for(account)

    with refused(AlreadyOpen):
        open_for(account)
    open_for(make_account())

    assert InvoiceCounter.objects.get().last_number == Invoice.objects.count() == 2
