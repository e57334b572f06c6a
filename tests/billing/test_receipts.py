"""What the bank tells of a transfer, and which of it is refused; decided ones stay decided."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import (
    PaymentStatus,
)
from billing.services import receipts
from billing.services.bank_transfers import AlreadyConfirmed
from billing.services.receipts import BankIdUsed, WrongAmount
from tenancy.errors import InvalidValue, StateConflict
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    confirm,
    make_staff,
    open_transfer,
)


def test_a_second_confirmation_is_told_who_and_when(world: World) -> None:
    payment = open_transfer(world.other)
    confirm(payment, by=world.fiona)

    with refused(
        AlreadyConfirmed, says="already confirmed by fiona@igny8.example at 2025-11-12 09:30 UTC"
    ):
        confirm(payment, by=world.sam)


def test_a_reversed_payment_is_not_confirmed_again(db: None) -> None:
    payment, staff = open_transfer(status=PaymentStatus.REVERSED), make_staff()

    with refused(AlreadyConfirmed):
        confirm(payment, by=staff)


def test_a_rejected_payment_is_not_confirmed(db: None) -> None:
    payment, staff = open_transfer(status=PaymentStatus.REJECTED), make_staff()

    with refused(StateConflict, says="was rejected by staff-"):
        confirm(payment, by=staff)


def test_a_partly_paid_payment_is_confirmed(db: None) -> None:
    payment = open_transfer(status=PaymentStatus.PARTIALLY_PAID)

    confirm(payment, by=make_staff())

    assert payment.received_total == payment.expected_amount


@pytest.mark.parametrize(
    "amount", ["0", "-89.00", "88.99", "89.01", "89.001", "89000000000", "NaN", "Infinity"]
)
def test_another_amount_is_refused(db: None, amount: str) -> None:
    payment, staff = open_transfer(), make_staff()

    with refused(WrongAmount, says=f"{payment.reference} expects 89.00 USD") as caught:
        confirm(payment, by=staff, amount=Decimal(amount))

    assert caught.value.facts == {"expected": "89.00", "received": amount}


@pytest.mark.parametrize("amount", ["89", "89.000", "8.9E+1"])
def test_the_same_amount_written_otherwise_is_the_same(db: None, amount: str) -> None:
    payment = open_transfer()

    confirm(payment, by=make_staff(), amount=Decimal(amount))

    payment.refresh_from_db()
    assert payment.received_total == Decimal("89.00")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "EUR"),
        ("currency", ""),
        ("value_date", date(2025, 11, 13)),
        ("value_date", date(2024, 11, 11)),
        ("value_date", date(1925, 11, 11)),
        ("bank_transaction_id", ""),
        ("bank_transaction_id", "  \n"),
        ("bank_transaction_id", "\u200b"),
        ("bank_transaction_id", "--"),
        ("bank_transaction_id", "TX\u200b1"),
        ("bank_transaction_id", "TX\x001"),
        ("bank_transaction_id", "x" * 101),
        ("payer", " "),
        ("payer", "\u200b"),
        ("payer", "A\x00B"),
        ("payer", "x" * 256),
    ],
)
def test_a_fact_that_cannot_be_is_refused(db: None, field: str, value: object) -> None:
    payment, staff = open_transfer(), make_staff()

    with refused(InvalidValue) as caught:
        confirm(payment, by=staff, **{field: value})

    assert caught.value.facts == {"field": field}


@pytest.mark.parametrize("value_date", [date(2025, 11, 12), date(2024, 11, 12)])
def test_today_and_a_year_ago_are_still_good(db: None, value_date: date) -> None:
    payment = open_transfer()

    confirm(payment, by=make_staff(), value_date=value_date)

    assert payment.value_date == value_date


def test_a_used_bank_id_names_the_payment_that_has_it(world: World) -> None:
    first = confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")
    second = open_transfer(world.home)

    with refused(BankIdUsed, says=f"already pays {first.reference} of TacBit") as caught:
        confirm(second, by=world.fiona, bank_transaction_id=" TX-1")

    assert caught.value.facts == {"payment": first.pk}


def test_a_bank_id_used_since_we_looked_is_refused_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")
    second = open_transfer(world.home)
    looks = iter([lambda bank_id: None, receipts.refuse_used_bank_id])
    monkeypatch.setattr(receipts, "refuse_used_bank_id", lambda bank_id: next(looks)(bank_id))

    with refused(BankIdUsed, says="already pays"):
        confirm(second, by=world.fiona, bank_transaction_id="TX-1")
