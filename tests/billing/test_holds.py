"""Setting credits aside, spending them, giving them back, letting them run out."""

import uuid
from datetime import datetime, timedelta

import pytest

from billing.models import CreditBalance, CreditCost, CreditHold, CreditTransaction, Operation
from billing.services import holds, proof, spending
from billing.services.costs import UnknownOperation
from billing.services.holds import CommitOverHold, Held, HoldNotFound
from billing.services.ledger import (
    BalanceFrozen,
    IdempotencyKeyReused,
    InsufficientCredits,
    Posted,
)
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import NOW, expire_holds, make_account
from tests.planting import freeze, plant

WORDS = Operation.CONTENT_GENERATION  # costs 1 for each started hundred words
LATER = NOW + timedelta(seconds=holds.DEFAULT_SECONDS)


def reserve(account: Account, units: int = 1000, key: str = "job-7", **more: object) -> Held:
    facts = {"operation": WORDS, "idempotency_key": key, "now": NOW} | more
    return holds.reserve(account=account, units=units, **facts)


def commit(
    account: Account, hold_id: object, units: int = 800, now: datetime = NOW
) -> tuple[Held, Posted]:
    return holds.commit(account=account, hold_id=hold_id, units=units, now=now)


def release(account: Account, hold_id: object, now: datetime = NOW) -> Held:
    return holds.release(account=account, hold_id=hold_id, now=now)


def standing(account: Account, now: datetime = NOW) -> tuple[int, int, int]:
    balance = holds.balance(account=account, now=now)
    return balance.credits, balance.held, balance.available


def resolved(account: Account, how: str) -> Held:
    hold = reserve(account)
    if how == "committed":
        return commit(account, hold.id)[0]
    if how == "released":
        return release(account, hold.id)
    expire_holds(LATER)
    return hold


def test_a_hold_sets_credits_aside(world: World) -> None:
    hold = reserve(world.home)

    assert (hold.amount, hold.status, hold.available) == (10, "held", 990)
    assert (hold.created_at, hold.expires_at) == (NOW, LATER)
    assert not hold.replayed
    assert standing(world.home) == (1000, 10, 990)
    assert CreditTransaction.objects.filter(account=world.home).count() == 1


def test_held_credits_are_not_spent_by_anybody_else(db: None) -> None:
    account = make_account(credits=10)
    hold = reserve(account, expires_in=60, now=datetime.now(tz=NOW.tzinfo))

    with refused(InsufficientCredits, says="needs 2 credits") as caught:
        spending.deduct(account=account, operation="image_prompt_extraction", idempotency_key=None)
    assert caught.value.facts == {"required": 2, "available": 0}
    for now, allowed in ((hold.created_at, False), (hold.expires_at, True)):
        told = spending.check(account=account, operation=Operation.CLUSTERING, now=now)
        assert (told.allowed, told.available) == (allowed, 10 * allowed)
    with refused(InsufficientCredits, says="needs 1 credits"):
        reserve(account, units=1, key="job-8", now=hold.created_at)


def test_a_hold_needs_what_it_sets_aside(db: None) -> None:
    account = make_account(credits=10)

    with refused(InsufficientCredits) as caught:
        reserve(account, units=1001)

    assert caught.value.facts == {"required": 11, "available": 10}
    assert reserve(account).available == 0


def test_the_same_key_makes_one_hold(world: World) -> None:
    first = reserve(world.home)

    with nothing_changes():
        again = reserve(world.home)

    assert (again.id, again.replayed, again.available) == (first.id, True, 990)


def test_the_same_key_tells_what_became_of_the_hold(world: World) -> None:
    commit(world.home, reserve(world.home).id)

    with nothing_changes():
        again = reserve(world.home)

    assert (again.status, again.committed_amount, again.replayed) == ("committed", 8, True)


@pytest.mark.parametrize("how", ["released", "expired"])
def test_the_same_key_tells_that_the_hold_is_over(world: World, how: str) -> None:
    hold = resolved(world.home, how)

    with nothing_changes():
        again = reserve(world.home)

    assert (again.id, again.status, again.replayed) == (hold.id, how, True)
    assert again.available == 1000


def test_the_same_key_tells_that_time_is_over_before_the_daily_job_does(world: World) -> None:
    hold = reserve(world.home)

    assert reserve(world.home, now=LATER - timedelta(seconds=1)).status == "held"
    with nothing_changes():
        again = reserve(world.home, now=LATER)

    assert (again.id, again.status, again.replayed) == (hold.id, "expired", True)


@pytest.mark.parametrize(
    "other", [{"units": 999}, {"operation": Operation.CLUSTERING}, {"expires_in": 6_000}]
)
def test_a_key_for_another_request_is_refused(world: World, other: dict[str, object]) -> None:
    reserve(world.home)

    with refused(IdempotencyKeyReused):
        reserve(world.home, **other)


