"""Open invoices by the day they were due."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.models import Invoice, PaymentStatus
from billing.reports import receivables
from billing.reports.receivables import Age, Receivable
from billing.services.invoices import DAYS_TO_PAY
from tests.billing.reports.builders import at, paid
from tests.factories import make_account, open_transfer

pytestmark = pytest.mark.django_db
TODAY = date(2025, 12, 31)


def due(days_ago: int) -> None:
    """An open invoice over 89.00, due so many days ago."""
    open_transfer(now=at(12, 31) - timedelta(days=days_ago) - timedelta(days=DAYS_TO_PAY))


def test_each_day_is_in_one_age() -> None:
    for days in (-1, 0, 1, 7, 8, 30, 31, 60, 61, 90, 91, 800):
        due(days)

    assert {row.age: row.count for row in receivables.open_invoices(today=TODAY)} == dict.fromkeys(
        Age, 2
    )
    for age in Age:
        first, last = receivables.due_days(age, today=TODAY)
        found = Invoice.objects.filter(due_on__gte=first or date.min, due_on__lte=last or date.max)
        assert found.count() == 2


def test_what_is_owed_is_less_what_has_come() -> None:
    due(0)
    part = paid(make_account(), at(12, 30), "40.00")
    assert part.status == PaymentStatus.PARTIALLY_PAID
    open_transfer(status=PaymentStatus.CONFIRMED)
    open_transfer(status=PaymentStatus.REJECTED)

    assert receivables.open_invoices(today=TODAY) == [
        Receivable(Age.NOT_DUE, "USD", 2, Decimal("178.00"), Decimal("40.00"), Decimal("138.00"))
    ]


def test_none_and_the_queries(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert receivables.open_invoices(today=TODAY) == []
