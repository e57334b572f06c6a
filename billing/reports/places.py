"""What came in on the bank, by month, and where it is now.

Incoming statement lines count in the month of the bank's value date, each with its whole amount.
Where the money is, is told as it stands now, whenever it was put there: applied to bank transfers,
unapplied on accounts, returned, ignored, or open, without a place yet. The five add up to what came
in.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from billing.models import Place, StatementLine
from billing.reports.months import Month, Months
from billing.reports.source import source
from billing.services import allocations

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class MoneyIn:
    """Lines of one month, in units of `currency`; `by_place` has every place."""

    month: Month
    currency: str
    lines: int
    came_in: Decimal
    by_place: dict[Place, Decimal]
    open: Decimal


def incoming(using: str | None = None) -> QuerySet[StatementLine]:
    return StatementLine.objects.using(using).filter(amount__gt=0)


def money_in(*, months: Months) -> list[MoneyIn]:
    """By month; two queries. A month in which nothing came in has no row."""
    using, days = source(), months.days
    lines = (
        incoming(using)
        .filter(value_date__range=days)
        .order_by()
        .values_list(TruncMonth("value_date"), "currency")
        .annotate(number_of=Count("pk"), came_in=Sum("amount"), open=Sum("remaining"))
    )
    placed: dict[tuple[date, str], dict[Place, Decimal]] = defaultdict(
        lambda: dict.fromkeys(Place, NOTHING)
    )
    for month, currency, place, amount in (
        allocations.standing()
        .using(using)
        .filter(line__value_date__range=days)
        .order_by()
        .values_list(TruncMonth("line__value_date"), "line__currency", "place")
        .annotate(total=Sum("amount"))
    ):
        placed[month, currency][Place(place)] = amount
    return sorted(
        (
            MoneyIn(
                Month.of(month), currency, number_of, came_in, placed[month, currency], remaining
            )
            for month, currency, number_of, came_in, remaining in lines
        ),
        key=lambda row: (row.month, row.currency),
    )
