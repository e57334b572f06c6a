"""Open invoices by how long they are overdue, as they stand today.

An invoice is open until its payment is confirmed, rejected or reversed. Its age is the number of
days since its due day in UTC; on the due day itself it is not overdue. What is owed is its amount
less what its payment has received in part.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, Count, F, Sum, TextChoices, Value, When

from billing.models import Invoice, InvoiceStatus
from billing.reports.source import source


class Age(TextChoices):
    NOT_DUE = "not_due", "Not overdue"
    WEEK = "week", "1 to 7 days overdue"
    MONTH = "month", "8 to 30 days overdue"
    TWO_MONTHS = "two_months", "31 to 60 days overdue"
    THREE_MONTHS = "three_months", "61 to 90 days overdue"
    LONGER = "longer", "Over 90 days overdue"


# The most days that an invoice of this age is overdue; None has no end.
MOST_DAYS: dict[Age, int | None] = {
    Age.NOT_DUE: 0,
    Age.WEEK: 7,
    Age.MONTH: 30,
    Age.TWO_MONTHS: 60,
    Age.THREE_MONTHS: 90,
    Age.LONGER: None,
}


@dataclass(frozen=True)
class Receivable:
    """Invoices of one age; money in units of `currency`. `amount` = `received` + `owed`."""

    age: Age
    currency: str
    count: int
    amount: Decimal
    received: Decimal
    owed: Decimal


def due_days(age: Age, *, today: date) -> tuple[date | None, date | None]:
    """The first and last due day of an age, both included; None where there is no end."""
    ages = list(Age)
    position = ages.index(age)
    most, least = MOST_DAYS[age], MOST_DAYS[ages[position - 1]] if position else None
    return (
        None if most is None else today - timedelta(days=most),
        None if least is None else today - timedelta(days=least + 1),
    )


def open_invoices(*, today: date) -> list[Receivable]:
    """By age, the youngest first; one query. An age without invoices has no row."""
    by_age = [
        When(due_on__gte=due_days(age, today=today)[0], then=Value(age))
        for age in Age
        if MOST_DAYS[age] is not None
    ]
    rows = (
        Invoice.objects.using(source())
        .filter(status=InvoiceStatus.OPEN)
        .order_by()
        .values_list(Case(*by_age, default=Value(Age.LONGER)), "currency")
        .annotate(
            number_of=Count("pk"),
            total=Sum("amount"),
            received=Sum(F("payment__received_total"), default=Decimal("0.00")),
        )
    )
    found = [
        Receivable(Age(age), currency, count, amount, received, amount - received)
        for age, currency, count, amount, received in rows
    ]
    return sorted(found, key=lambda row: (row.currency, list(Age).index(row.age)))
