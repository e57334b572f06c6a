"""Confirming a transfer: all of it or none of it, from the facts the bank tells."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import (
    CreditTransaction,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    Subscription,
    TransactionType,
)
from tenancy.errors import StateConflict
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason
from tenancy.services import accounts, plans
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    confirm,
    make_account,
    make_plan,
    make_staff,
    make_subscription,
    open_transfer,
    put,
)

S = AccountStatus


def test_a_confirmed_transfer_settles_everything(world: World) -> None:
    plan = make_plan(price=Decimal("139.00"), included_credits=2000, slug="growth")
    payment = open_transfer(world.other, plan=plan)

    confirm(payment, by=world.fiona, bank_transaction_id=" TX-1 ", payer=" TacBit Ltd ")

    payment = Payment.objects.get(pk=payment.pk)
    account = Account.objects.get(pk=world.other.pk)
    row = payment.credit_transactions.get()
    assert (payment.status, payment.received_total) == (PaymentStatus.CONFIRMED, 139)
    assert (payment.bank_transaction_id, payment.payer) == ("TX-1", "TacBit Ltd")
    assert (payment.value_date, payment.confirmed_by) == (date(2025, 11, 11), world.fiona)
    assert (payment.invoice.status, payment.invoice.settled_at) == (InvoiceStatus.PAID, NOW)
    assert (account.status, account.plan, account.payment_method) == (
        S.ACTIVE,
        plan,
        "bank_transfer",
    )
    assert (account.subscription.current_period_start, account.subscription.status) == (
        NOW,
        "active",
    )
    assert account.subscription.current_period_end == datetime(2025, 12, 12, 9, 30, tzinfo=UTC)
    assert account.subscription.external_payment_id == "TX-1"
    assert (row.type, row.amount, row.created_by) == ("subscription", 2000, world.fiona)
    assert (row.reason, account.credits) == (REASON, 2500)


def test_the_audit_trail_tells_the_whole_of_it(world: World) -> None:
    payment = open_transfer(world.other)

    confirm(payment, by=world.fiona, bank_transaction_id="TX-1")

    confirmed = AuditEvent.objects.get(verb="bank_transfer_confirmed")
    activated = AuditEvent.objects.get(verb="account_activated")
    assert confirmed.before == {
        "status": "awaiting",
        "received_total": "0.00",
        "value_date": None,
        "bank_transaction_id": None,
        "payer": "",
        "confirmed_at": None,
        "confirmed_by": None,
        "invoice": "open",
    }
    assert confirmed.after == {
        "status": "confirmed",
        "received_total": "89.00",
        "value_date": "2025-11-11",
        "bank_transaction_id": "TX-1",
        "payer": "Home G8 Ltd",
        "confirmed_at": "2025-11-12T09:30:00+00:00",
        "confirmed_by": "fiona@igny8.example",
        "invoice": "paid",
        "paid_until": "2025-12-12T09:30:00+00:00",
        "credits": 1000,
    }
    assert (activated.before["status"], activated.after["status"]) == (
        "pending_payment",
        "active",
    )


PAYABLE = {
    "trial": {"status": S.TRIAL},
    "pending payment": {"status": S.PENDING_PAYMENT},
    "active": {"status": S.ACTIVE},
    "trial expired": {"status": S.SUSPENDED, "status_reason": SuspensionReason.TRIAL_EXPIRED},
    "payment failed": {"status": S.SUSPENDED, "status_reason": SuspensionReason.PAYMENT_FAILED},
}


UNPAYABLE = {
    "manual": {"status": S.SUSPENDED, "status_reason": SuspensionReason.MANUAL},
    "abuse": {"status": S.SUSPENDED, "status_reason": SuspensionReason.ABUSE},
    "cancelled": {"status": S.CANCELLED},
    "deleted": {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW + DAY},
}


@pytest.mark.parametrize("facts", PAYABLE.values(), ids=PAYABLE.keys())
def test_money_activates_these_accounts(db: None, facts: dict[str, object]) -> None:
    payment = open_transfer()
    account = put(payment.account, **facts)

    confirm(payment, by=make_staff())

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (S.ACTIVE, "")


@pytest.mark.parametrize("facts", UNPAYABLE.values(), ids=UNPAYABLE.keys())
def test_money_does_not_activate_these(db: None, facts: dict[str, object]) -> None:
    payment = open_transfer()
    put(payment.account, **facts)
    staff = make_staff()

    with refused(StateConflict):
        confirm(payment, by=staff)


def test_every_kind_of_account_is_tried() -> None:
    tried = [*PAYABLE.values(), *UNPAYABLE.values()]

    assert {facts["status"] for facts in tried if "status" in facts} == set(S)
    assert {facts.get("status_reason", "manual") for facts in tried} == set(SuspensionReason)


def test_what_was_asked_for_is_booked_though_the_plan_was_edited_and_archived(db: None) -> None:
    payment = open_transfer()
    plan, staff = payment.invoice.plan, make_staff()
    changes = {"price": "500.00", "included_credits": 5}
    plans.edit(plan=plan, changes=changes, by=staff, reason=REASON)
    plans.archive(plan=plan, by=staff, reason=REASON, now=NOW)

    confirm(payment, by=staff)

    row = CreditTransaction.objects.get(payment=payment)
    assert (payment.received_total, row.amount) == (Decimal("89.00"), 1000)


def test_a_month_without_credits_writes_no_ledger_row(db: None) -> None:
    payment = open_transfer(plan=make_plan(included_credits=0))

    confirm(payment, by=make_staff())

    assert not CreditTransaction.objects.exists()


def test_a_renewal_follows_on_the_paid_period(db: None) -> None:
    account = make_account(status=S.ACTIVE)
    end = NOW + 5 * DAY
    make_subscription(account, start=NOW - 25 * DAY, end=end)

    confirm(open_transfer(account), by=make_staff())

    subscription = Subscription.objects.get()
    assert subscription.current_period_start == NOW - 25 * DAY
    assert subscription.current_period_end == datetime(2025, 12, 17, 9, 30, tzinfo=UTC)
    assert account.history.latest().status_changed_at == NOW - 3 * DAY
    assert account.audit_events.filter(verb="account_renewed").count() == 1
    assert not account.audit_events.filter(verb="account_activated").exists()


def test_an_upgrade_starts_now(db: None) -> None:
    account = make_account(status=S.ACTIVE)
    make_subscription(account, start=NOW - 25 * DAY, end=NOW + 5 * DAY)

    confirm(open_transfer(account, plan=make_plan(price=139)), by=make_staff())

    subscription = Subscription.objects.get()
    assert subscription.current_period_start == NOW
    assert subscription.current_period_end == datetime(2025, 12, 12, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("end", [NOW, NOW - timedelta(days=90)])
def test_a_renewal_after_the_end_starts_now(db: None, end: datetime) -> None:
    account = make_account(status=S.ACTIVE)
    make_subscription(account, start=end - 30 * DAY, end=end)
    Subscription.objects.update(status="past_due", cancel_at_period_end=True)

    confirm(open_transfer(account), by=make_staff())

    subscription = Subscription.objects.get()
    assert (subscription.status, subscription.cancel_at_period_end) == ("active", False)
    assert subscription.current_period_start == NOW
    assert subscription.current_period_end == datetime(2025, 12, 12, 9, 30, tzinfo=UTC)


def test_a_restored_account_can_be_paid(db: None) -> None:
    payment, staff = open_transfer(), make_staff()
    account = payment.account
    accounts.soft_delete(account=account, by=staff, reason=REASON, now=NOW)
    accounts.restore(account=account, by=staff, reason=REASON, now=NOW + DAY)

    confirm(payment, by=staff)

    assert CreditTransaction.objects.get().type == TransactionType.SUBSCRIPTION
