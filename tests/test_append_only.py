"""Records that are kept as they were written: audit, histories, ledger, proofs, allocations."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from billing.models import (
    Allocation,
    CreditTransaction,
    InvoiceStatus,
    Payment,
    Place,
)
from billing.services import money_proof, proof
from tenancy.models import AuditEvent
from tests.digest import business_tables, nothing_changes
from tests.factories import (
    NOW,
    REASON,
    confirm,
    make_approval,
    make_ledger_row,
    make_line,
    make_note,
    make_site,
    make_staff,
    make_subscription,
    open_transfer,
)
from tests.sql import run
from tests.verbs import change_of_cost, change_of_limit

APPEND_ONLY = (
    "igny8_audit_events",
    "igny8_plan_history",
    "igny8_tenant_history",
    "igny8_user_history",
    "igny8_site_history",
    "igny8_credit_transactions",
    "igny8_ledger_proofs",
    "igny8_money_proofs",
    "igny8_allocations",
    "igny8_activations",
    "igny8_credit_cost_history",
    "igny8_subscription_history",
    "igny8_invoice_history",
    "igny8_payment_history",
    "igny8_grant_limit_history",
)
NEVER_DELETED = (
    "igny8_invoices",
    "igny8_payments",
    "igny8_bank_statements",
    "igny8_statement_lines",
    "igny8_approvals",
    "igny8_notes",
)


@pytest.fixture
def every_table_filled(db: None) -> Payment:
    staff = make_staff()
    payment = confirm(open_transfer(), by=staff)
    make_site(payment.account)
    payment.account.plan.save()
    staff.save()
    change_of_cost(payment.account)
    change_of_limit(payment.account)["limit"].save()
    proof.prove_ledger(now=NOW)
    money_proof.prove_money(now=NOW)
    line = make_line(Decimal("89.00"), by=staff)
    Allocation.objects.create(
        line=line,
        place=Place.PAYMENT,
        account=payment.account,
        payment=payment,
        amount=Decimal("89.00"),
        reason=REASON,
        created_at=NOW,
        created_by=staff,
    )
    make_approval(payment.account)
    make_note(payment.account)
    return payment


def second_column(table: str) -> str:
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, table)
    return description[1].name


def test_the_world_fills_every_table(every_table_filled: Payment) -> None:
    with connection.cursor() as cursor:
        for table in APPEND_ONLY + NEVER_DELETED:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608
            assert cursor.fetchone() == (True,), table


def test_no_row_is_updated(every_table_filled: Payment) -> None:
    with nothing_changes():
        for table in APPEND_ONLY:
            column = second_column(table)
            with pytest.raises(IntegrityError, match=f"{table} is append-only: UPDATE"):
                run(f"UPDATE {table} SET {column} = {column}")  # noqa: S608


def test_no_row_is_deleted(every_table_filled: Payment) -> None:
    with nothing_changes():
        for table in APPEND_ONLY + NEVER_DELETED:
            with pytest.raises(IntegrityError, match=f"{table} is append-only: DELETE"):
                run(f"DELETE FROM {table}")  # noqa: S608


def test_no_table_is_emptied_by_an_ordinary_connection(every_table_filled: Payment) -> None:
    with nothing_changes():
        for table in APPEND_ONLY + NEVER_DELETED:
            with pytest.raises(IntegrityError, match="TRUNCATE refused"):
                run(f"SET LOCAL igny8.allow_truncate = off; TRUNCATE {table} CASCADE")


def test_a_connection_that_says_so_may_empty_tables_between_tests(every_table_filled: None) -> None:
    run("TRUNCATE igny8_audit_events")

    assert not AuditEvent.objects.exists()


def test_every_history_is_append_only(db: None) -> None:
    histories = {table for table in business_tables() if table.endswith("_history")}

    assert histories - set(APPEND_ONLY) == set()


def test_the_orm_changes_no_audit_event(every_table_filled: None) -> None:
    event = AuditEvent.objects.first()
    event.reason = "Something nicer"

    for change in (
        event.save,
        event.delete,
        lambda: AuditEvent.objects.update(reason="Something nicer"),
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.bulk_update([event], ["reason"]),
    ):
        with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_orm_changes_no_ledger_row(every_table_filled: None) -> None:
    row = make_ledger_row(open_transfer().account, amount=100)
    row.amount = 100_000

    for error, change in (
        (IntegrityError, row.save),
        (IntegrityError, row.delete),
        (TypeError, lambda: CreditTransaction.objects.update(amount=100_000)),
        (TypeError, CreditTransaction.objects.all().delete),
        (TypeError, lambda: CreditTransaction.objects.bulk_update([row], ["amount"])),
    ):
        with nothing_changes(), pytest.raises(error), transaction.atomic():
            change()


def test_no_account_with_a_ledger_is_deleted(every_table_filled: Payment) -> None:
    make_subscription(open_transfer().account)

    with nothing_changes(), pytest.raises(IntegrityError):
        run("DELETE FROM igny8_tenants")


def test_a_paid_invoice_stays_though_its_status_is_all_that_moves(
    every_table_filled: Payment,
) -> None:
    invoice = every_table_filled.invoice

    assert invoice.status == InvoiceStatus.PAID
    with nothing_changes(), pytest.raises(IntegrityError):
        run("DELETE FROM igny8_invoices WHERE id = %s", invoice.pk)
