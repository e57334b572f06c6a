"""One answer for every credential, and it fails closed."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from tenancy import access
from tenancy.models import Account, AccountStatus, Plan, SuspensionReason
from tenancy.roles import LADDER, Role, at_least
from tests.factories import DAY, NOW

S = AccountStatus


def an_account(status: str, reason: str = "", **facts: object) -> Account:
    plan = Plan(pk=1, is_active=True)
    return Account(**{"status": status, "status_reason": reason, "plan": plan} | facts)


@pytest.mark.parametrize("status", [S.TRIAL, S.PENDING_PAYMENT, S.ACTIVE])
def test_working_accounts_work(status: str) -> None:
    assert access.evaluate(an_account(status), now=NOW) == access.ALLOWED


@pytest.mark.parametrize(
    ("account", "code", "status"),
    [
        (None, "invalid_credentials", HTTPStatus.UNAUTHORIZED),
        (an_account(S.ACTIVE, is_deleted=True), "invalid_credentials", HTTPStatus.UNAUTHORIZED),
        (an_account(S.SUSPENDED, "manual"), "account_suspended", HTTPStatus.FORBIDDEN),
        (an_account(S.SUSPENDED, "abuse"), "account_suspended", HTTPStatus.FORBIDDEN),
        (an_account(S.SUSPENDED, "trial_expired"), "trial_expired", HTTPStatus.PAYMENT_REQUIRED),
        (an_account(S.SUSPENDED, "payment_failed"), "payment_failed", HTTPStatus.PAYMENT_REQUIRED),
        (an_account(S.CANCELLED), "account_cancelled", HTTPStatus.FORBIDDEN),
        (an_account("unheard_of"), "account_suspended", HTTPStatus.FORBIDDEN),
        (an_account(S.ACTIVE, plan=None), "plan_missing", HTTPStatus.PAYMENT_REQUIRED),
        (an_account(S.ACTIVE, plan=Plan(pk=1, is_active=False)), "plan_inactive", 402),
    ],
)
def test_others_are_refused_with_a_code(account: Account | None, code: str, status: int) -> None:
    answer = access.evaluate(account, now=NOW)

    assert (answer.allowed, answer.code, answer.status) == (False, code, status)
    assert answer.message


@pytest.mark.parametrize(("moment", "allowed"), [(-1, True), (0, False), (1, False)])
def test_a_trial_is_over_at_its_end_whenever_it_is_suspended(moment: int, allowed: bool) -> None:
    account = an_account(S.TRIAL, trial_ends_at=NOW - moment * timedelta(microseconds=1))

    answer = access.evaluate(account, now=NOW)

    assert (answer.allowed, answer.code) == (allowed, "" if allowed else "trial_expired")


@pytest.mark.parametrize(
    "facts",
    [
        {"exempt_from_suspension": True},
        {"is_system": True},
        {"status": S.PENDING_PAYMENT},
        {"status": S.ACTIVE},
    ],
    ids=str,
)
def test_what_ends_no_trial(facts: dict[str, object]) -> None:
    account = an_account(**{"status": S.TRIAL, "trial_ends_at": NOW} | facts)

    assert access.evaluate(account, now=NOW).allowed
    assert not account.trial_is_over(NOW)


def test_a_suspended_account_on_a_dead_plan_is_told_of_the_suspension() -> None:
    account = an_account(S.SUSPENDED, "manual", plan=Plan(pk=1, is_active=False))

    assert access.evaluate(account, now=NOW).code == "account_suspended"


@pytest.mark.parametrize("reason", SuspensionReason)
def test_every_suspension_has_an_answer(reason: str) -> None:
    assert not access.evaluate(an_account(S.SUSPENDED, reason), now=NOW).allowed


@pytest.mark.parametrize("role", Role)
def test_roles_are_a_ladder_with_the_bot_beside_it(role: Role) -> None:
    reached = [minimum for minimum in LADDER if at_least(role, minimum)]

    assert reached == (list(LADDER[: LADDER.index(role) + 1]) if role in LADDER else [])


@pytest.mark.parametrize("role", ["", "king", "system_bot"])
def test_what_is_not_on_the_ladder_reaches_nothing(role: str) -> None:
    assert not at_least(role, Role.VIEWER)


def test_a_block_is_named_by_what_it_is_and_since_when() -> None:
    trial_over = an_account(S.TRIAL, trial_ends_at=NOW, status_changed_at=NOW - DAY)
    suspended = an_account(S.SUSPENDED, "trial_expired", trial_ends_at=NOW, status_changed_at=NOW)
    by_a_person = an_account(S.SUSPENDED, "manual", status_changed_at=NOW)
    cancelled = an_account(S.CANCELLED, status_changed_at=NOW)
    once_more = an_account(S.CANCELLED, status_changed_at=NOW + DAY)

    names = [
        access.block_of(account, now=NOW)
        for account in (trial_over, suspended, by_a_person, cancelled, once_more)
    ]

    assert names[0] == names[1] == "trial_expired 2025-11-12 09:30:00+00:00"
    assert len(set(names)) == 4


def test_no_block_has_no_name() -> None:
    for account in (an_account(S.ACTIVE), an_account(S.TRIAL, trial_ends_at=NOW + DAY), None):
        assert access.block_of(account, now=NOW) == ""
