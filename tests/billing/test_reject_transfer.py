"""Giving up on a transfer, and where the account goes then."""

import pytest

from billing.models import InvoiceStatus, Payment, PaymentStatus
from billing.services import bank_transfers
from billing.services.bank_transfers import AlreadyConfirmed
from tenancy.errors import StateConflict
from tenancy.models import AccountStatus, AuditEvent, SuspensionReason
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    make_account,
    make_staff,
    make_subscription,
    open_transfer,
    put,
)

S = AccountStatus


def reject(payment: Payment, **overrides: object) -> Payment:
    facts = {"by": None, "reason": REASON, "now": NOW}
    return bank_transfers.reject(payment=payment, **facts | overrides)


@pytest.mark.parametrize("status", [PaymentStatus.AWAITING, PaymentStatus.PARTIALLY_PAID])
def test_a_rejected_transfer_voids_its_invoice(world: World, status: str) -> None:
    payment = open_transfer(world.other, status=status)

    reject(payment, by=world.fiona)

    payment.refresh_from_db()
    event = AuditEvent.objects.get(verb="bank_transfer_rejected")
    assert (payment.status, payment.rejected_by, payment.rejected_at) == (
        PaymentStatus.REJECTED,
        world.fiona,
        NOW,
    )
    assert (payment.invoice.status, payment.invoice.settled_at) == (InvoiceStatus.VOID, NOW)
    assert (event.before["invoice"], event.after["invoice"]) == ("open", "void")
    assert not payment.credit_transactions.exists()


@pytest.mark.parametrize("status", [PaymentStatus.CONFIRMED, PaymentStatus.REVERSED])
def test_a_confirmed_transfer_is_not_rejected(db: None, status: str) -> None:
    payment = open_transfer(status=status)

    with refused(AlreadyConfirmed, says="was already confirmed by"):
        reject(payment)


def test_a_second_rejection_is_told_who_and_when(world: World) -> None:
    payment = reject(open_transfer(world.other), by=world.fiona)

    with refused(StateConflict, says="was rejected by fiona@igny8.example at 2025-11-12 09:30 UTC"):
        reject(payment, by=world.sam)


@pytest.mark.parametrize(
    ("trial_ends_at", "paid_before", "then", "why"),
    [
        (NOW + DAY, False, S.TRIAL, ""),
        (None, False, S.TRIAL, ""),
        (NOW, False, S.SUSPENDED, SuspensionReason.TRIAL_EXPIRED),
        (NOW - DAY, False, S.SUSPENDED, SuspensionReason.TRIAL_EXPIRED),
        (None, True, S.SUSPENDED, SuspensionReason.PAYMENT_FAILED),
        (NOW - DAY, True, S.SUSPENDED, SuspensionReason.PAYMENT_FAILED),
    ],
)
def test_an_account_that_waited_goes_where_the_facts_put_it(
    db: None, trial_ends_at: object, paid_before: bool, then: str, why: str
) -> None:
    account = make_account(trial_ends_at=trial_ends_at)
    if paid_before:
        make_subscription(account, start=NOW - 60 * DAY, end=NOW - 30 * DAY)

    reject(open_transfer(account))

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (then, why)


def test_an_account_whose_paid_period_is_open_is_active_again(db: None) -> None:
    account = make_account(status=S.CANCELLED)
    make_subscription(account, start=NOW - DAY, end=NOW + DAY)

    reject(open_transfer(account))

    account.refresh_from_db()
    assert account.status == S.ACTIVE


def test_an_account_of_old_that_waited_is_no_trial_without_an_end(db: None) -> None:
    account = make_account(status=S.CANCELLED)

    reject(open_transfer(account))

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (
        S.SUSPENDED,
        SuspensionReason.PAYMENT_FAILED,
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"status": S.ACTIVE},
        {"status": S.SUSPENDED, "status_reason": SuspensionReason.ABUSE},
        {"status": S.CANCELLED},
        {"status": S.TRIAL},
    ],
    ids=lambda facts: facts["status"],
)
def test_an_account_that_did_not_wait_stays_as_it_is(db: None, facts: dict[str, object]) -> None:
    payment = open_transfer()
    account = put(payment.account, **facts)
    was = account.status_changed_at

    reject(payment, by=make_staff())

    account.refresh_from_db()
    assert (account.status, account.status_changed_at) == (facts["status"], was)


def test_a_deleted_accounts_transfer_can_be_given_up(db: None) -> None:
    payment = open_transfer()
    put(payment.account, is_deleted=True, deleted_at=NOW, restore_until=NOW + DAY)

    reject(payment, by=make_staff())

    assert payment.status == PaymentStatus.REJECTED
