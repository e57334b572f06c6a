"""Which suggestions must never be ticked in advance, and what is said about them."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import LineState, PaymentStatus, StatementLine
from billing.services.matching import Level, suggest
from tenancy.models import AccountStatus, SuspensionReason
from tests.billing.matching import (
    OTHER,
    PRICE,
    REFERENCE,
    line_with,
    named,
    of,
    only,
    remember,
    waiting,
)
from tests.conftest import World
from tests.factories import DAY, NOW, confirm, make_account, make_plan, open_transfer, put

pytestmark = pytest.mark.django_db


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
