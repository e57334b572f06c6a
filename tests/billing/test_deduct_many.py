"""Many deductions in one round trip, each with its own key and its own result."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.models import CreditBalance, CreditCost, CreditTransaction, Operation
from billing.services import batches, proof
from billing.services.batches import Deduction, Outcome, deduct_many
from billing.services.costs import UnknownOperation
from billing.services.ledger import (
    BalanceFrozen,
    IdempotencyKeyReused,
    InsufficientCredits,
    Posted,
)
from tenancy.errors import InvalidValue
from tenancy.models import Account
from tests.conftest import Prepared, World, put_world
from tests.digest import nothing_changes, refused
from tests.factories import make_account
from tests.planting import freeze, plant
from tests.racing import Meeting, at_once, books_agree
from tests.sql import in_one_transaction, run

IMAGES = Operation.IMAGE_GENERATION  # costs 5 for each image


@pytest.fixture(params=["alone", "in a transaction"])
def way(committed: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Alone, a batch is posted as a whole; each item of it is asked for itself where that fails,
    and in a transaction. The answers are the same.
    """
    around = nullcontext() if request.param == "alone" else transaction.atomic()
    with around:
        yield


@pytest.fixture
def world(prepared_world: Prepared, way: None) -> World:
    return put_world(prepared_world)


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
    assert [outcome.posted for outcome in outcomes] == [as_posted(row) for row in rows]
    assert proof.differences() == []


def as_posted(row: CreditTransaction) -> Posted:
    return Posted(
        row.pk,
        row.sequence,
        row.type,
        row.amount,
        row.balance_after,
        row.operation,
        row.description,
        row.created_at,
        row.available_after,
        False,
    )


def test_what_is_held_is_not_available(world: World) -> None:
    plant("UPDATE igny8_credit_balances SET held = 900 WHERE account_id = %s", world.home.pk)

    outcomes = deduct_many(items=[item(world.home, key) for key in "ab"])

    assert [outcome.posted.available for outcome in outcomes] == [95, 90]
    assert told(deduct_many(items=[item(world.home, "c", 19)])) == [InsufficientCredits]


def test_the_price_is_the_tables_and_without_a_row_the_default(world: World) -> None:
    CreditCost.objects.update_or_create(
        operation=Operation.CLUSTERING, defaults={"unit": "fixed", "credits": 7}
    )
    CreditCost.objects.filter(operation=IMAGES).delete()

    clustering = item(world.home, "a", operation=Operation.CLUSTERING)

    assert told(deduct_many(items=[clustering, item(world.home, "b")])) == [-7, -5]


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


def test_one_that_does_not_fit_is_refused_alone(way: None) -> None:
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


def test_one_query_where_all_of_it_fits_and_two_where_not(committed_world: World) -> None:
    both = [item(committed_world.home, "a"), item(committed_world.other, "b")]
    for items, statements in ((both, 1), (both, 2), ([item(committed_world.home, "c", 500)], 2)):
        with CaptureQueriesContext(connection) as heard:
            deduct_many(items=items)
        assert len(heard) == statements


@pytest.mark.parametrize(
    ("second", "refusal"),
    [
        ({"units": 200}, "not every item"),  # not enough
        ({"operation": "translation"}, "not every item"),
        ({"account": 0}, "not every item"),
        ({"key": "a"}, "ledger_idempotency"),
        ({"units": 0}, "ledger_amount_range"),
    ],
)
def test_a_batch_is_posted_as_a_whole_or_not_at_all(
    world: World, second: dict[str, object], refusal: str
) -> None:
    first = {"account": world.home.pk, "operation": IMAGES, "units": 1, "key": "a"}
    items = json.dumps(
        [row | {"description": ""} for row in (first, first | {"key": "b"} | second)]
    )

    with nothing_changes(), pytest.raises(IntegrityError, match=refusal):
        in_one_transaction(
            lambda: run("INSERT INTO igny8_credit_batches (items) VALUES (%s)", items)
        )


def test_a_client_cannot_say_where_its_row_stands(world: World) -> None:
    """A trigger can: that of a batch has moved the balance already."""
    row = CreditTransaction.objects.create(
        account=world.home, type="deduction", amount=-5, sequence=7, balance_after=1
    )

    row.refresh_from_db()
    assert (row.sequence, row.balance_after) == (2, 995)
    assert CreditBalance.objects.get(account=world.home).credits == 995


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
