"""Many deductions in one round trip, each with its own key and its own result."""

from collections import Counter
from functools import partial

import pytest
from django.db import DataError, OperationalError, transaction

from billing.models import CreditTransaction, Operation
from billing.services import batches, proof
from billing.services.batches import Deduction, Outcome, deduct_many
from billing.services.costs import UnknownOperation
from billing.services.ledger import BalanceFrozen, IdempotencyKeyReused, InsufficientCredits
from tenancy.errors import InvalidValue
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import make_account
from tests.planting import freeze
from tests.racing import Meeting, at_once, books_agree

IMAGES = Operation.IMAGE_GENERATION  # costs 5 for each image


def item(account: Account, key: str, units: int = 1, **more: object) -> Deduction:
    facts = {"operation": IMAGES} | more
    return Deduction(account=account, idempotency_key=key, units=units, **facts)


def told(outcomes: list[Outcome]) -> list[object]:
    """An amount, “again”, or the refusal's type, for each item."""
    return [
        type(outcome.refusal)
        if outcome.refusal
        else "again"
        if outcome.posted.replayed
        else outcome.posted.amount
        for outcome in outcomes
    ]


def test_each_item_is_a_row_of_its_own(world: World) -> None:
    outcomes = deduct_many(
        items=[
            item(world.other, "a", 2, description="Covers"),
            item(world.home, "b", metadata={"post": 7}),
            item(world.other, "c"),
        ]
    )

    assert told(outcomes) == [-10, -5, -5]
    assert [outcome.posted.balance_after for outcome in outcomes] == [490, 995, 485]
    rows = CreditTransaction.objects.filter(type="deduction").order_by("id")
    assert [(row.account, row.idempotency_key, row.description) for row in rows] == [
        (world.other, "a", "Covers"),
        (world.home, "b", IMAGES),
        (world.other, "c", IMAGES),
    ]
    assert rows[1].metadata == {"post": 7}
    assert proof.differences() == []


def test_the_same_batch_again_posts_nothing(world: World) -> None:
    items = [item(world.home, "a"), item(world.other, "b")]
    first = deduct_many(items=items)

    with nothing_changes():
        again = deduct_many(items=items)

    assert [outcome.posted for outcome in again] == [
        outcome.posted._replace(replayed=True) for outcome in first
    ]


def test_a_key_twice_in_a_batch_counts_once(world: World) -> None:
    outcomes = deduct_many(items=[item(world.home, "a"), item(world.home, "a")])

    assert told(outcomes) == [-5, "again"]
    assert told(deduct_many(items=[item(world.home, "a", 2)])) == [IdempotencyKeyReused]


def test_one_that_does_not_fit_is_refused_alone(db: None) -> None:
    account = make_account(credits=20)

    outcomes = deduct_many(items=[item(account, "a", 3), item(account, "b", 2), item(account, "c")])

    assert told(outcomes) == [-15, InsufficientCredits, -5]
    assert outcomes[1].refusal.facts == {"required": 10, "available": 5}
    assert account.credits == 0


def test_a_frozen_and_an_unknown_account_do_not_stop_the_others(world: World) -> None:
    freeze(world.other)

    outcomes = deduct_many(
        items=[
            item(world.other, "a"),
            item(Account(pk=999_999, slug="nobody"), "b"),
            item(world.home, "c"),
        ]
    )

    assert told(outcomes) == [BalanceFrozen, InvalidValue, -5]


def test_a_fingerprint_tells_requests_apart(world: World) -> None:
    deduct_many(items=[item(world.home, "a", fingerprint="x")])

    assert told(
        deduct_many(
            items=[
                item(world.home, "a", fingerprint="y"),
                item(world.home, "a", fingerprint="x"),
            ]
        )
    ) == [IdempotencyKeyReused, "again"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"operation": "translation"}, UnknownOperation),
        ({"units": 0}, InvalidValue),
        ({"units": True}, InvalidValue),
        ({"idempotency_key": ""}, InvalidValue),
        ({"idempotency_key": None}, InvalidValue),
        ({"metadata": {"request": "mine"}}, InvalidValue),
    ],
)
def test_a_wrong_item_refuses_the_batch_before_anything_is_spent(
    world: World, wrong: dict[str, object], error: type[InvalidValue]
) -> None:
    with refused(error) as caught:
        deduct_many(items=[item(world.home, "a"), item(world.home, "b")._replace(**wrong)])

    assert caught.value.facts["item"] == 1


@pytest.mark.parametrize("count", [0, batches.MAX_ITEMS + 1])
def test_a_batch_has_1_to_1000_items(world: World, count: int) -> None:
    with refused(InvalidValue, says=f"not {count:,}"):
        deduct_many(items=[item(world.home, str(number)) for number in range(count)])


def test_the_largest_batch_is_one_query(
    world: World, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    items = [item(world.home, str(number), operation="idea_generation") for number in range(1_000)]

    with django_assert_num_queries(1):
        outcomes = deduct_many(items=items)

    assert Counter(told(outcomes)) == {-1: 1_000}
    assert world.home.credits == 0


def test_a_failure_midway_leaves_nothing(committed_world: World) -> None:
    # A description that does not fit its column, past the first item.
    items = [
        item(committed_world.home, "a"),
        item(committed_world.home, "b", description="x" * 256),
    ]

    with nothing_changes(), pytest.raises(DataError, match="too long"):
        deduct_many(items=items)


def test_batches_in_opposite_order_do_not_wait_for_each_other(committed: None) -> None:
    accounts = [make_account(credits=10_000) for _ in range(20)]

    def batch(caller: int) -> list[Outcome]:
        order = accounts if caller % 2 else accounts[::-1]
        return [
            outcome
            for number in range(10)
            for outcome in deduct_many(
                items=[item(account, f"{caller}-{number}") for account in order]
            )
        ]

    outcomes = at_once(*(partial(batch, caller) for caller in range(8)))

    assert all(set(told(outcome.result)) == {-5} for outcome in outcomes)
    assert {account.credits for account in accounts} == {10_000 - 8 * 10 * 5}
    books_agree()


def test_accounts_locked_one_after_the_other_deadlock(committed: None) -> None:
    one, other, meeting = make_account(credits=100), make_account(credits=100), Meeting(2)

    def one_by_one(first: Account, then: Account) -> None:
        with transaction.atomic():
            deduct_many(items=[item(first, "a")])
            meeting.wait()
            deduct_many(items=[item(then, "b")])

    with pytest.raises(OperationalError, match="deadlock detected"):
        at_once(partial(one_by_one, one, other), partial(one_by_one, other, one))


def test_the_same_batch_eight_times_at_once_counts_once(committed: None) -> None:
    account = make_account(credits=1_000)
    items = [item(account, str(number)) for number in range(50)]

    outcomes = at_once(*[partial(deduct_many, items=items)] * 8)

    posted = Counter(result for outcome in outcomes for result in told(outcome.result))
    assert posted == {-5: 50, "again": 350}
    assert account.credits == 750
    books_agree()
