"""The serving role works, and is refused by PostgreSQL itself where records would be rewritten."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from billing.models import CreditBalance, Operation, TransactionType
from billing.services import (
    batches,
    holds,
    ledger,
    line_verbs,
    reconciliation,
    retention,
    reversals,
    spending,
)
from tests.factories import (
    DAY,
    NOW,
    expire_holds,
    make_account,
    make_line,
    open_transfer,
    put,
)

ROLE = "igny8_app_of_test"


@pytest.fixture
def serving(db):
    """Everything inside the test runs with the rights of the serving role."""
    account = make_role_and_account()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"SET ROLE {ROLE}")
    yield account
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def serving_alone(committed):
    """The same without a transaction around the test, as a call of the API has none."""
    account = make_role_and_account()
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
    yield account
    with connection.cursor() as cursor:
        cursor.execute(f"RESET ROLE; DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def make_role_and_account():
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
    call_command("grant_runtime_role", ROLE)
    account = make_account()
    ledger.post(account=account, type=TransactionType.OPENING, amount=50, by=None)
    return account


@pytest.mark.parametrize("way", ["serving", "serving_alone"])
def test_the_serving_role_spends_credits(request, way):
    serving = request.getfixturevalue(way)

    posted = spending.deduct(
        account=serving, operation=Operation.IMAGE_PROMPT_EXTRACTION, idempotency_key="one"
    )

    assert posted.balance_after == 48


def test_the_serving_role_holds_and_resolves(serving):
    facts = {"operation": Operation.CONTENT_GENERATION, "units": 700, "now": NOW}
    made = [holds.reserve(account=serving, idempotency_key=key, **facts) for key in ("a", "b", "c")]
    holds.commit(account=serving, hold_id=made[0].id, units=400, now=NOW)
    holds.release(account=serving, hold_id=made[1].id, now=NOW)

    assert expire_holds(NOW + DAY) == [made[2].id]
    assert holds.balance(account=serving, now=NOW).available == 46


@pytest.mark.parametrize("way", ["serving", "serving_alone"])
def test_the_serving_role_spends_many_at_once(request, way):
    serving = request.getfixturevalue(way)
    item = batches.Deduction(serving, Operation.IMAGE_GENERATION, "one")

    assert batches.deduct_many(items=[item])[0].posted.balance_after == 45


def test_the_serving_role_books_and_reverses_money_of_a_line(serving):
    payment, line = open_transfer(serving), make_line(Decimal("100.00"))
    people = {"by": line.statement.imported_by, "reason": "On the statement", "now": NOW}

    reconciliation.apply(line=line, payment=payment, **people)
    line_verbs.reopen(line=line, **people)
    reversals.reverse(payment=payment, **people)

    line.refresh_from_db()
    assert (line.remaining, serving.credits) == (Decimal("100.00"), 50)


def test_a_temporary_table_does_not_stand_in_for_the_balances(serving):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE igny8_credit_balances ON COMMIT DROP AS"
            " SELECT account_id, 0::bigint AS credits, 0::bigint AS held, 0::bigint AS sequence"
            "   FROM public.igny8_credit_balances"
        )
        cursor.execute(
            "INSERT INTO igny8_credit_transactions"
            " (account_id, type, amount, operation, description, reason, metadata)"
            " VALUES (%s, 'deduction', -5, '', '', '', '{}') RETURNING sequence, balance_after",
            [serving.pk],
        )
        assert cursor.fetchone() == (2, 45)
        cursor.execute("SELECT credits FROM public.igny8_credit_balances")
        assert cursor.fetchall() == [(45,)]


def test_the_serving_role_purges_and_cannot_empty_a_record_itself(serving):
    put(serving, is_deleted=True, deleted_at=NOW - 14 * DAY, restore_until=NOW)

    retention.purge(account=serving, by=None, reason="Its time was over", now=NOW)

    assert set(serving.history.values_list("name", flat=True)) == {"removed"}
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        serving.history.model.objects.update(name="removed")


def test_the_serving_role_freezes_a_balance(serving):
    assert CreditBalance.objects.filter(account=serving).update(frozen=True) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE igny8_credit_transactions SET amount = 1",
        "DELETE FROM igny8_credit_transactions",
        "TRUNCATE igny8_credit_transactions CASCADE",
        "ALTER TABLE igny8_credit_transactions DISABLE TRIGGER append_only_rows",
        "SET session_replication_role = replica",
        "UPDATE igny8_credit_balances SET credits = 1000",
        "INSERT INTO igny8_credit_balances (account_id, credits) VALUES (0, 5)",
        "DELETE FROM igny8_audit_events",
        "UPDATE igny8_tenant_history SET name = 'other'",
        "DELETE FROM igny8_invoices",
        "DELETE FROM igny8_credit_holds",
        "UPDATE igny8_credit_balances SET held = 0",
        "DELETE FROM igny8_trial_claims",
    ],
)
def test_the_serving_role_may_not_rewrite_records(serving, statement):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_an_unknown_role_is_one_clear_line(db):
    with pytest.raises(CommandError, match=r"Nothing was granted: .*nobody_at_all"):
        call_command("grant_runtime_role", "nobody_at_all")
