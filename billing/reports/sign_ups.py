"""Who signed up and who began to pay, by month.

A sign-up is an account that was created, in the month in which that was, whatever became of it. A
conversion is the first month that an account paid for, in the month in which its payment was
confirmed; a confirmation that was reversed converts nobody. The system's own accounts are neither.
"""

from dataclasses import dataclass

from django.db.models import (
    Count,
    DateField,
    Exists,
    OuterRef,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, TruncMonth

from billing.models import Activation
from billing.reports.months import Month, Months
from billing.reports.source import source
from tenancy.models import Account


@dataclass(frozen=True)
class SignUps:
    month: Month
    signed_up: int
    converted: int


def signed_up_in(months: Months, using: str | None = None) -> QuerySet[Account]:
    return Account.objects.using(using).filter(
        is_system=False, created_at__gte=months.start, created_at__lt=months.end
    )


def converted_in(months: Months, using: str | None = None) -> QuerySet[Activation]:
    """The activations that converted their accounts, one of each account."""
    standing = Activation.objects.filter(reverses=None, reversed_by=None)
    earlier = standing.filter(account=OuterRef("account"), pk__lt=OuterRef("pk"))
    return standing.using(using).filter(
        ~Exists(earlier), account__is_system=False, at__gte=months.start, at__lt=months.end
    )


def by_month(*, months: Months) -> list[SignUps]:
    """Every month, the first first; one query."""
    using = source()
    signed_up = _counted(signed_up_in(months, using), "created_at", "signed_up")
    converted = _counted(converted_in(months, using), "at", "converted")
    found: dict[tuple[Month, str], int] = {
        (Month.of(first), what): number
        for first, what, number in signed_up.union(converted, all=True)
    }
    return [
        SignUps(month, found.get((month, "signed_up"), 0), found.get((month, "converted"), 0))
        for month in months
    ]


def _counted(rows: QuerySet, at: str, what: str) -> QuerySet:
    month = Cast(TruncMonth(at), DateField())
    return (
        rows.order_by()
        .annotate(month=month, what=Value(what))
        .values_list("month", "what")
        .annotate(number=Count("pk"))
    )
