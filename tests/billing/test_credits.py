"""Checking and spending credits, exactly once for each key."""

from functools import partial

import pytest

from billing.models import (
    CreditBalance,
    CreditCost,
    CreditTransaction,
    Operation,
)
from billing.services import spending
from billing.services.costs import CREDIT_COSTS, UnknownOperation, cost_of
from billing.services.ledger import (
    BalanceFrozen,
    IdempotencyKeyReused,
    InsufficientCredits,
    Posted,
    post,
)
from tenancy.errors import InvalidValue, ServiceError
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import NOW, make_account
from tests.planting import freeze

OPERATION = Operation.IMAGE_PROMPT_EXTRACTION  # costs 2


def deduct(account: Account, **overrides: object) -> Posted:
    facts = {"operation": OPERATION, "idempotency_key": None}
    return spending.deduct(account=account, **facts | overrides)


def row(posted: Posted) -> CreditTransaction:
    return CreditTransaction.objects.get(pk=posted.transaction_id)


@pytest.mark.parametrize(
    ("operation", "units", "cost"),
    [
        (Operation.CLUSTERING, 1, 10),
        (Operation.CLUSTERING, 500, 10),
        (Operation.IDEA_GENERATION, 7, 7),
        (Operation.CONTENT_GENERATION, 1, 1),
        (Operation.CONTENT_GENERATION, 100, 1),
        (Operation.CONTENT_GENERATION, 101, 2),
        (Operation.CONTENT_GENERATION, 1_000_000, 10_000),
        (Operation.IMAGE_GENERATION, 3, 15),
        (Operation.IMAGE_PROMPT_EXTRACTION, 9, 2),
    ],
)
@pytest.mark.parametrize("from_rows", [True, False], ids=["rows", "constants"])
def test_what_an_operation_costs(
    db: None, operation: str, units: int, cost: int, from_rows: bool
) -> None:
    CreditCost.objects.all().delete()
    if from_rows:
        for name, constant in CREDIT_COSTS.items():
            CreditCost.objects.create(operation=name, unit=constant.unit, credits=constant.credits)

    assert cost_of(operation=operation, units=units) == cost


def test_a_row_overrides_the_constant(db: None) -> None:
    CreditCost.objects.update_or_create(
        operation=Operation.IMAGE_GENERATION, defaults={"unit": "image", "credits": 8}
    )

    assert cost_of(operation=Operation.IMAGE_GENERATION, units=2) == 16


@pytest.mark.parametrize("units", [0, -1, True, 1.5, "3", None, 1_000_001])
def test_units_are_whole_and_positive(world: World, units: object) -> None:
    for verb in (partial(spending.check, now=NOW), deduct):
        with refused(InvalidValue, says="Units are"):
            verb(account=world.home, operation=Operation.CLUSTERING, units=units)


@pytest.mark.parametrize("operation", ["", "translation", "Clustering"])
def test_an_unknown_operation_is_refused(world: World, operation: str) -> None:
    for verb in (partial(spending.check, now=NOW), deduct):
        with refused(UnknownOperation, says="There is no operation"):
            verb(account=world.home, operation=operation)


def test_checking_spends_nothing(world: World) -> None:
    with nothing_changes():
        enough = spending.check(
            account=world.home, operation=Operation.IMAGE_GENERATION, units=200, now=NOW
        )
        too_much = spending.check(
            account=world.home, operation=Operation.IMAGE_GENERATION, units=201, now=NOW
        )

    assert (enough.allowed, enough.cost, enough.available) == (True, 1000, 1000)
    assert (too_much.allowed, too_much.cost) == (False, 1005)


def test_a_deduction_is_one_row(world: World) -> None:
    posted = deduct(world.home, description="Alt texts", metadata={"post": 7})

    kept = row(posted)
    assert (posted.amount, posted.balance_after, posted.available) == (-2, 998, 998)
    assert (kept.type, kept.operation, kept.description) == ("deduction", OPERATION, "Alt texts")
    assert (kept.metadata, kept.created_by, kept.payment) == ({"post": 7}, None, None)
    assert not posted.replayed


def test_the_last_credit_can_be_spent_and_not_one_more(db: None) -> None:
    account = make_account(credits=2)

    assert deduct(account).available == 0
    with refused(InsufficientCredits, says="needs 2 credits") as caught:
        deduct(account)

    assert caught.value.facts == {"required": 2, "available": 0}


def test_the_same_key_spends_once(world: World) -> None:
    first = deduct(world.home, idempotency_key="job-7")

    with nothing_changes():
        again = deduct(world.home, idempotency_key="job-7", description="Another text")

    assert again.replayed
    assert again.transaction_id == first.transaction_id
    assert again.balance_after == 998


def test_a_key_is_answered_even_when_the_credits_are_gone(db: None) -> None:
    account = make_account(credits=2)
    deduct(account, idempotency_key="job-7")

    assert deduct(account, idempotency_key="job-7").replayed


def test_a_key_belongs_to_one_account(world: World) -> None:
    deduct(world.home, idempotency_key="job-7")

    assert not deduct(world.other, idempotency_key="job-7").replayed


@pytest.mark.parametrize(
    "other", [{"operation": Operation.CLUSTERING}, {"operation": Operation.IMAGE_GENERATION}]
)
def test_a_key_for_another_request_is_refused(world: World, other: dict[str, object]) -> None:
    deduct(world.home, idempotency_key="job-7")

    with refused(IdempotencyKeyReused, says="used before for another request"):
        deduct(world.home, idempotency_key="job-7", **other)


def test_a_frozen_account_spends_nothing_but_is_told_of_earlier_work(world: World) -> None:
    deduct(world.home, idempotency_key="job-7")
    freeze(world.home)

    with refused(BalanceFrozen, says="frozen"):
        deduct(world.home)
    assert not spending.check(account=world.home, operation=OPERATION, now=NOW).allowed
    assert deduct(world.home, idempotency_key="job-7").replayed


def test_a_ledger_row_needs_an_account_with_a_balance(db: None) -> None:
    nobody = Account(pk=999_999, slug="nobody", name="Nobody")

    with refused(InvalidValue, says="nobody"):
        deduct(nobody)


def test_a_post_that_fails_leaves_no_lock_and_no_trace(committed_world: World) -> None:
    with refused(InsufficientCredits):
        post(account=committed_world.other, type="deduction", amount=-501, by=None)

    assert CreditBalance.objects.get(account=committed_world.other).credits == 500


def test_refusals_are_of_one_family() -> None:
    for error in (BalanceFrozen, IdempotencyKeyReused, InsufficientCredits, UnknownOperation):
        assert issubclass(error, ServiceError)
        assert error.code != ServiceError.code