def test_a_key_belongs_to_one_account_and_to_holds(world: World) -> None:
    first = reserve(world.home)
    spending.deduct(account=world.home, operation=WORDS, units=1000, idempotency_key="job-7")

    other = reserve(world.other)

    assert (other.replayed, other.id != first.id) == (False, True)
    assert standing(world.home) == (990, 10, 980)


@pytest.mark.parametrize("seconds", [0, -1, 86_401, 1.5, True, "60", None])
def test_a_hold_lasts_a_second_to_a_day(world: World, seconds: object) -> None:
    with refused(InvalidValue, says="1 to 86,400 seconds"):
        reserve(world.home, expires_in=seconds)


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\nb", "a\x00b", None, 7])
def test_a_key_is_printable_ascii(world: World, key: object) -> None:
    with refused(InvalidValue, says="1 to 255 printable ASCII"):
        reserve(world.home, key=key)


@pytest.mark.parametrize("units", [0, -1, True, 1.5, "3", None, 1_000_001])
def test_units_are_whole_and_positive(world: World, units: object) -> None:
    hold = reserve(world.home)

    with refused(InvalidValue, says="Units are"):
        reserve(world.home, units=units, key="job-8")
    with refused(InvalidValue, says="Units are"):
        commit(world.home, hold.id, units)


def test_an_unknown_operation_is_refused(world: World) -> None:
    with refused(UnknownOperation):
        reserve(world.home, operation="translation")


def test_a_cost_out_of_range_is_refused(world: World) -> None:
    CreditCost.objects.filter(operation=WORDS).update(credits=0)

    with refused(InvalidValue, says="between 1 and"):
        reserve(world.home)


def test_an_account_without_a_balance_holds_nothing(db: None) -> None:
    with refused(InvalidValue, says="nobody"):
        reserve(Account(pk=999_999, slug="nobody", name="Nobody"))


def test_committing_spends_what_it_took_and_gives_the_rest_back(world: World) -> None:
    hold, posted = commit(world.home, reserve(world.home).id)

    row = CreditTransaction.objects.get(pk=posted.transaction_id)
    kept = CreditHold.objects.get(pk=hold.id)
    assert (posted.amount, posted.balance_after, posted.available) == (-8, 992, 992)
    assert (row.type, row.operation, row.metadata) == ("deduction", WORDS, {"hold": str(hold.id)})
    assert (hold.status, hold.committed_units, hold.committed_amount) == ("committed", 800, 8)
    assert (kept.transaction, kept.resolved_at) == (row, NOW)
    assert standing(world.home) == (992, 0, 992)
    assert proof.differences() == []


def test_all_that_is_held_can_be_spent(db: None) -> None:
    account = make_account(credits=10)

    _, posted = commit(account, reserve(account).id, units=1000)

    assert (posted.balance_after, posted.available) == (0, 0)


def test_committing_takes_no_more_than_is_held(world: World) -> None:
    hold = reserve(world.home)

    with refused(CommitOverHold, says="1,001 units cost 11 credits, but 10 are held") as caught:
        commit(world.home, hold.id, units=1001)

    assert caught.value.facts == {"required": 11, "held": 10}


def test_committing_twice_is_once(world: World) -> None:
    hold_id = reserve(world.home).id
    first, posted = commit(world.home, hold_id)

    with nothing_changes():
        again, posted_again = commit(world.home, str(hold_id))

    assert again == first._replace(replayed=True)
    assert posted_again == posted._replace(replayed=True)


def test_the_price_is_that_of_the_hold(world: World) -> None:
    hold = reserve(world.home)
    CreditCost.objects.filter(operation=WORDS).update(credits=50, unit="fixed")

    _, posted = commit(world.home, hold.id)

    assert posted.amount == -8


def test_releasing_gives_everything_back(world: World) -> None:
    hold = release(world.home, reserve(world.home).id)

    assert (hold.status, hold.available) == ("released", 1000)
    assert standing(world.home) == (1000, 0, 1000)
    assert CreditTransaction.objects.filter(account=world.home).count() == 1


@pytest.mark.parametrize("now", [NOW, LATER])
def test_releasing_twice_is_once(world: World, now: datetime) -> None:
    first = release(world.home, reserve(world.home).id)

    with nothing_changes():
        again = release(world.home, str(first.id), now=now)

    assert again == first._replace(replayed=True)


@pytest.mark.parametrize("how", ["committed", "expired"])
def test_what_is_resolved_otherwise_is_not_released(world: World, how: str) -> None:
    hold = resolved(world.home, how)

    with refused(StateConflict, says=f"This hold is {how}") as caught:
        release(world.home, hold.id)
    assert caught.value.facts == {"current": how}


