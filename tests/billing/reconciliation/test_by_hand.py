"""What was booked by hand and what the statement tells: the same money counts once."""

import pytest

from billing.models import Activation, LineState, PayerLink, PaymentStatus, Place
from billing.services.allocations import LineTaken
from billing.services.links import NotTheSameMoney
from billing.services.receipts import BankIdOnStatement, BankIdUsed, WrongAmount
from tenancy.errors import StateConflict
from tests.billing.reconciliation.acts import (
    apply,
    ignore,
    link,
    money_agrees,
    places,
    reopen,
    reverse,
    usd,
)
from tests.conftest import World
from tests.digest import refused
from tests.factories import confirm, make_line, open_transfer


def test_by_hand_a_partly_paid_transfer_takes_what_it_lacks(world: World) -> None:
    payment = open_transfer(world.other)
    apply(line=make_line(usd(40)), payment=payment)

    for amount in (89, 40, "48.99"):
        with refused(WrongAmount, says=f"{payment.reference} expects 49.00 USD"):
            confirm(payment, by=world.fiona, amount=usd(amount))
    confirm(payment, by=world.fiona, amount=usd(49), bank_transaction_id="TX-2")

    payment.refresh_from_db()
    assert (payment.status, payment.received_total) == (PaymentStatus.CONFIRMED, usd(89))
    money_agrees()

    line = make_line(usd(49), bank_transaction_id="TX-2")
    link(line=line, payment=payment)
    assert places(line) == {Place.PAYMENT: usd(49)}
    money_agrees()


def test_a_bank_id_of_an_imported_line_is_not_booked_by_hand(world: World) -> None:
    payment, line = open_transfer(world.other), make_line(usd(89), bank_transaction_id="TX-1")

    says = f"line 2025-11-11 89.00 USD (new). Apply that line to {payment.reference} instead."
    with refused(BankIdOnStatement, says=says) as caught:
        confirm(payment, by=world.fiona, bank_transaction_id=" TX-1 ")
    assert caught.value.facts == {"line": line.pk}
    ignore(line=line)
    with refused(BankIdOnStatement, says="(ignored). Its money is placed already"):
        confirm(payment, by=world.fiona, bank_transaction_id="TX-1")
    reopen(line=line)
    apply(line=line, payment=open_transfer(world.home))
    with refused(BankIdUsed):
        confirm(payment, by=world.fiona, bank_transaction_id="TX-1")


def test_the_line_of_a_confirmed_transfer_is_linked_and_activates_nothing(world: World) -> None:
    payment = confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")
    line = make_line(usd(100), bank_transaction_id="TX-1")

    allocation = link(line=line, payment=payment, by=world.fiona)

    assert (allocation.payment, allocation.amount) == (payment, usd(89))
    assert places(line) == {Place.PAYMENT: usd(89), Place.UNAPPLIED: usd(11)}
    assert Activation.objects.count() == 1
    assert PayerLink.objects.get().account == world.other
    assert line.state == LineState.SPLIT
    money_agrees()

    with refused(LineTaken):
        link(line=line, payment=payment, by=world.fiona)
    reverse(payment=payment)
    line.refresh_from_db()
    assert (line.state, line.remaining) == (LineState.NEW, usd(89))


def test_a_line_that_is_other_money_is_not_linked(world: World) -> None:
    fiona = world.fiona
    payment = confirm(open_transfer(world.other), by=fiona, bank_transaction_id="TX-1")
    other = make_line(usd(89), bank_transaction_id="TX-2")
    nameless = make_line(usd(89), bank_transaction_id=None)
    small = make_line(usd("88.99"), bank_transaction_id="TX-1")
    awaiting = open_transfer()

    with refused(NotTheSameMoney, says="confirmed with the bank id TX-1, the line has TX-2"):
        link(line=other, payment=payment, by=fiona)
    with refused(NotTheSameMoney, says="the line has none"):
        link(line=nameless, payment=payment, by=fiona)
    with refused(NotTheSameMoney, says="by hand over 89.00 USD, the line 2025-11-11 88.99 USD"):
        link(line=small, payment=payment, by=fiona)
    with refused(StateConflict, says="is awaiting, not confirmed by hand"):
        link(line=small, payment=awaiting, by=fiona)


def test_money_that_came_by_a_line_is_linked_to_no_other(world: World) -> None:
    payment, line = open_transfer(world.other), make_line(usd(200), bank_transaction_id="TX-1")
    apply(line=line, payment=payment)
    reopen(line=line)

    with refused(NotTheSameMoney, says="has all of its money from statement lines already"):
        link(line=line, payment=payment, by=world.fiona)


@pytest.mark.parametrize("first", ["link", "reverse"])
def test_linked_or_reversed_the_bank_id_pays_once(world: World, first: str) -> None:
    payment = confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")
    line = make_line(usd(89), bank_transaction_id="TX-1")
    second = open_transfer(world.home)
    if first == "link":
        link(line=line, payment=payment)
        with refused(LineTaken, says=f"89.00 USD to {payment.reference}"):
            apply(line=line, payment=second, by=world.fiona)
    else:
        reverse(payment=payment)
        apply(line=line, payment=second)
    money_agrees()
