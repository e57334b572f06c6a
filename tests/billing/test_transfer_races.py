"""The same money moved twice at the same moment, on a database that really commits.

Beside each race stands what the code would be without its lock. It must fail the same assertion:
that shows that the race took place and that the assertion sees it.
"""

from functools import partial

import pytest

from billing.models import (
    CreditTransaction,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    TransactionType,
)
from billing.services import bank_transfers
from billing.services.bank_transfers import AlreadyConfirmed, AlreadyOpen
from billing.services.ledger import post
from billing.services.receipts import BankIdUsed
from tenancy.errors import StateConflict
from tenancy.models import Account, AccountStatus, AuditEvent, User
from tenancy.records import record
from tests.conftest import World
from tests.factories import NOW, REASON, confirm, make_plan, make_staff, open_transfer
from tests.racing import Meeting, Outcome, a_copy, at_once, books_agree, one_wins

CALLERS = 8


# Eight people confirm one transfer.


def confirmed_once(outcomes: list[Outcome], payment: Payment) -> None:
    winner = one_wins(outcomes, refused_with=AlreadyConfirmed)
    account = a_copy(payment.account)
    told = f"already confirmed by {winner.confirmed_by.email} at 2025-11-12 09:30 UTC"
    assert all(told in outcome.refusal.message for outcome in outcomes if outcome.refusal)
    assert (account.status, account.credits) == (AccountStatus.ACTIVE, 1000)
    assert AuditEvent.objects.filter(verb="bank_transfer_confirmed").count() == 1
    assert AuditEvent.objects.filter(verb="account_activated").count() == 1
    assert CreditTransaction.objects.count() == 1
    books_agree()


def confirm_without_a_lock(payment: Payment, *, by: User, meeting: Meeting) -> Payment:
    if payment.status == PaymentStatus.CONFIRMED:
        raise AlreadyConfirmed("already confirmed")
    meeting.wait()
    payment.status, payment.confirmed_by, payment.confirmed_at = "confirmed", by, NOW
    payment.value_date, payment.bank_transaction_id = NOW.date(), "TX-1"
    payment.received_total = payment.expected_amount
    payment.save()
    Account.objects.filter(pk=payment.account_id).update(status=AccountStatus.ACTIVE)
    post(account=payment.account, type=TransactionType.TRIAL, amount=1000, by=None)
    record("bank_transfer_confirmed", by=by, reason=REASON, target=payment, account=payment.account)
    return payment


def test_of_eight_confirmations_one_counts(committed: None) -> None:
    payment = open_transfer()
    people = [make_staff() for _ in range(CALLERS)]

    outcomes = at_once(*(partial(confirm, a_copy(payment), by=person) for person in people))

    confirmed_once(outcomes, payment)


def test_without_the_lock_all_eight_count(committed: None) -> None:
    payment, meeting, fiona = open_transfer(), Meeting(CALLERS), make_staff()
    naive = partial(confirm_without_a_lock, by=fiona, meeting=meeting)

    outcomes = at_once(*(partial(naive, a_copy(payment)) for _ in range(CALLERS)))

    with pytest.raises(AssertionError, match="8 of 8 got through"):
        confirmed_once(outcomes, payment)
    assert a_copy(payment.account).credits == 8000


# One transfer is confirmed and rejected.


def decided_once(outcomes: list[Outcome], payment: Payment) -> None:
    payment = a_copy(payment)
    confirmed = payment.status == PaymentStatus.CONFIRMED
    one_wins(outcomes, refused_with=StateConflict if not confirmed else AlreadyConfirmed)
    assert payment.invoice.status == (InvoiceStatus.PAID if confirmed else InvoiceStatus.VOID)
    assert payment.account.credits == (1000 if confirmed else 0)
    assert (payment.account.status == AccountStatus.ACTIVE) == confirmed
    books_agree()


@pytest.mark.parametrize("_", range(3))
def test_a_transfer_is_either_confirmed_or_rejected(committed: None, _: int) -> None:
    payment, staff = open_transfer(), make_staff()
    reject = partial(bank_transfers.reject, by=staff, reason=REASON, now=NOW)

    outcomes = at_once(
        partial(confirm, a_copy(payment), by=staff),
        partial(reject, payment=a_copy(payment)),
    )

    decided_once(outcomes, payment)


def test_without_the_lock_it_is_both(committed: None) -> None:
    payment, meeting, fiona = open_transfer(), Meeting(2), make_staff()

    def reject_without_a_lock(payment: Payment) -> None:
        invoice = payment.invoice
        meeting.wait()
        invoice.status, invoice.settled_at = InvoiceStatus.VOID, NOW
        invoice.save()

    outcomes = at_once(
        partial(confirm_without_a_lock, a_copy(payment), by=fiona, meeting=meeting),
        partial(reject_without_a_lock, a_copy(payment)),
    )

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        decided_once(outcomes, payment)


# Two transfers are paid by one bank id.


def booked_once(outcomes: list[Outcome], holders: list[object]) -> None:
    one_wins(outcomes, refused_with=BankIdUsed)
    assert len(holders) == 1
    books_agree()


def test_a_bank_id_pays_one_of_two_transfers(committed: None) -> None:
    staff = make_staff()
    calls = [
        partial(confirm, a_copy(open_transfer()), by=staff, bank_transaction_id="TX-1")
        for _ in range(2)
    ]

    outcomes = at_once(*calls)

    booked_once(outcomes, list(Payment.objects.filter(bank_transaction_id="TX-1")))


def test_looked_up_and_then_booked_it_pays_both(committed: None) -> None:
    booked, meeting = [], Meeting(2)

    def book() -> None:
        if "TX-1" in booked:
            raise BankIdUsed("used")
        meeting.wait()
        booked.append("TX-1")

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        booked_once(at_once(book, book), booked)


# One account asks twice.


def asked_once(outcomes: list[Outcome], asked: list[object]) -> None:
    one_wins(outcomes, refused_with=AlreadyOpen)
    assert len(asked) == 1


def test_of_two_openings_one_counts(committed_world: World) -> None:
    plan = make_plan()
    ask = partial(bank_transfers.open, plan=plan, by=None, reason=REASON, now=NOW)

    outcomes = at_once(*(partial(ask, account=a_copy(committed_world.other)) for _ in range(2)))

    asked_once(outcomes, list(Payment.objects.all()))


def test_looked_up_and_then_opened_both_count(committed: None) -> None:
    opened, meeting = [], Meeting(2)

    def ask() -> None:
        if opened:
            raise AlreadyOpen("open")
        meeting.wait()
        opened.append("payment")

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        asked_once(at_once(ask, ask), opened)
