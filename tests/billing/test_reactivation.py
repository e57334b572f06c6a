"""Reactivating: back to what the facts say, or nowhere."""

from datetime import timedelta

import pytest

from billing.services import reactivation
from billing.services.reactivation import NothingToReturnTo
from tenancy.errors import StateConflict
from tenancy.models import Account, AccountStatus, SuspensionReason
from tests.digest import refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    make_account,
    make_staff,
    make_subscription,
    open_transfer,
)

S, R = AccountStatus, SuspensionReason
SUSPENDED = {"status": S.SUSPENDED, "status_before": S.TRIAL}
CANCELLED = {"status": S.CANCELLED, "status_before": S.ACTIVE}
RUNNING, OVER = NOW + timedelta(microseconds=1), NOW


def reactivate(account: Account) -> Account:
    return reactivation.reactivate(account=account, by=None, reason=REASON, now=NOW)


@pytest.mark.parametrize("status", [S.TRIAL, S.PENDING_PAYMENT, S.ACTIVE])
def test_a_working_account_is_not_reactivated(db: None, status: str) -> None:
    account = make_account(status=status)

    with refused(StateConflict, says="works already; nothing was changed"):
        reactivate(account)


@pytest.mark.parametrize("facts", [SUSPENDED, CANCELLED], ids=["suspended", "cancelled"])
@pytest.mark.parametrize("trial_ends_at", [None, OVER, RUNNING], ids=["none", "over", "running"])
def test_an_open_paid_period_makes_it_active(
    db: None, facts: dict[str, object], trial_ends_at: object
) -> None:
    account = make_account(trial_ends_at=trial_ends_at, **facts)
    make_subscription(account, end=NOW + timedelta(microseconds=1))

    reactivate(account)

    account.refresh_from_db()
    assert (account.status, account.status_reason, account.status_before) == (S.ACTIVE, "", "")
    assert account.audit_events.get().verb == "account_reactivated"


@pytest.mark.parametrize("reason", R)
def test_a_running_trial_makes_it_a_trial(db: None, reason: str) -> None:
    account = make_account(trial_ends_at=RUNNING, status_reason=reason, **SUSPENDED)

    reactivate(account)

    account.refresh_from_db()
    assert (account.status, account.trial_ends_at) == (S.TRIAL, RUNNING)


@pytest.mark.parametrize("reason", [R.MANUAL, R.ABUSE])
def test_an_account_of_old_without_a_subscription_is_active_as_before(
    db: None, reason: str
) -> None:
    facts = SUSPENDED | {"status_before": S.ACTIVE}
    account = make_account(status_reason=reason, trial_ends_at=OVER, **facts)

    reactivate(account)

    assert account.status == S.ACTIVE


def test_a_cancelled_account_of_old_is_active_as_before(db: None) -> None:
    account = make_account(**CANCELLED)

    reactivate(account)

    assert account.status == S.ACTIVE


def test_a_trial_without_an_end_is_a_trial_again(db: None) -> None:
    account = make_account(status_reason=R.MANUAL, trial_ends_at=None, **SUSPENDED)

    reactivate(account)

    assert account.status == S.TRIAL


NOWHERE = {
    "trial over": SUSPENDED | {"status_reason": R.TRIAL_EXPIRED, "trial_ends_at": OVER},
    "unpaid": SUSPENDED | {"status_reason": R.PAYMENT_FAILED, "status_before": S.ACTIVE},
    "cancelled trial": CANCELLED | {"status_before": S.TRIAL, "trial_ends_at": RUNNING},
    "cancelled when suspended": CANCELLED | {"status_before": S.SUSPENDED},
}


@pytest.mark.parametrize("facts", NOWHERE.values(), ids=NOWHERE.keys())
def test_with_nothing_to_return_to_it_says_what_to_do(db: None, facts: dict[str, object]) -> None:
    account = make_account(**facts)

    with refused(NothingToReturnTo, says="pen a bank transfer") as caught:
        reactivate(account)

    assert caught.value.facts == {"current": facts["status"]}


@pytest.mark.parametrize(
    "facts",
    [SUSPENDED | {"status_reason": R.PAYMENT_FAILED}, CANCELLED],
    ids=["suspended", "cancelled"],
)
def test_a_paid_period_that_is_over_is_nothing_to_return_to(
    db: None, facts: dict[str, object]
) -> None:
    account = make_account(trial_ends_at=OVER, **facts | {"status_before": S.ACTIVE})
    make_subscription(account, start=NOW - 30 * DAY, end=NOW)
    staff = make_staff()

    with refused(NothingToReturnTo):
        reactivation.reactivate(account=account, by=staff, reason=REASON, now=NOW)


@pytest.mark.parametrize("reason", [R.MANUAL, R.ABUSE])
@pytest.mark.parametrize("has_paid", [False, True], ids=["trial", "paid"])
def test_what_ended_while_a_person_suspended_it_can_be_paid_once_that_is_lifted(
    db: None, reason: str, has_paid: bool
) -> None:
    account = make_account(status_reason=reason, trial_ends_at=OVER, **SUSPENDED)
    if has_paid:
        make_subscription(account, start=NOW - 30 * DAY, end=NOW)

    reactivate(account)

    account.refresh_from_db()
    why = R.PAYMENT_FAILED if has_paid else R.TRIAL_EXPIRED
    assert (account.status, account.status_reason, account.status_before) == (
        S.SUSPENDED,
        why,
        S.TRIAL,
    )
    assert account.audit_events.get().verb == "suspension_lifted"
    open_transfer(account)
    account.refresh_from_db()
    assert account.status == S.PENDING_PAYMENT
