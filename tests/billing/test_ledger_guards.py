"""Ledger and balance in the database: rows post themselves, nothing else moves a balance."""

from functools import partial

import pytest
from django.db import IntegrityError, NotSupportedError, connection, models

from billing.models import MAX_AMOUNT, CreditBalance, CreditTransaction, TransactionType
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import make_account, make_ledger_row, make_staff, open_transfer
from tests.planting import plant
from tests.sql import in_one_transaction, run

T = TransactionType
ADDS = (T.OPENING, T.TRIAL, T.SUBSCRIPTION, T.PURCHASE, T.GRANT)


def facts_of(type: str, account: Account) -> dict[str, object]:
    """What else a row of this type must have."""
    facts: dict[str, object] = {}
    if type in (T.GRANT, T.ADJUSTMENT, T.REVERSAL):
        facts |= {"created_by": make_staff(), "reason": "For a test"}
    if type == T.REVERSAL:
        facts["reverses"] = make_ledger_row(account, amount=1)
    return facts


def balance_of(account: Account) -> tuple[int, int]:
    balance = CreditBalance.objects.get(account=account)
    return balance.credits, balance.sequence


def test_a_new_account_has_an_empty_balance(db: None) -> None:
    assert balance_of(make_account()) == (0, 0)


def test_a_row_posts_itself(world: World) -> None:
    row = make_ledger_row(world.home, amount=-40, type=T.DEDUCTION)

    assert (row.sequence, row.balance_after) == (2, 960)
    assert balance_of(world.home) == (960, 2)
    assert world.home.credits == 960


@pytest.mark.parametrize("sent", [0, -1, 999_999])
def test_what_a_client_sends_as_balance_is_overwritten(world: World, sent: int) -> None:
    row = make_ledger_row(world.home, amount=10, balance_after=sent, sequence=sent)

    row.refresh_from_db()
    assert (row.sequence, row.balance_after) == (2, 1010)


ASKING = """
INSERT INTO igny8_credit_transactions (account_id, sequence, type, amount, operation, description,
                                       reason, idempotency_key, metadata)
VALUES (%s, -1, 'deduction', %s, '', '', '', %s, '{}')
"""


def test_a_row_that_asks_first_is_left_out_where_it_may_not_be_posted(world: World) -> None:
    """How a deduction is written: no error, no row, and the balance as it was."""
    run(ASKING, world.home.pk, -100, "used")
    assert balance_of(world.home) == (900, 2)

    with nothing_changes():
        run(ASKING, world.home.pk, -901, "too much")
        run(ASKING, 0, -100, "of nobody")
    CreditBalance.objects.filter(account=world.home).update(frozen=True)
    with nothing_changes():
        run(ASKING, world.home.pk, -100, "frozen")


def test_the_key_of_a_row_that_asks_is_not_used_twice(world: World) -> None:
    run(ASKING, world.home.pk, -100, "used")

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_idempotency"):
        in_one_transaction(lambda: run(ASKING, world.home.pk, -100, "used"))


def test_what_can_be_spent_after_a_row_is_kept_with_it(world: World) -> None:
    hold(world.home, 900)

    row = make_ledger_row(world.home, amount=-40, type=T.DEDUCTION, available_after=7)

    row.refresh_from_db()
    assert (row.balance_after, row.available_after) == (960, 60)


KEYED = """
INSERT INTO igny8_credit_transactions (account_id, sequence, type, amount, operation, description,
                                       reason, idempotency_key, metadata)
VALUES (%s, %s, 'deduction', -100, '', '', '', 'used', '{}')
"""


@pytest.mark.parametrize("sequence", [0, -1])
@pytest.mark.parametrize(
    "conflict",
    [
        "ON CONFLICT DO NOTHING",
        "ON CONFLICT (id) DO UPDATE SET amount = excluded.amount WHERE false",
    ],
)
def test_no_row_is_passed_over_after_it_moved_the_balance(
    world: World, sequence: int, conflict: str
) -> None:
    run(KEYED, world.home.pk, -1)

    with nothing_changes(), pytest.raises(NotSupportedError, match="ON CONFLICT"):
        run(f"{KEYED} {conflict}", world.home.pk, sequence)


def test_a_bulk_insert_that_would_pass_over_conflicts_is_refused(world: World) -> None:
    row = make_ledger_row(world.home, amount=-40, type=T.DEDUCTION, idempotency_key="used")
    again = CreditTransaction(
        account=world.home, type=T.DEDUCTION, amount=-40, idempotency_key="used"
    )

    with nothing_changes(), pytest.raises(NotSupportedError):
        in_one_transaction(
            lambda: CreditTransaction.objects.bulk_create([again], ignore_conflicts=True)
        )

    assert balance_of(world.home) == (960, row.sequence)


