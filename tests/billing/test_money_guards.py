"""Invoices, payments and limits in the database."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from billing.models import GrantLimit, Invoice, InvoiceStatus, Payment, PaymentStatus, Subscription
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import (
    NOW,
    confirm,
    make_account,
    make_group,
    make_plan,
    make_staff,
    make_subscription,
    open_transfer,
)
from tests.sql import in_one_transaction


def change(objects: object, **facts: object) -> None:
    in_one_transaction(lambda: objects.update(**facts))


@pytest.mark.parametrize(
    "facts",
    [
        {"number": "2025-99999"},
        {"amount": Decimal("1.00")},
        {"included_credits": 1},
        {"currency": "EUR"},
        {"issued_on": date(2025, 1, 1)},
        {"due_on": date(2026, 1, 1)},
    ],
    ids=lambda facts: next(iter(facts)),
)
@pytest.mark.parametrize("status", [PaymentStatus.AWAITING, PaymentStatus.CONFIRMED])
def test_what_was_issued_is_never_edited(db: None, status: str, facts: dict[str, object]) -> None:
    open_transfer(status=status)

    with nothing_changes(), pytest.raises(IntegrityError, match="what was issued is never edited"):
        change(Invoice.objects, **facts)


def test_an_invoice_keeps_its_account_and_plan(db: None) -> None:
    open_transfer()
    account, plan = make_account(), make_plan()

    for facts in ({"account": account}, {"plan": plan}):
        with nothing_changes(), pytest.raises(IntegrityError, match="is never edited"):
            change(Invoice.objects, **facts)


@pytest.mark.parametrize("status", [InvoiceStatus.OPEN, InvoiceStatus.PAID])
def test_a_void_invoice_stays_void(db: None, status: str) -> None:
    open_transfer(status=PaymentStatus.REJECTED)
    settled_at = NOW if status == InvoiceStatus.PAID else None

    with nothing_changes(), pytest.raises(IntegrityError, match="stays void"):
        change(Invoice.objects, status=status, settled_at=settled_at)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("invoice_settled_has_time", {"status": InvoiceStatus.PAID}),
        ("invoice_settled_has_time", {"settled_at": NOW}),
        ("invoice_settled_has_time", {"status": "lost", "settled_at": NOW}),
    ],
)
def test_the_facts_of_an_invoice_agree(db: None, constraint: str, facts: dict[str, object]) -> None:
    open_transfer()

    with nothing_changes(), pytest.raises(IntegrityError, match=constraint):
        change(Invoice.objects, **facts)


def test_an_invoice_is_not_due_before_it_is_issued(db: None) -> None:
    invoice = open_transfer().invoice
    invoice.pk, invoice.number, invoice._state.adding = None, "2025-77777", True
    invoice.due_on = date(2025, 1, 1)

    with nothing_changes(), pytest.raises(IntegrityError, match="invoice_due_after_issue"):
        in_one_transaction(invoice.save)


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize(
    "facts",
    [
        {"expected_amount": Decimal("1.00")},
        {"currency": "EUR"},
        {"reference": "IG-2222-2222-22"},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_what_was_asked_for_is_never_edited(
    db: None, status: str, facts: dict[str, object]
) -> None:
    open_transfer(status=status)

    with nothing_changes(), pytest.raises(IntegrityError, match="what was asked for is never"):
        change(Payment.objects, **facts)


@pytest.mark.parametrize("status", [PaymentStatus.CONFIRMED, PaymentStatus.REVERSED])
@pytest.mark.parametrize(
    "facts",
    [
        {"received_total": Decimal("1.00")},
        {"value_date": date(2025, 1, 1)},
        {"bank_transaction_id": "OTHER"},
        {"confirmed_at": NOW.replace(year=2024)},
        {"confirmed_by": None},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_confirmed_facts_are_never_edited(db: None, status: str, facts: dict[str, object]) -> None:
    open_transfer(status=status)

    with nothing_changes(), pytest.raises(IntegrityError, match="confirmed facts are never"):
        change(Payment.objects, **facts)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("payment_confirmed_has_facts", {"status": PaymentStatus.CONFIRMED}),
        ("payment_confirmed_has_facts", {"confirmed_at": NOW}),
        ("payment_rejected_has_facts", {"status": PaymentStatus.REJECTED}),
        ("payment_rejected_has_facts", {"rejected_at": NOW}),
        ("payment_received_in_range", {"received_total": Decimal("-0.01")}),
        ("payment_received_in_range", {"received_total": Decimal("89.01")}),
    ],
)
def test_the_facts_of_a_payment_agree(db: None, constraint: str, facts: dict[str, object]) -> None:
    open_transfer()

    with nothing_changes(), pytest.raises(IntegrityError, match=constraint):
        change(Payment.objects, **facts)


def test_an_account_waits_for_one_payment(db: None) -> None:
    first = open_transfer()
    invoice = Invoice.objects.create(
        number="2025-77777",
        account=first.account,
        plan=first.invoice.plan,
        included_credits=1,
        amount=Decimal("1.00"),
        issued_on=NOW.date(),
        due_on=NOW.date(),
    )
    facts = {"invoice": invoice, "expected_amount": Decimal("1.00"), "opened_at": NOW}

    with nothing_changes(), pytest.raises(IntegrityError, match="payment_one_open_per_account"):
        in_one_transaction(
            lambda: Payment.objects.create(account=first.account, reference="two", **facts)
        )
    with nothing_changes(), pytest.raises(IntegrityError, match="payment_invoice_same_account"):
        in_one_transaction(
            lambda: Payment.objects.create(account=make_account(), reference="two", **facts)
        )


def test_a_bank_id_is_booked_once(db: None) -> None:
    confirm(open_transfer(), by=make_staff(), bank_transaction_id="TX-1")
    second = confirm(open_transfer(), by=make_staff(), bank_transaction_id="TX-2")

    with nothing_changes(), pytest.raises(IntegrityError):
        change(Payment.objects.filter(pk=second.pk), bank_transaction_id="TX-1")


def test_a_reference_is_unique_for_ever(db: None) -> None:
    rejected = open_transfer(status=PaymentStatus.REJECTED)
    second = open_transfer()

    with nothing_changes(), pytest.raises(IntegrityError):
        change(Payment.objects.filter(pk=second.pk), reference=rejected.reference)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("subscription_period_forward", {"current_period_end": NOW.replace(year=2020)}),
        ("subscription_stripe_id_given", {"payment_method": "stripe"}),
    ],
)
def test_the_facts_of_a_subscription_agree(
    world: World, constraint: str, facts: dict[str, object]
) -> None:
    make_subscription(world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match=constraint):
        change(Subscription.objects, **facts)


def test_a_days_limit_covers_one_grant(db: None) -> None:
    make_group("Support")

    with nothing_changes(), pytest.raises(IntegrityError, match="grant_limit_day_covers_one"):
        change(GrantLimit.objects.filter(group__name="Support"), per_day=199)
