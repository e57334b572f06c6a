"""Outside of a transaction a deduction is one INSERT. It must answer as it does inside of one."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.models import CreditBalance, CreditCost, CreditTransaction, Operation
from billing.services import holds, proof, spending
from billing.services.ledger import (
    BalanceFrozen,
    IdempotencyKeyReused,
    InsufficientCredits,
    Posted,
    RequestInProgress,
)
from tenancy.errors import InvalidValue
from tenancy.models import Account
from tests.digest import nothing_changes, refused
from tests.factories import NOW, make_account
from tests.planting import freeze, plant
from tests.racing import at_once, books_agree, one_wins

KEY = "job-7"


@pytest.fixture(params=["alone", "in a transaction"])
def way(committed: None, request: pytest.FixtureRequest) -> Iterator[None]:
    around = nullcontext() if request.param == "alone" else transaction.atomic()
    with around:
        yield


@pytest.fixture
def account(way: None) -> Account:
    return make_account(credits=100)


def spend(account: Account, **overrides: object) -> Posted:
    facts = {"operation": Operation.IMAGE_GENERATION, "idempotency_key": KEY}  # costs 5 an image
    return spending.deduct(account=account, **facts | overrides)


def test_what_is_answered_is_what_was_posted(account: Account) -> None:
    posted = spend(account, units=2, description="Covers", metadata={"post": 7}, fingerprint="f")

    row = CreditTransaction.objects.get(type="deduction")
    assert not posted.replayed
    assert posted._replace(replayed=None) == Posted(
        row.pk,
        row.sequence,
        row.type,
        row.amount,
        row.balance_after,
        row.operation,
        row.description,
        row.created_at,
        row.available_after,
        None,
    )
    assert (posted.amount, posted.balance_after, posted.available) == (-10, 90, 90)
    assert (row.idempotency_key, row.metadata) == (KEY, {"post": 7, "request": "f"})
    assert (row.reason, row.created_by, row.payment) == ("", None, None)


def hold(account: Account, now: datetime) -> None:
    holds.reserve(
        account=account, operation=Operation.CLUSTERING, units=1, idempotency_key="h", now=now
    )


def test_what_is_held_is_not_available(account: Account) -> None:
    now = datetime.now(tz=UTC)
    hold(account, now)

    posted = spend(account)

    assert (posted.balance_after, posted.available) == (95, 85)
    assert holds.balance(account=account, now=now).available == 85


def test_a_hold_that_is_over_counts_until_it_is_given_back(account: Account) -> None:
    now = datetime.now(tz=UTC)
    hold(account, NOW)

    assert spend(account).available == 85
    assert holds.balance(account=account, now=now).available == 95
    holds.expire(account=account, now=now)
    assert spend(account, idempotency_key="next").available == 90


def test_the_price_is_the_tables(account: Account) -> None:
    CreditCost.objects.update_or_create(
        operation=Operation.IMAGE_GENERATION, defaults={"unit": "image", "credits": 8}
    )

    assert spend(account, units=3).amount == -24


def test_without_a_price_in_the_table_it_is_the_default(account: Account) -> None:
    CreditCost.objects.filter(operation=Operation.IMAGE_GENERATION).delete()

    assert spend(account, units=3).amount == -15


def test_a_key_that_comes_back_spends_once(account: Account) -> None:
    first = spend(account, fingerprint="f")

    with nothing_changes():
        again = spend(account, fingerprint="f", description="Another text")

    assert again == first._replace(replayed=True)
    with nothing_changes(), refused(IdempotencyKeyReused, says="used before"):
        spend(account, fingerprint="g")


def test_a_key_that_comes_back_to_an_empty_account_is_answered(account: Account) -> None:
    first = spend(account, units=20)

    assert spend(account, units=20) == first._replace(replayed=True)


@pytest.mark.parametrize(
    ("facts", "refusal", "says"),
    [
        ({"units": 21}, InsufficientCredits, "needs 105 credits"),
        ({"units": 1_000_000}, InsufficientCredits, "needs 5,000,000"),
        ({"idempotency_key": None, "units": 21}, InsufficientCredits, "needs 105"),
    ],
)
def test_what_cannot_be_spent_is_refused(
    account: Account, facts: dict, refusal: type, says: str
) -> None:
    with nothing_changes(), refused(refusal, says=says):
        spend(account, **facts)


def test_a_price_out_of_range_is_refused(account: Account) -> None:
    CreditCost.objects.update_or_create(
        operation=Operation.IMAGE_GENERATION, defaults={"unit": "image", "credits": 11}
    )

    says = "These units cost 11,000,000 credits; a call takes between 1 and 10,000,000."
    with nothing_changes(), refused(InvalidValue, says=says) as caught:
        spend(account, units=1_000_000)
    assert caught.value.facts == {"field": "units"}


def test_a_key_that_comes_back_is_answered_whatever_the_price_is_by_then(way: None) -> None:
    account = make_account(credits=5_000_000)
    first = spend(account, units=1_000_000, fingerprint="f")
    CreditCost.objects.update_or_create(
        operation=Operation.IMAGE_GENERATION, defaults={"unit": "image", "credits": 11}
    )

    assert spend(account, units=1_000_000, fingerprint="f") == first._replace(replayed=True)


def test_a_frozen_account_spends_nothing(account: Account) -> None:
    freeze(account)

    with nothing_changes(), refused(BalanceFrozen, says="frozen"):
        spend(account)


def test_nobody_spends_without_a_balance(way: None) -> None:
    with nothing_changes(), refused(InvalidValue, says="no credit balance"):
        spend(Account(pk=0, slug="nobody", name="Nobody"))


def test_a_hold_that_is_over_gives_its_credits(account: Account) -> None:
    holds.reserve(
        account=account,
        operation=Operation.IMAGE_GENERATION,
        units=20,
        idempotency_key="h",
        now=NOW - timedelta(days=2),
    )

    assert spend(account, units=20).available == 0
    assert proof.differences() == []


def test_a_text_that_is_too_long_is_an_error(committed: None) -> None:
    account = make_account(credits=100)

    with nothing_changes(), pytest.raises(DataError):
        spend(account, description="x" * 256)


def test_a_fault_of_the_ledger_is_not_taken_for_a_used_key(committed: None) -> None:
    account = make_account(credits=100)
    plant("UPDATE igny8_credit_balances SET sequence = 0 WHERE account_id = %s", account.pk)

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_sequence"):
        spend(account)


def test_ids_that_begin_again_are_told_and_not_tried_until_one_is_free(committed: None) -> None:
    account = make_account(credits=100)
    used = spend(account).transaction_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('igny8_credit_transactions', 'id'), %s, false)",
            [used],
        )

    with nothing_changes(), pytest.raises(IntegrityError, match="pkey"):
        spend(account, idempotency_key="another")


def test_one_statement_where_it_can_be_spent_and_two_where_not(committed: None) -> None:
    account = make_account(credits=9)
    for statements, refusal in ((1, None), (2, None), (2, InsufficientCredits)):
        with CaptureQueriesContext(connection) as heard:
            if refusal:
                with pytest.raises(refusal):
                    spend(account, idempotency_key="other")
            else:
                spend(account)
        assert len(heard) == statements


@pytest.mark.parametrize("wait", [True, False])
def test_one_key_from_many_at_once_spends_once(committed: None, wait: bool) -> None:
    account = make_account(credits=100)

    outcomes = at_once(*[partial(spend, account, wait=wait)] * 8)

    told = [outcome.result for outcome in outcomes if outcome.result]
    assert {type(outcome.refusal) for outcome in outcomes} <= {type(None), RequestInProgress}
    assert len(told) == 8 or not wait
    assert {posted.transaction_id for posted in told} == {told[0].transaction_id}
    assert [posted.replayed for posted in told].count(False) == 1
    assert CreditBalance.objects.get(account=account).credits == 95
    books_agree()


def test_the_last_credits_go_to_one_of_many(committed: None) -> None:
    account = make_account(credits=9)

    outcomes = at_once(*[partial(spend, account, idempotency_key=f"k{n}") for n in range(8)])

    assert one_wins(outcomes, refused_with=InsufficientCredits).amount == -5
    books_agree()
