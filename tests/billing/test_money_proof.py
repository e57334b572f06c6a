"""The money's proof: it finds every planted difference, names it, and repairs nothing."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client

from billing.models import MoneyProof, Payment, StatementLine
from billing.services import (
    bank_transfers,
    line_verbs,
    money_proof,
    reconciliation,
    reversals,
    splits,
    unapplied,
)
from billing.services.splits import Part
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import (
    NOW,
    REASON,
    confirm,
    make_account,
    make_line,
    make_staff,
    open_transfer,
)
from tests.planting import triggers_off

D = Decimal


@dataclass
class Books:
    """A day of Finance: every way money can go, done by the verbs."""

    by_hand: Payment
    applied: Payment  # from one line, with money left over on the account
    partly: Payment  # 30.00 of 89.00
    both: Payment  # 30.00 of 89.00 from a line, the rest confirmed by hand
    undone: Payment  # confirmed from a line and reversed
    rejected: Payment
    open: Payment
    line: StatementLine  # of `applied`: 100.00
    split: StatementLine
    held: StatementLine
    free: StatementLine  # of `undone`: open again


@pytest.fixture
def books(world: World) -> Books:
    fiona = world.fiona
    facts = {"by": fiona, "reason": REASON, "now": NOW}
    by_hand = confirm(open_transfer(make_account(slug="by-hand")), by=fiona)
    applied, line = open_transfer(make_account(slug="applied")), make_line(D("100.00"), by=fiona)
    reconciliation.apply(line=line, payment=applied, **facts)
    partly, undone = open_transfer(make_account(slug="partly")), open_transfer()
    split = make_line(D("40.00"), by=fiona)
    parts = [Part(D("30.00"), payment=partly), Part(D("10.00"), account=world.home)]
    splits.split(line=split, parts=parts, **facts)
    free = make_line(D("89.00"), by=fiona)
    reconciliation.apply(line=free, payment=undone, **facts)
    undone.refresh_from_db()
    reversals.reverse(payment=undone, **facts)
    rejected, line_of_rejected = open_transfer(), make_line(D("5.00"), by=fiona)
    reconciliation.apply(line=line_of_rejected, payment=rejected, **facts)
    bank_transfers.reject(payment=rejected, **facts)
    for amount, verb in (
        (D("1.00"), line_verbs.ignore),
        (D("2.00"), line_verbs.give_back),
    ):
        verb(line=make_line(amount, by=fiona), **facts)
    line_verbs.hold(line=make_line(D("3.00"), by=fiona), by=fiona, reason=REASON)
    make_line(D("-7.00"), by=fiona)
    make_line(D("0.00"), by=fiona)
    waiting = unapplied.of_account(world.home).get()
    unapplied.give_back(allocation=waiting, **facts)
    both = open_transfer(make_account(slug="both"))
    part = make_line(D("30.00"), by=fiona, bank_transaction_id="B")
    reconciliation.apply(line=part, payment=both, **facts)
    confirm(both, by=fiona, amount=D("59.00"), bank_transaction_id="B-2 (2)")
    opened = open_transfer(world.home)
    for one in (by_hand, applied, partly, both, undone, rejected, line, split, free):
        one.refresh_from_db()
    held = StatementLine.objects.get(state="held")
    return Books(by_hand, applied, partly, both, undone, rejected, opened, line, split, held, free)


def test_what_the_verbs_wrote_agrees(books: Books) -> None:
    found = money_proof.find()

    assert found.differences == []
    assert (found.payments, found.by_hand, found.lines) == (7, 2, 10)
    kept = money_proof.prove_money(now=NOW)
    assert (kept.at, kept.differences, kept.by_hand) == (NOW, [], 2)
    assert MoneyProof.objects.get() == kept


def test_nothing_at_all_agrees(db: None) -> None:
    assert money_proof.find() == money_proof.Found([], 0, 0, 0)


# What is planted: checks that must go for it, the statement with its object, and what is found
# there. `{0}` is the object's id.
PLANTED: dict[str, tuple[str, str, str, list[str]]] = {
    "a removed activation": (
        "",
        "DELETE FROM igny8_activations WHERE payment_id = {0}",
        "by_hand",
        [
            "it is confirmed and has 0 standing activations, not one",
            "the ledger has 1000 credits for it, nothing was activated",
        ],
    ),
    "a second activation": (
        "activation_once_per_payment",
        "INSERT INTO igny8_activations (account_id, payment_id, plan_before_id, plan_id,"
        " status_before, status_reason_before, period_start, period_end, credits, shortfall,"
        " reason, at, by_id) SELECT account_id, payment_id, plan_before_id, plan_id,"
        " status_before, status_reason_before, period_start, period_end, 0, 0, reason, at, by_id"
        " FROM igny8_activations WHERE payment_id = {0}",
        "by_hand",
        ["it is confirmed and has 2 standing activations, not one"],
    ),
    "an activation of what is not paid": (
        "",
        "UPDATE igny8_activations SET payment_id = (SELECT id FROM igny8_payments WHERE status ="
        " 'awaiting') WHERE payment_id = {0}",
        "by_hand",
        [
            "it granted 1000 credits, the ledger has 0",
            "it is awaiting and has 1 standing activations",
            "it is confirmed and has 0 standing activations, not one",
            "the ledger has 1000 credits for it, nothing was activated",
        ],
    ),
    "a reversal without its activation": (
        "",
        "DELETE FROM igny8_activations WHERE payment_id = {0} AND reverses_id IS NOT NULL",
        "undone",
        ["it is reversed and has 1 standing activations"],
    ),
    "less than was asked for": (
        "payment_confirmed_in_full",
        "UPDATE igny8_payments SET received_total = 80 WHERE id = {0}",
        "by_hand",
        ["80.00 came and 0.00 was written off, but 89.00 was asked for"],
    ),
    "more booked than the lines hold": (
        "",
        "UPDATE igny8_payments SET received_total = 31 WHERE id = {0}",
        "partly",
        ["31.00 is booked as received, the statement lines hold 30.00 for it"],
    ),
    "less from the lines than they brought": (
        "",
        "UPDATE igny8_allocations SET amount = 88 WHERE payment_id = {0} AND reverses_id IS NULL",
        "applied",
        [
            "89.00 is booked as received, the statement lines hold 88.00 for it",
            "100.00 came, 99.00 has a place, but 0.00 is said to remain",
            "it is “split”, by its allocations it is “new”",
        ],
    ),
    "more from a line than it brought": (
        "",
        "UPDATE igny8_allocations SET amount = 90 WHERE payment_id = {0}",
        "both",
        [
            "89.00 is booked as received, the statement lines hold 90.00 for it",
            "30.00 came, 90.00 has a place, but 0.00 is said to remain",
        ],
    ),
    "money of a line moved to another payment": (
        "",
        "UPDATE igny8_allocations a SET payment_id = p.id, account_id = p.account_id"
        "  FROM igny8_payments p WHERE p.id = {0} AND a.amount = 89 AND a.reverses_id IS NULL"
        "   AND a.payment_id <> (SELECT id FROM igny8_payments WHERE status = 'reversed')",
        "open",
        ["0.00 is booked as received, the statement lines hold 89.00 for it"],
    ),
    "money that stayed on a reversed payment": (
        "",
        "DELETE FROM igny8_allocations WHERE payment_id = {0} AND reverses_id IS NOT NULL",
        "undone",
        [
            "0 is booked as received, the statement lines hold 89.00 for it",
            "89.00 came, 89.00 has a place, but 89.00 is said to remain",
            "it is “new”, by its allocations it is “applied”",
        ],
    ),
    "a paid invoice without the money": (
        "",
        "UPDATE igny8_invoices SET status = 'paid', settled_at = now() WHERE id ="
        " (SELECT invoice_id FROM igny8_payments WHERE id = {0})",
        "partly",
        ["it is partially paid, its invoice {number} is paid"],
    ),
    "an open invoice that was paid": (
        "",
        "UPDATE igny8_invoices SET status = 'open', settled_at = NULL WHERE id ="
        " (SELECT invoice_id FROM igny8_payments WHERE id = {0})",
        "by_hand",
        ["it is confirmed, its invoice {number} is open"],
    ),
    "an invoice of a reversed payment that is open": (
        "",
        "UPDATE igny8_invoices SET status = 'open', settled_at = NULL WHERE id ="
        " (SELECT invoice_id FROM igny8_payments WHERE id = {0})",
        "undone",
        ["it is reversed, its invoice {number} is open"],
    ),
    "an invoice without a payment": (
        "",
        "DELETE FROM igny8_payments WHERE id = {0}",
        "open",
        ["the invoice is open and has no payment"],
    ),
    "more left of a line than came": (
        "line_state_agrees_with_money",
        "UPDATE igny8_statement_lines SET remaining = 1 WHERE id = {0}",
        "line",
        ["100.00 came, 100.00 has a place, but 1.00 is said to remain"],
    ),
    "money with a place twice": (
        "",
        "INSERT INTO igny8_allocations (line_id, place, account_id, payment_id, amount, reason,"
        " created_at, created_by_id) SELECT line_id, 'ignored', NULL, NULL, 4, reason, created_at,"
        " created_by_id FROM igny8_allocations WHERE line_id = {0} LIMIT 1",
        "line",
        ["100.00 came, 104.00 has a place, but 0.00 is said to remain"],
    ),
    "another state of a line": (
        "",
        "UPDATE igny8_statement_lines SET state = 'applied' WHERE id = {0}",
        "split",
        ["it is “applied”, by its allocations it is “split”"],
    ),
    "a held line that is done": (
        "line_state_agrees_with_money",
        "UPDATE igny8_statement_lines SET state = 'ignored' WHERE id = {0}",
        "held",
        ["it is “ignored”, by its allocations it is “new”"],
    ),
    "other credits than the activation says": (
        "",
        "UPDATE igny8_credit_transactions SET amount = 1001 WHERE payment_id = {0}",
        "by_hand",
        ["it granted 1000 credits, the ledger has 1001"],
    ),
    "credits that were not taken back": (
        "",
        "DELETE FROM igny8_credit_transactions WHERE payment_id = {0} AND type = 'reversal'",
        "undone",
        ["its reversal took back 1000 credits, the ledger 0"],
    ),
    "unapplied money below nothing": (
        "",
        "DELETE FROM igny8_allocations WHERE place = 'unapplied' AND amount > 0 AND account_id ="
        " (SELECT account_id FROM igny8_payments WHERE id = {0}) OR line_id = 0",
        "open",
        [
            "-10.00 USD of unapplied money is less than nothing",
            "40.00 came, 30.00 has a place, but 0.00 is said to remain",
            "it is “split”, by its allocations it is “new”",
        ],
    ),
}


def found_after(books: Books, check: str, sql: str, where: str) -> list[money_proof.Difference]:
    """What the proof finds once this is planted; nothing of it stays."""
    target = getattr(books, where)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if check.startswith("activation"):
                cursor.execute(f"DROP INDEX {check}")
            elif check:
                table = "payments" if check.startswith("payment") else "statement_lines"
                cursor.execute(f"ALTER TABLE igny8_{table} DROP CONSTRAINT {check}")
            with triggers_off():
                cursor.execute(sql.format(target.pk))
                assert cursor.rowcount, sql
            raise Found(money_proof.find().differences)
    except Found as found:
        return found.args[0]


class Found(Exception):
    """Carries what was found out of a transaction that must not stay."""


def test_every_planted_difference_is_found_and_named(books: Books) -> None:
    with nothing_changes():
        for name, (check, sql, where, expected) in PLANTED.items():
            found = found_after(books, check, sql, where)

            target = getattr(books, where)
            number = target.invoice.number if isinstance(target, Payment) else ""
            problems = sorted(difference.problem for difference in found)
            wanted = sorted(problem.replace("{number}", number) for problem in expected)
            if name == "money of a line moved to another payment":
                problems = [problem for problem in problems if "89.00 for it" in problem]
            assert problems == wanted, name
        _names_account_payment_and_line(books)


def _names_account_payment_and_line(books: Books) -> None:
    def first(name: str) -> money_proof.Difference:
        check, sql, where, _ = PLANTED[name]
        return found_after(books, check, sql, where)[0]

    payment = first("less than was asked for")
    assert (payment.slug, payment.account_id) == ("by-hand", books.by_hand.account_id)
    assert (payment.payment_id, payment.reference) == (books.by_hand.pk, books.by_hand.reference)
    line = first("more left of a line than came")
    assert (line.slug, line.line_id, line.payment_id) == ("applied", books.line.pk, None)
    nobodys = first("a held line that is done")
    assert (nobodys.slug, nobodys.account_id, nobodys.line_id) == ("", None, books.held.pk)


def test_the_console_shows_it_beside_the_ledgers_with_links(books: Books, client: Client) -> None:
    client.force_login(make_staff("Finance"))
    assert "The money was never proved." in client.get("/admin/").content.decode()
    money_proof.prove_money(now=NOW)
    page = client.get("/admin/").content.decode()
    assert "7 bank transfers (2 confirmed by hand), 10 statement lines, no difference." in page
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE igny8_credit_transactions SET amount = 1001 WHERE payment_id = %s",
            [books.by_hand.pk],
        )

    kept = money_proof.prove_money(now=NOW)

    assert "The money disagrees in 1 place." in client.get("/admin/").content.decode()
    shown = client.get(f"/admin/billing/moneyproof/{kept.pk}/change/").content.decode()
    assert f"/admin/billing/payment/{books.by_hand.pk}/change/" in shown
    assert f"/admin/tenancy/account/{books.by_hand.account_id}/change/" in shown
    assert "it granted 1000 credits, the ledger has 1001" in shown
