"""Which bank transfer a line pays: every level, every reason, and what must never be ticked."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import (
    LineState,
    PayerLink,
    Payment,
    PaymentStatus,
    StatementLine,
)
from billing.services.matching import Level, Suggestion, suggest
from billing.services.references import normalise
from tenancy.models import AccountStatus, SuspensionReason
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import (
    DAY,
    NOW,
    confirm,
    make_account,
    make_allocation,
    make_line,
    make_plan,
    open_transfer,
    put,
)
from tests.planting import plant

PRICE = Decimal("89.00")
REFERENCE = "IG-7K3F-QX9M-46"
OTHER = "IG-KG6N-B8EA-83"

pytestmark = pytest.mark.django_db


def waiting(world: World, reference: str = REFERENCE, **how: object) -> Payment:
    """Home G8 is to pay 89.00 USD since 11 Nov."""
    return named(open_transfer(world.home, **how), reference)


def named(payment: Payment, reference: str) -> Payment:
    """With a reference of our choice, which a guard keeps as it was drawn."""
    plant("UPDATE igny8_payments SET reference = %s WHERE id = %s", reference, payment.pk)
    payment.refresh_from_db()
    return payment


def line_with(text: str, amount: Decimal = PRICE, **facts: object) -> StatementLine:
    return make_line(
        amount, reference_raw=text, reference_normalised=normalise(text)[:255], **facts
    )


def of(line: StatementLine) -> list[Suggestion]:
    return suggest([line])[line.pk]


def only(line: StatementLine) -> Suggestion:
    (suggestion,) = of(line)
    return suggestion


def remember(world: World, account: object, key: str = "home g8 ltd") -> None:
    PayerLink.objects.create(payer_key=key, account=account, created_at=NOW, created_by=world.fiona)


# --- Levels and their words -----------------------------------------------------------------------


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


# --- What must not be ticked ----------------------------------------------------------------------


def test_another_amount(world: World) -> None:
    waiting(world)
    for amount, says in (
        ("88.99", "0.01 USD less than the 89.00 USD outstanding"),
        ("100.00", "11.00 USD more than the 89.00 USD outstanding"),
    ):
        found = only(line_with(REFERENCE, Decimal(amount)))

        assert (found.level, found.is_ticked, found.is_usable) == (Level.EXACT, False, True)
        assert says in found.words


def test_the_amount_is_what_is_outstanding(world: World) -> None:
    waiting(world, status=PaymentStatus.PARTIALLY_PAID)

    whole, rest = line_with(REFERENCE), line_with(REFERENCE, Decimal("79.00"))

    assert not only(whole).is_ticked
    assert "10.00 USD more than the 79.00 USD outstanding" in only(whole).words
    assert only(rest).is_ticked
    assert only(rest).words.endswith("Home G8 waiting since 11 Nov, partly paid")


def test_another_currency(world: World) -> None:
    waiting(world)

    found = only(line_with(REFERENCE, currency="EUR"))

    assert (found.is_ticked, found.is_usable) == (False, False)
    assert "89.00 EUR came, 89.00 USD outstanding" in found.words
    assert found.words.endswith(
        "The money came in EUR, USD is expected: return it, or exchange it at the bank"
    )


def test_two_candidates(world: World) -> None:
    mine, theirs = waiting(world), named(open_transfer(world.other), OTHER)

    found = of(line_with(f"{REFERENCE} {OTHER}", 2 * PRICE))

    assert [each.payment for each in found] == [mine, theirs]
    assert [(each.is_ticked, each.is_usable) for each in found] == [(False, True)] * 2
    assert found[0].words.endswith(
        "The line names 2 open bank transfers, together exactly its amount: split it"
    )
    assert not any(each.is_ticked for each in of(line_with(f"{REFERENCE}{OTHER}")))


def test_an_exact_one_beside_one_with_a_slip(world: World) -> None:
    waiting(world)
    named(open_transfer(world.other), OTHER)

    found = of(line_with(f"{REFERENCE} IG-KG6N-BBEA-83"))

    assert [each.level for each in found] == [Level.EXACT, Level.ONE_EDIT]
    assert not any(each.is_ticked for each in found)


def test_a_closed_payment_is_told_with_what_can_be_done() -> None:
    for status, says in (
        (
            PaymentStatus.CONFIRMED,
            "It was confirmed on 12 Nov by {by}, so this is a second transfer: put the money on "
            "the account, or return it",
        ),
        (
            PaymentStatus.REVERSED,
            "Its confirmation of 12 Nov was reversed: open a new bank transfer, put the money on "
            "the account, or return it",
        ),
        (
            PaymentStatus.REJECTED,
            "It was rejected on 12 Nov by {by}: open a new bank transfer, put the money on the "
            "account, or return it",
        ),
    ):
        payment = open_transfer(status=status, now=NOW)

        found = only(line_with(payment.reference))

        assert (found.level, found.is_ticked, found.is_usable) == (Level.EXACT, False, False)
        by = payment.confirmed_by or payment.rejected_by
        assert found.words == (
            f"Reference {payment.reference}, of {payment.account.name}. {says.format(by=by)}"
        )


def test_a_closed_payment_leads_to_the_open_one_of_its_account(world: World) -> None:
    waiting(world, status=PaymentStatus.CONFIRMED)
    following = open_transfer(world.home)
    remember(world, world.other)
    open_transfer(world.other)

    best, closed = of(line_with(REFERENCE))

    assert (best.level, best.payment, best.is_ticked) == (Level.PAYER, following, False)
    assert best.words == (
        f"The line names IG-7K3F-QX9M-46, which is confirmed; the same account has "
        f"{following.reference} open, amount equal, Home G8 waiting since 11 Nov"
    )
    assert (closed.level, closed.is_usable) == (Level.EXACT, False)


def test_an_account_that_cannot_become_active() -> None:
    before = {"status_before": AccountStatus.ACTIVE}
    suspended = {"status": AccountStatus.SUSPENDED, "status_reason": SuspensionReason.ABUSE}
    deleted = {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW + 14 * DAY}
    for facts, says in (
        (
            before | {"status": AccountStatus.CANCELLED},
            "is cancelled. Reactivate it first, or return the money",
        ),
        (deleted, "is deleted. Restore it first"),
        (before | suspended, "was suspended by a person (abuse). Reactivate it first"),
    ):
        payment = open_transfer(make_account(status=AccountStatus.ACTIVE))
        put(payment.account, **facts)

        found = only(line_with(payment.reference))

        assert (found.is_ticked, found.is_usable) == (False, False)
        assert f"{payment.account.name} {says}" in found.words


def test_of_two_lines_for_the_same_the_older_is_ticked(world: World) -> None:
    waiting(world)
    later = line_with(REFERENCE)
    first = line_with(REFERENCE, value_date=date(2025, 11, 10))

    found = suggest([later, first])

    assert found[first.pk][0].is_ticked
    assert not found[later.pk][0].is_ticked
    assert found[later.pk][0].words.endswith(
        "The line of 10 Nov pays the same: this may be a second transfer"
    )


def test_a_held_line_is_not_ticked_and_a_line_that_is_not_open_not_told(world: World) -> None:
    payment = waiting(world)
    held = line_with(REFERENCE)
    StatementLine.objects.filter(pk=held.pk).update(state=LineState.HELD)
    held.refresh_from_db()
    lines = [held, line_with(REFERENCE, Decimal("-89.00")), line_with(REFERENCE, Decimal("0.00"))]

    found = suggest(lines)

    assert list(found) == [held.pk]
    assert (found[held.pk][0].payment, found[held.pk][0].is_ticked) == (payment, False)


def test_a_reference_that_belongs_to_nobody_is_as_good_as_none(world: World) -> None:
    waiting(world)

    assert only(line_with(OTHER)).level == Level.AMOUNT


def test_a_day_of_another_year_says_its_year(world: World) -> None:
    waiting(world)

    found = only(line_with(REFERENCE, value_date=date(2026, 1, 2)))

    assert found.words.endswith("Home G8 waiting since 11 Nov 2025")


def test_the_queries_are_the_same_for_one_line_and_for_sixty(
    world: World, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    plan = make_plan()
    kinds = ("{}", "pay {}", "no reference", "IG-2222-2222-57")
    lines = [
        line_with(kinds[number % 4].format(open_transfer(make_account(plan=plan)).reference))
        for number in range(12)
    ]
    confirm(open_transfer(world.home), by=world.fiona, bank_transaction_id="BANK-7")
    lines.append(line_with("", bank_transaction_id="BANK-7"))
    remember(world, world.home)

    for some in (lines[:1], lines):
        with django_assert_max_num_queries(5):
            found = suggest(some)
            # What a screen shows of each is there already.
            assert all(
                [way.payment.account.plan.name, way.payment.invoice.plan.name]
                for ways in found.values()
                for way in ways
            )
