"""Suspend and cancel: from which statuses, to which, and what is written down."""

import pytest

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason, User
from tenancy.services import lifecycle
from tenancy.services.accounts import SystemAccount
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_account

S = AccountStatus


def suspend(account: Account, *, by: User | None = None, **overrides: object) -> Account:
    facts = {"code": SuspensionReason.MANUAL, "reason": REASON, "now": NOW}
    return lifecycle.suspend(account=account, by=by, **facts | overrides)


def cancel(account: Account, *, by: User | None = None) -> Account:
    return lifecycle.cancel(account=account, by=by, reason=REASON, now=NOW)


@pytest.mark.parametrize("status", [S.TRIAL, S.ACTIVE])
@pytest.mark.parametrize("code", [SuspensionReason.MANUAL, SuspensionReason.ABUSE])
def test_a_working_account_is_suspended(db: None, status: str, code: str) -> None:
    account = make_account(status=status)

    suspend(account, code=code)

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (S.SUSPENDED, code)
    assert (account.status_before, account.status_changed_at) == (status, NOW)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (S.PENDING_PAYMENT, "waiting for a payment. Reject the open bank transfer first."),
        (S.SUSPENDED, "has been suspended since 2025-11-09 09:30 UTC (manual)"),
        (S.CANCELLED, "From here it can become pending payment or active."),
    ],
)
def test_any_other_account_is_not_suspended(db: None, status: str, says: str) -> None:
    account = make_account(status=status)

    with refused(StateConflict, says=says) as caught:
        suspend(account)

    assert caught.value.facts["current"] == status


@pytest.mark.parametrize("code", ["trial_expired", "payment_failed", "", "bored"])
def test_people_suspend_for_their_own_reasons_only(db: None, code: str) -> None:
    account = make_account()

    with refused(InvalidValue, says="manual"):
        suspend(account, code=code)


@pytest.mark.parametrize("status", [S.TRIAL, S.PENDING_PAYMENT, S.ACTIVE, S.SUSPENDED])
def test_an_account_is_cancelled_from_any_status(db: None, status: str) -> None:
    account = make_account(status=status)

    cancel(account)

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (S.CANCELLED, "")
    assert account.status_before == status


def test_a_cancelled_account_is_not_cancelled_again(db: None) -> None:
    account = make_account(status=S.CANCELLED)

    with refused(StateConflict, says="has been cancelled since 2025-11-09 09:30 UTC"):
        cancel(account)


@pytest.mark.parametrize("verb", [suspend, cancel])
def test_a_system_account_stays(db: None, verb: object) -> None:
    account = make_account(is_system=True)

    with refused(SystemAccount, says="system account: it is never"):
        verb(account)


def test_a_suspension_is_written_down_with_before_and_after(world: World) -> None:
    suspend(world.home, by=world.sam, ticket_url="https://desk.example.com/1")

    event = AuditEvent.objects.get(verb="account_suspended")
    history = world.home.history.latest()
    assert event.before == {
        "status": "active",
        "status_reason": "",
        "status_before": "",
        "status_changed_at": "2025-11-09T09:30:00+00:00",
    }
    assert event.after == {
        "status": "suspended",
        "status_reason": "manual",
        "status_before": "active",
        "status_changed_at": "2025-11-12T09:30:00+00:00",
    }
    assert (event.actor, event.account, event.reason) == (world.sam, world.home, REASON)
    assert event.ticket_url == "https://desk.example.com/1"
    assert (history.history_user, history.history_change_reason) == (world.sam, REASON)
    assert history.status == S.SUSPENDED