def test_a_frozen_account_spends_nothing_whoever_writes(world: World) -> None:
    CreditBalance.objects.filter(account=world.home).update(frozen=True)

    with nothing_changes(), pytest.raises(IntegrityError, match="are frozen"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=-40, type=T.DEDUCTION))

    assert make_ledger_row(world.home, amount=5, type=T.PURCHASE).balance_after == 1005


def test_a_bulk_insert_posts_each_row_in_order(world: World) -> None:
    rows = [
        CreditTransaction(account=account, type=T.TRIAL, amount=amount, balance_after=7, sequence=7)
        for account, amount in ((world.home, 10), (world.other, 20), (world.home, 30))
    ]

    CreditTransaction.objects.bulk_create(rows)

    kept = CreditTransaction.objects.order_by("account_id", "sequence").filter(type=T.TRIAL)
    assert [(row.account, row.sequence, row.balance_after) for row in kept] == [
        (world.home, 2, 1010),
        (world.home, 3, 1040),
        (world.other, 2, 520),
    ]
    assert balance_of(world.home) == (1040, 3)


def test_raw_sql_posts_too(world: World) -> None:
    run(
        "INSERT INTO igny8_credit_transactions (account_id, type, amount, balance_after, sequence,"
        " operation, description, reason, metadata)"
        " VALUES (%s, 'trial', 5, 1, 1, '', '', '', '{}')",
        world.home.pk,
    )

    assert balance_of(world.home) == (1005, 2)


def test_no_row_is_without_its_account(world: World) -> None:
    """There is no constraint that says so: its balance has one, and never leaves its account."""
    account = make_account(credits=5).pk
    for change, parameters, refusal in (
        ("UPDATE igny8_credit_transactions SET account_id = 0", (), "append-only"),
        ("UPDATE igny8_tenants SET id = 0 WHERE id = %s", (account,), "igny8_credit_balances"),
        ("DELETE FROM igny8_tenants WHERE id = %s", (account,), "igny8_credit_balances"),
        (
            "INSERT INTO igny8_credit_transactions"
            " (account_id, type, amount, operation, description, reason, metadata)"
            " VALUES (0, 'opening', 5, '', '', '', '{}')",
            (),
            "account 0 has no credit balance",
        ),
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match=refusal):
            run(change, *parameters)


def test_a_row_that_is_refused_leaves_the_balance_alone(world: World) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="credits_cover_holds"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=-1001, type=T.DEDUCTION))


def test_held_credits_are_not_spent(world: World) -> None:
    hold(world.home, 900)

    with nothing_changes(), pytest.raises(IntegrityError, match="credits_cover_holds"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=-101, type=T.DEDUCTION))


def test_no_balance_is_written_directly(world: World) -> None:
    balance = CreditBalance.objects.get(account=world.home)
    mine = CreditBalance.objects.filter(account=world.home)
    balance.credits = 1_000_000

    for change in (
        balance.save,
        lambda: mine.update(credits=1_000_000),
        lambda: mine.update(credits=models.F("credits") + 1),
        lambda: mine.update(sequence=5),
        lambda: mine.update(held=5),
        lambda: CreditBalance.objects.bulk_update([balance], ["credits"]),
        lambda: run("UPDATE igny8_credit_balances SET credits = credits + 1"),
        mine.delete,
        balance.delete,
        lambda: run("DELETE FROM igny8_credit_balances"),
        lambda: run("SET LOCAL igny8.allow_truncate = off; TRUNCATE igny8_credit_balances"),
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match=r"only through|append-only"):
            in_one_transaction(change)


def test_no_balance_is_moved_to_another_account(world: World) -> None:
    """Each has one already; the guard would refuse it too, but is asked after the row is there."""
    mine = CreditBalance.objects.filter(account=world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match="balances_pkey"):
        in_one_transaction(lambda: mine.update(account=world.other))

    plant("DELETE FROM igny8_credit_balances WHERE account_id = %s", world.other.pk)
    with nothing_changes(), pytest.raises(IntegrityError, match="only through the ledger"):
        in_one_transaction(lambda: mine.update(account=world.other))


def test_no_balance_is_added(world: World) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="only through the ledger"):
        run(
            "INSERT INTO igny8_credit_balances (account_id, credits, held, sequence, frozen)"
            " VALUES (%s, 500, 0, 0, false)",
            world.home.pk,
        )