@pytest.mark.parametrize("how", ["committed", "released", "expired"])
def test_what_is_resolved_is_not_committed_otherwise(world: World, how: str) -> None:
    hold = resolved(world.home, how)

    with refused(StateConflict, says=f"This hold is {how}") as caught:
        commit(world.home, hold.id, units=700)
    assert caught.value.facts == {"current": how}


@pytest.mark.parametrize("verb", [commit, release])
def test_a_hold_that_is_over_is_expired_before_the_daily_job_says_so(
    world: World, verb: object
) -> None:
    hold = reserve(world.home)

    with refused(StateConflict, says="This hold is expired"):
        verb(world.home, hold.id, now=LATER)
    verb(world.home, hold.id, now=LATER - timedelta(seconds=1))


@pytest.mark.parametrize("verb", [commit, release])
@pytest.mark.parametrize("hold_id", [uuid.uuid4(), "not-an-id", "", 7, None])
def test_an_unknown_hold_is_not_found(world: World, verb: object, hold_id: object) -> None:
    with refused(HoldNotFound):
        verb(world.home, hold_id)


@pytest.mark.parametrize("verb", [commit, release])
def test_another_accounts_hold_is_not_found(world: World, verb: object) -> None:
    hold = reserve(world.home)

    with refused(HoldNotFound, says="There is no such hold."):
        verb(world.other, hold.id)


def test_a_frozen_account_holds_and_commits_nothing(world: World) -> None:
    hold = reserve(world.home)
    freeze(world.home)

    with refused(BalanceFrozen):
        reserve(world.home, key="job-8")
    with refused(BalanceFrozen):
        commit(world.home, hold.id)
    assert reserve(world.home).replayed
    assert release(world.home, hold.id).status == "released"


def test_holds_expire_when_they_are_over(world: World) -> None:
    first = reserve(world.home)
    reserve(world.home, key="job-8", expires_in=holds.DEFAULT_SECONDS + 1)
    other = reserve(world.other)

    with nothing_changes():
        assert expire_holds(LATER - timedelta(seconds=1)) == []
    assert expire_holds(LATER) == [first.id, other.id]

    assert standing(world.home) == (1000, 10, 990)
    assert CreditHold.objects.get(pk=first.id).resolved_at == LATER
    with nothing_changes():
        assert expire_holds(LATER) == []
    assert proof.differences() == []


def test_a_frozen_accounts_holds_wait(world: World) -> None:
    reserve(world.home)
    freeze(world.home)

    with nothing_changes():
        assert expire_holds(LATER) == []


def test_a_hold_that_is_over_stands_in_nobodys_way(db: None) -> None:
    account = make_account(credits=10)
    reserve(account)

    # The ledger's clock is the database's, and NOW is long ago.
    posted = spending.deduct(account=account, operation=WORDS, units=900, idempotency_key=None)

    assert (posted.balance_after, posted.available) == (1, 1)
    assert reserve(account).status == "expired"
    assert proof.differences() == []


def test_a_hold_makes_room_for_the_next_one_when_it_is_over(db: None) -> None:
    account = make_account(credits=10)
    reserve(account)

    assert standing(account, now=LATER) == (10, 0, 10)
    with refused(InsufficientCredits) as caught:
        reserve(account, units=1001, key="job-8", now=LATER)
    assert caught.value.facts == {"required": 11, "available": 10}
    assert reserve(account, units=900, key="job-8", now=LATER).available == 1


def test_each_step_is_one_query(
    world: World, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):
        hold = reserve(world.home)
    with django_assert_num_queries(1):
        commit(world.home, hold.id)
    hold = reserve(world.home, key="job-8")
    with django_assert_num_queries(1):
        release(world.home, hold.id)


@pytest.mark.parametrize(
    ("tampering", "problem"),
    [
        ("UPDATE igny8_credit_balances SET held = 7", "the balance holds 7, the open holds sum"),
        (
            "UPDATE igny8_credit_holds SET committed_amount = 5 WHERE status = 'committed'",
            "a committed hold has no ledger row of its amount",
        ),
        ("DELETE FROM igny8_credit_holds WHERE status = 'held'", "the balance holds 10, the open"),
    ],
)
def test_the_proof_covers_holds(world: World, tampering: str, problem: str) -> None:
    reserve(world.home)
    commit(world.home, reserve(world.home, key="job-8").id)
    assert proof.differences() == []

    plant(tampering)

    found = proof.differences(account=world.home)
    assert [difference.problem[: len(problem)] for difference in found] == [problem]
    assert CreditBalance.objects.filter(frozen=True).count() == 0
