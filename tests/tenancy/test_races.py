"""People and trials changed at the same moment, beside what would happen without the locks."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction

from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import Account, AccountStatus, SuspensionReason, User
from tenancy.roles import Role
from tenancy.services import invitations, lifecycle, ownership, users
from tenancy.services.limits import PlanLimitReached, users_used
from tests.factories import DAY, NOW, REASON, expire_trials, make_account, make_plan, make_user, put
from tests.racing import SECONDS, Meeting, Outcome, a_copy, at_once, one_wins


def two_heads(verb: Callable[[User], object]) -> tuple[Account, list[Outcome]]:
    account = make_account()
    heads = [
        make_user(account, role=role, password="correct horse battery")
        for role in (Role.OWNER, Role.ADMIN)
    ]
    return account, at_once(*(partial(verb, a_copy(head)) for head in heads))


def somebody_can_sign_in(account: Account, outcomes: list[Outcome]) -> None:
    one_wins(outcomes, refused_with=StateConflict)
    assert account.users.filter(is_active=True).count() == 1


@pytest.mark.parametrize("_", range(3))
def test_of_the_last_two_heads_one_stays(committed: None, _: int) -> None:
    deactivate = partial(users.deactivate, by=None, reason=REASON)

    account, outcomes = two_heads(lambda user: deactivate(user=user))

    somebody_can_sign_in(account, outcomes)


def test_counted_and_then_deactivated_nobody_does(committed: None) -> None:
    meeting = Meeting(2)

    def deactivate_without_a_lock(user: User) -> None:
        if user.account.users.filter(is_active=True).count() == 1:
            raise StateConflict("the last one")
        meeting.wait()
        user.is_active = False
        user.save()

    account, outcomes = two_heads(deactivate_without_a_lock)

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        somebody_can_sign_in(account, outcomes)
    assert not account.users.filter(is_active=True).exists()


def test_of_two_who_are_made_owner_at_once_one_owns_it(committed: None) -> None:
    account = make_account()
    owner, *others = (make_user(account) for _ in range(3))
    put(account, owner=owner)
    hand_over = partial(ownership.hand_over, by=None, reason=REASON)

    at_once(*(partial(hand_over, user=a_copy(other)) for other in others))

    account.refresh_from_db()
    roles = dict(account.users.values_list("pk", "role"))
    assert roles.pop(account.owner_id) == Role.OWNER
    assert set(roles.values()) == {Role.ADMIN}


def test_the_owner_hands_it_over_once_even_at_once(committed: None) -> None:
    account = make_account()
    owner, *others = (make_user(account) for _ in range(3))
    put(account, owner=owner)
    hand_over = partial(ownership.hand_over, by=owner, reason=REASON)

    outcomes = at_once(*(partial(hand_over, user=a_copy(other)) for other in others))

    won = one_wins(outcomes, refused_with=NotPermitted)
    assert a_copy(account).owner == won


def back_in(verb: Callable[[User], object]) -> tuple[Account, list[Outcome]]:
    """Eight people who were locked out come back at once to an account with three seats."""
    account = make_account(plan=make_plan(max_users=3))
    gone = [make_user(account, role=Role.EDITOR, is_active=False) for _ in range(8)]
    return account, at_once(*(partial(verb, a_copy(one)) for one in gone))


def test_of_eight_who_come_back_at_once_as_many_do_as_have_seats(committed: None) -> None:
    account, outcomes = back_in(lambda user: users.reactivate(user=user, by=None, reason=REASON))

    refusals = [outcome.refusal for outcome in outcomes if outcome.refusal]
    assert [type(refusal) for refusal in refusals] == [PlanLimitReached] * 5
    assert users_used(account) == 3


def test_counted_and_then_let_in_all_eight_do(committed: None) -> None:
    meeting = Meeting(8)

    def reactivate_without_a_lock(user: User) -> None:
        if users_used(user.account) >= 3:
            raise PlanLimitReached("full")
        meeting.wait()
        User.objects.filter(pk=user.pk).update(is_active=True)

    account, _ = back_in(reactivate_without_a_lock)

    with pytest.raises(AssertionError):
        assert users_used(account) == 3


def test_of_one_who_comes_back_and_one_invited_one_gets_the_last_seat(committed: None) -> None:
    account = make_account(plan=make_plan(max_users=1))
    gone = make_user(account, is_active=False)
    who_and_why = {"by": None, "reason": REASON}

    outcomes = at_once(
        partial(users.reactivate, user=a_copy(gone), **who_and_why),
        partial(
            invitations.invite,
            account=a_copy(account),
            email="zoe@shop.example",
            role=Role.VIEWER,
            **who_and_why,
        ),
    )

    one_wins(outcomes, refused_with=PlanLimitReached)
    assert users_used(account) == 1


class Steps:
    """The order in which the two transactions go: hold the row, list it, commit, act."""

    def __init__(self) -> None:
        self.row_is_held, self.row_is_listed, self.change_is_committed = Event(), Event(), Event()


def extended_meanwhile(expire: Callable[[Steps], object]) -> Account:
    """Extend a trial in a transaction that stays open until `expire` has listed the account."""
    account = make_account(trial_ends_at=NOW - DAY)
    steps = Steps()

    def extend() -> None:
        with transaction.atomic():
            lifecycle.extend_trial(account=a_copy(account), days=7, by=None, reason=REASON, now=NOW)
            steps.row_is_held.set()
            deadline = time.monotonic() + SECONDS
            while not (steps.row_is_listed.is_set() or somebody_waits()):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        steps.change_is_committed.set()

    def expire_when_held() -> None:
        steps.row_is_held.wait(SECONDS)
        expire(steps)

    at_once(extend, expire_when_held)
    return a_copy(account)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def still_a_trial(account: Account) -> None:
    assert (account.status, account.trial_ends_at) == (AccountStatus.TRIAL, NOW + 7 * DAY)


def test_a_trial_extended_while_trials_expire_goes_on(committed: None) -> None:
    account = extended_meanwhile(lambda _: expire_trials(NOW))

    still_a_trial(account)
    assert not account.audit_events.filter(verb="trial_expired").exists()


def test_listed_and_then_suspended_it_does_not(committed: None) -> None:
    def expire_without_a_lock(steps: Steps) -> None:
        due = list(Account.objects.filter(status=AccountStatus.TRIAL, trial_ends_at__lte=NOW))
        steps.row_is_listed.set()
        steps.change_is_committed.wait(SECONDS)
        Account.objects.filter(pk__in=[account.pk for account in due]).update(
            status=AccountStatus.SUSPENDED, status_reason=SuspensionReason.TRIAL_EXPIRED
        )

    account = extended_meanwhile(expire_without_a_lock)

    with pytest.raises(AssertionError):
        still_a_trial(account)
    assert account.status == AccountStatus.SUSPENDED
