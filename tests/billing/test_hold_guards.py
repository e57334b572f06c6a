"""Holds in the database: they move `held` themselves, resolve once, and stay."""

from functools import partial

import pytest
from django.db import IntegrityError, NotSupportedError, transaction

from billing.models import CreditBalance, CreditHold, CreditTransaction
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import DAY, NOW, make_account, make_hold, make_ledger_row
from tests.sql import run


def held(account: Account) -> int:
    return CreditBalance.objects.get(account=account).held


def resolve(hold: CreditHold, status: str = "released", **facts: object) -> None:
    CreditHold.objects.filter(pk=hold.pk).update(status=status, resolved_at=NOW, **facts)


def test_a_hold_moves_held_whoever_writes_it(world: World) -> None:
    hold = make_hold(world.home)
    assert (held(world.home), held(world.other)) == (10, 0)

    resolve(hold)

    assert held(world.home) == 0


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"amount": 1001}, "credits_cover_holds"),
        ({"amount": 0}, "hold_amount_range"),
        ({"amount": -5}, "hold_amount_range|credits_cover_holds"),
        ({"expires_at": NOW}, "hold_expires_later"),
        ({"status": "released", "resolved_at": NOW}, "it begins as held"),
        ({"resolved_at": NOW}, "hold_resolved_has_time"),
        ({"committed_amount": 5}, "hold_committed_has_row"),
    ],
)
def test_a_wrong_hold_is_refused(world: World, facts: dict[str, object], constraint: str) -> None:
    with (
        nothing_changes(),
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
    ):
        make_hold(world.home, **facts)


def test_a_hold_needs_an_account_with_a_balance(db: None) -> None:
    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
        make_hold(Account(pk=999_999))


def test_no_hold_is_passed_over_after_it_took_credits(world: World) -> None:
    hold = make_hold(world.home)
    hold.pk = None

    with nothing_changes(), pytest.raises(NotSupportedError), transaction.atomic():
        CreditHold.objects.bulk_create([hold], ignore_conflicts=True)


def test_a_key_makes_one_hold_of_an_account(world: World) -> None:
    make_hold(world.home, idempotency_key="job-7")
    make_hold(world.other, idempotency_key="job-7")

    with (
        nothing_changes(),
        pytest.raises(IntegrityError, match="hold_idempotency"),
        transaction.atomic(),
    ):
        make_hold(world.home, idempotency_key="job-7")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 5},
        {"units": 5},
        {"operation": "clustering"},
        {"unit_credits": 2},
        {"unit": "fixed"},
        {"expires_at": NOW + 2 * DAY},
        {"created_at": NOW - DAY},
        {"idempotency_key": "other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_set_aside_is_never_edited(world: World, change: dict[str, object]) -> None:
    hold = make_hold(world.home)

    for edit in (
        lambda: CreditHold.objects.filter(pk=hold.pk).update(**change),
        lambda: resolve(hold, **change),
    ):
        with (
            nothing_changes(),
            pytest.raises(IntegrityError, match="never edited"),
            transaction.atomic(),
        ):
            edit()


def test_a_hold_stays_with_its_account(world: World) -> None:
    hold = make_hold(world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match="never edited"):
        run("UPDATE igny8_credit_holds SET account_id = %s", world.other.pk)
    assert held(world.home) == hold.amount


@pytest.mark.parametrize("first", ["released", "expired"])
@pytest.mark.parametrize("then", ["held", "committed", "released", "expired"])
def test_a_hold_resolves_once(world: World, first: str, then: str) -> None:
    hold = make_hold(world.home)
    resolve(hold, first)

    with (
        nothing_changes(),
        pytest.raises(IntegrityError, match=f"no step from {first} to {then}"),
        transaction.atomic(),
    ):
        resolve(hold, then)


def test_an_update_that_resolves_nothing_is_refused(world: World) -> None:
    make_hold(world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match="no step from held to held"):
        run("UPDATE igny8_credit_holds SET status = 'held'")


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"committed_units": 5, "committed_amount": 5},
        {"committed_units": 5, "committed_amount": 11},
        {"committed_units": 0, "committed_amount": 5},
    ],
)
def test_a_commit_names_its_row_and_takes_no_more(world: World, facts: dict[str, object]) -> None:
    hold = make_hold(world.home)
    if len(facts) == 2 and facts["committed_amount"] != 5:
        facts = facts | {"transaction": make_ledger_row(world.home, amount=-5, type="deduction")}

    with (
        nothing_changes(),
        pytest.raises(IntegrityError, match="hold_committed_has_row"),
        transaction.atomic(),
    ):
        resolve(hold, "committed", **facts)


def test_a_row_commits_one_hold(world: World) -> None:
    row = make_ledger_row(world.home, amount=-5, type="deduction")
    facts = {"committed_units": 500, "committed_amount": 5, "transaction": row}
    resolve(make_hold(world.home), "committed", **facts)

    second = make_hold(world.home)

    with (
        nothing_changes(),
        pytest.raises(IntegrityError, match="transaction_id"),
        transaction.atomic(),
    ):
        resolve(second, "committed", **facts)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE igny8_credit_balances SET held = held + 1",
        "UPDATE igny8_credit_balances SET held = 0",
        "UPDATE igny8_credit_balances SET credits = credits + 1",
        "DELETE FROM igny8_credit_balances",
    ],
)
def test_held_changes_through_holds_alone(world: World, statement: str) -> None:
    make_hold(world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match="only through the ledger"):
        run(statement)


def test_a_deduction_cannot_take_held_credits_even_past_the_service(db: None) -> None:
    account = make_account(credits=10)
    make_hold(account)

    with (
        nothing_changes(),
        pytest.raises(IntegrityError, match="credits_cover_holds"),
        transaction.atomic(),
    ):
        CreditTransaction.objects.create(account=account, type="deduction", amount=-1)


def test_no_hold_is_deleted(world: World) -> None:
    hold = make_hold(world.home)

    for change in (
        partial(run, "DELETE FROM igny8_credit_holds"),
        partial(run, "SET LOCAL igny8.allow_truncate = off; TRUNCATE igny8_credit_holds"),
        hold.delete,
    ):
        with (
            nothing_changes(),
            pytest.raises(IntegrityError, match="igny8_credit_holds is append-only"),
            transaction.atomic(),
        ):
            change()
