"""Which bank transfer a line pays: every level and every reason."""

from decimal import Decimal

import pytest

from billing.models import PayerLink
from billing.services.matching import Level
from tests.billing.matching import REFERENCE, line_with, of, only, remember, waiting
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import (
    DAY,
    NOW,
    confirm,
    make_account,
    make_allocation,
    make_plan,
    open_transfer,
)

pytestmark = pytest.mark.django_db


def test_an_exact_reference_with_its_amount_is_ticked(world: World) -> None:
    payment, line = waiting(world), line_with(f"Invoice {REFERENCE}, thank you")

    with nothing_changes():
        found = only(line)

    assert (found.level, found.payment, found.is_ticked) == (Level.EXACT, payment, True)
    assert found.words == ("Reference IG-7K3F-QX9M-46, amount equal, Home G8 waiting since 11 Nov")


def test_a_reference_spelled_otherwise_is_ticked_too(world: World) -> None:
    waiting(world)
    for text in (
        "ig-7k3f-qx9m-46",
        "IG 7K3F QX9M 46",
        "IG7K3FQX9M46",
        "INVOICEIG7K3F-QX9M-46THANKS",
        "EREF+NOTPROVIDED SVWZ+IG-7K3F-\nQX9M-46 HOME G8",
        "ig – 7k3f – qx9m – 46",
    ):
        found = only(line_with(text))

        assert (found.level, found.is_ticked) == (Level.NORMALISED, True), text
        assert found.words.startswith("Reference IG-7K3F-QX9M-46, spelled otherwise, amount equal,")


def test_a_slip_is_said_and_never_ticked(world: World) -> None:
    waiting(world)
    for text, slip in (
        ("IG-7K3F-OX9M-46", "one character differs (O for Q)"),
        ("IG-7K3F-X9M-46", "one character is missing (Q)"),
        ("IG-7K3F-QQX9M-46", "one character too many (Q)"),
        ("IG-7KF3-QX9M-46", "two characters are swapped (F3 for 3F)"),
        ("IG-7K3F-QX9M-64", "two characters are swapped (64 for 46)"),
        ("1G-7K3F-QX9M-46", "one character differs (1 for I)"),
        ("7K3F QX9M 46", "written without IG"),
    ):
        found = only(line_with(text))

        assert (found.level, found.is_ticked, found.is_usable) == (Level.ONE_EDIT, False, True)
        assert found.words == (
            f"Reference IG-7K3F-QX9M-46, {slip}, amount equal, Home G8 waiting since 11 Nov"
        )


def test_a_known_payer_with_the_amount(world: World) -> None:
    payment = waiting(world)
    remember(world, world.home)

    found = only(line_with("Invoice of November"))

    assert (found.level, found.payment, found.is_ticked) == (Level.PAYER, payment, False)
    assert found.words == (
        "Home G8 Ltd has paid for Home G8 before, amount equal, IG-7K3F-QX9M-46 waiting since "
        "11 Nov"
    )


def test_a_payer_is_known_by_iban_and_forgotten_once_cut(world: World) -> None:
    waiting(world)
    remember(world, world.home, key="GB82WEST12345698765432")
    line = line_with("", payer_iban="GB82 WEST 1234 5698 7654 32")
    assert only(line).level == Level.PAYER

    PayerLink.objects.update(cut_at=NOW, cut_by=world.fiona)

    assert only(line).level == Level.AMOUNT


def test_a_payer_of_two_accounts_names_both_and_ticks_none(world: World) -> None:
    mine, theirs = waiting(world), open_transfer(world.other)
    remember(world, world.home)
    remember(world, world.other)

    found = of(line_with("Invoices"))

    assert [each.payment for each in found] == [mine, theirs]
    assert [each.is_ticked for each in found] == [False, False]
    assert "has paid for 2 accounts before, Home G8 among them" in found[0].words


def test_a_payer_with_another_amount_is_no_suggestion(world: World) -> None:
    waiting(world)
    remember(world, world.home)

    assert of(line_with("", Decimal("70.00"))) == []


def test_the_amount_alone(world: World) -> None:
    waiting(world)

    found = only(line_with("Thank you"))

    assert (found.level, found.is_ticked) == (Level.AMOUNT, False)
    assert found.words == (
        "Amount equal and nothing else (no other is open over it): IG-7K3F-QX9M-46, Home G8 "
        "waiting since 11 Nov"
    )


def test_of_many_with_the_amount_the_oldest_five_are_told(world: World) -> None:
    plan = make_plan()
    payments = [
        open_transfer(make_account(plan=plan), now=NOW - days * DAY) for days in (7, 6, 5, 4, 3, 2)
    ]

    found = of(line_with(""))

    assert [each.payment for each in found] == payments[:5]
    assert "(as with 5 others)" in found[0].words
    assert not any(each.is_ticked for each in found)


def test_what_was_booked_by_hand_is_to_be_linked(world: World) -> None:
    payment = confirm(waiting(world), by=world.fiona, bank_transaction_id="BANK-7")

    found = only(line_with(REFERENCE, bank_transaction_id="BANK-7"))

    assert (found.level, found.payment) == (Level.BOOKED, payment)
    assert (found.is_ticked, found.is_usable) == (False, True)
    assert found.words == (
        "Booked by hand on 12 Nov by fiona@igny8.example with this bank id: IG-7K3F-QX9M-46 of "
        "Home G8, amount equal. Link the line to it; nothing is activated again"
    )


def test_booked_by_hand_on_another_payment_stops_the_named_one(world: World) -> None:
    confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="BANK-7")
    payment = waiting(world)

    booked, by_name = of(line_with(REFERENCE, bank_transaction_id="BANK-7"))

    assert (booked.level, booked.payment.account) == (Level.BOOKED, world.other)
    assert (by_name.payment, by_name.is_usable, by_name.is_ticked) == (payment, False, False)
    assert by_name.words.endswith("The bank id of the line was booked by hand already")


def test_booked_by_hand_over_more_money_cannot_be_linked(world: World) -> None:
    confirm(waiting(world), by=world.fiona, bank_transaction_id="BANK-7")

    found = only(line_with("", Decimal("80.00"), bank_transaction_id="BANK-7"))

    assert not found.is_usable
    assert "9.00 USD less than the 89.00 USD booked. Reverse that confirmation" in found.words


def test_what_a_line_paid_already_is_not_booked_by_hand(world: World) -> None:
    payment = confirm(waiting(world), by=world.fiona, bank_transaction_id="BANK-7")
    make_allocation(line_with("", bank_transaction_id="BANK-8"), payment)

    found = only(line_with(REFERENCE, bank_transaction_id="BANK-7"))

    assert (found.level, found.is_usable) == (Level.EXACT, False)
