"""Credits moved twice at the same moment, beside what would happen without the locks."""

from collections.abc import Callable
from functools import partial

import pytest

from billing.models import CreditTransaction, TransactionType
from billing.services import credits, grant_limits, spending
from billing.services.credits import AlreadyReversed
from billing.services.grant_limits import OverLimit
from billing.services.ledger import Posted, post
from tenancy.models import Account, User
from tests.conftest import World
from tests.factories import NOW, REASON, make_account, make_ledger_row
from tests.racing import Meeting, Outcome, a_copy, at_once, books_agree, one_wins

CALLERS = 8


# One row is reversed twice.


def undone_once(outcomes: list[Outcome], account: Account) -> None:
    one_wins(outcomes, refused_with=AlreadyReversed)
    assert a_copy(account).credits == 1000
    books_agree()


def test_of_two_reversals_one_counts(committed_world: World) -> None:
    home = committed_world.home
    entry = make_ledger_row(home, amount=-40, type=TransactionType.DEDUCTION)
    reverse = partial(credits.reverse, by=committed_world.fiona, reason=REASON)

    outcomes = at_once(*(partial(reverse, entry=a_copy(entry)) for _ in range(2)))

    undone_once(outcomes, home)


def test_looked_up_and_then_reversed_both_count(committed_world: World) -> None:
    home, fiona, meeting = committed_world.home, committed_world.fiona, Meeting(2)
    entry = make_ledger_row(home, amount=-40, type=TransactionType.DEDUCTION)

    def reverse_without_a_lock() -> None:
        if CreditTransaction.objects.filter(metadata__undoes=entry.pk).exists():
            raise AlreadyReversed("reversed")
        meeting.wait()
        facts = {"type": "adjustment", "created_by": fiona, "reason": REASON}
        make_ledger_row(home, amount=40, metadata={"undoes": entry.pk}, **facts)

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        undone_once(at_once(reverse_without_a_lock, reverse_without_a_lock), home)
    assert a_copy(home).credits == 1040


# One key comes eight times.


def spent_once(outcomes: list[Outcome], account: Account) -> None:
    posted = [outcome.result for outcome in outcomes]
    assert sum(not one.replayed for one in posted) == 1
    assert len({one.transaction_id for one in posted}) == 1
    assert a_copy(account).credits == 998
    books_agree()


def spend(account: Account, key: str | None) -> Posted:
    return spending.deduct(
        account=account, operation="image_prompt_extraction", idempotency_key=key
    )


def test_of_eight_calls_with_one_key_one_spends(committed_world: World) -> None:
    home = committed_world.home

    outcomes = at_once(*(partial(spend, a_copy(home), "job-7") for _ in range(CALLERS)))

    spent_once(outcomes, home)


def test_looked_up_and_then_spent_all_eight_do(committed_world: World) -> None:
    home, meeting = committed_world.home, Meeting(CALLERS)

    def spend_without_a_lock() -> object:
        if CreditTransaction.objects.filter(description="job-7").exists():
            raise AssertionError
        meeting.wait()
        return spend(home, key=None)

    outcomes = at_once(*[spend_without_a_lock] * CALLERS)

    with pytest.raises(AssertionError):
        spent_once(outcomes, home)
    assert a_copy(home).credits == 1000 - 8 * 2


# One person grants twice, with credits left in the day for one.


def within_the_day(outcomes: list[Outcome], person: User) -> None:
    one_wins(outcomes, refused_with=OverLimit)
    allowance = grant_limits.allowance(by=person, now=NOW)
    assert allowance.used_today <= allowance.per_day


def two_grants(world: World, grant: Callable[[Account, User], object]) -> list[Outcome]:
    accounts = [world.home, world.other, make_account()]
    credits.grant(account=accounts[2], amount=200, by=world.sam, reason=REASON, now=NOW)
    return at_once(
        *(partial(grant, a_copy(account), a_copy(world.sam)) for account in accounts[:2])
    )


def test_of_two_grants_one_is_within_the_day(committed_world: World) -> None:
    def grant(account: Account, by: User) -> object:
        return credits.grant(account=account, amount=200, by=by, reason=REASON, now=NOW)

    within_the_day(two_grants(committed_world, grant), committed_world.sam)


def test_looked_up_and_then_granted_both_are(committed_world: World) -> None:
    meeting = Meeting(2)

    def grant_without_a_lock(account: Account, by: User) -> object:
        if grant_limits.allowance(by=by, now=NOW).left_today < 200:
            raise OverLimit("over")
        meeting.wait()
        return post(account=account, type="grant", amount=200, by=by, reason=REASON)

    outcomes = two_grants(committed_world, grant_without_a_lock)

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        within_the_day(outcomes, committed_world.sam)