def test_freezing_alone_is_allowed(world: World) -> None:
    assert CreditBalance.objects.filter(account=world.home).update(frozen=True) == 1


@pytest.mark.parametrize("type", ADDS)
def test_types_that_add_never_take(world: World, type: str) -> None:
    facts = facts_of(type, world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_sign_agrees_with_type"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=-1, type=type, **facts))
    assert make_ledger_row(world.home, amount=1, type=type, **facts).amount == 1


def test_a_deduction_never_adds(world: World) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_sign_agrees_with_type"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=1, type=T.DEDUCTION))


@pytest.mark.parametrize("amount", [1, -1])
@pytest.mark.parametrize("type", [T.ADJUSTMENT, T.REVERSAL])
def test_corrections_go_either_way(world: World, type: str, amount: int) -> None:
    facts = facts_of(type, world.home)

    assert make_ledger_row(world.home, amount=amount, type=type, **facts).amount == amount


def test_an_unknown_type_is_refused(world: World) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_sign_agrees_with_type"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=1, type="gift"))


@pytest.mark.parametrize("amount", [0, MAX_AMOUNT + 1, -MAX_AMOUNT - 1])
def test_an_amount_is_not_zero_and_not_over_ten_million(world: World, amount: int) -> None:
    staff = make_staff()

    with nothing_changes(), pytest.raises(IntegrityError, match=r"ledger_amount|credits_cover"):
        in_one_transaction(
            lambda: make_ledger_row(
                world.home, amount=amount, type=T.ADJUSTMENT, created_by=staff, reason="A test"
            )
        )


@pytest.mark.parametrize("type", [T.GRANT, T.ADJUSTMENT])
@pytest.mark.parametrize("reason", ["", " \n"], ids=["empty", "blank"])
def test_what_a_person_does_has_a_reason(world: World, type: str, reason: str) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_person_says_why"):
        in_one_transaction(
            lambda: make_ledger_row(
                world.home, amount=1, type=type, created_by=world.fiona, reason=reason
            )
        )


@pytest.mark.parametrize("type", [T.GRANT, T.ADJUSTMENT, T.REVERSAL])
def test_what_only_people_do_has_a_person(world: World, type: str) -> None:
    facts = facts_of(type, world.home) | {"created_by": None}

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_person_says_why"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=1, type=type, **facts))


@pytest.mark.parametrize("type", [T.SUBSCRIPTION, T.PURCHASE])
def test_a_payment_gives_credits_once(world: World, type: str) -> None:
    payment = open_transfer(world.other)
    make_ledger_row(world.other, amount=1000, type=T.SUBSCRIPTION, payment=payment)

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_one_credit_per_payment"):
        in_one_transaction(
            lambda: make_ledger_row(world.other, amount=1000, type=type, payment=payment)
        )


def test_a_row_is_reversed_once(world: World) -> None:
    row = make_ledger_row(world.home, amount=10)
    facts = {"type": T.REVERSAL, "created_by": world.fiona, "reason": "A test", "reverses": row}
    make_ledger_row(world.home, amount=-10, **facts)

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_reversed_once"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=-10, **facts))


def test_a_reversal_and_nothing_else_names_the_row(world: World) -> None:
    row = make_ledger_row(world.home, amount=10)
    who = {"created_by": world.fiona, "reason": "A test"}

    for facts in ({"type": T.REVERSAL}, {"type": T.ADJUSTMENT, "reverses": row}):
        make = partial(make_ledger_row, world.home, amount=1, **facts | who)
        with nothing_changes(), pytest.raises(IntegrityError, match="ledger_reversal_names_row"):
            in_one_transaction(make)


def test_a_key_is_used_once_in_an_account_for_ever(world: World) -> None:
    make_ledger_row(world.home, amount=10, idempotency_key="key")
    make_ledger_row(world.other, amount=10, idempotency_key="key")

    with nothing_changes(), pytest.raises(IntegrityError, match="ledger_idempotency"):
        in_one_transaction(lambda: make_ledger_row(world.home, amount=10, idempotency_key="key"))


def hold(account: Account, credits: int) -> None:
    """Reserve credits as the triggers of holds will, from inside a trigger."""
    plant("UPDATE igny8_credit_balances SET held = %s WHERE account_id = %s", credits, account.pk)


def test_a_balance_row_is_narrow_and_has_no_index_beside_its_key(db: None) -> None:
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "igny8_credit_balances")
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'igny8_credit_balances'")
        assert cursor.fetchone() == (["fillfactor=80"],)

    assert [name for name, facts in indexes.items() if facts["index"]] == []
