"""Money that waits on accounts: received, unapplied, not yet used or returned, as it stands now.

Its age is the number of days (UTC) since it was put on the account.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Min, Q, Sum, TextChoices

from billing.models import Place
from billing.reports.source import source
from billing.services import allocations

NOTHING = Decimal("0.00")


class Wait(TextChoices):
    DAYS = "days", "0 to 2 days"
    WEEK = "week", "3 to 7 days"
    MONTH = "month", "8 to 30 days"
    LONGER = "longer", "Over 30 days"


MOST_DAYS: dict[Wait, int | None] = {
    Wait.DAYS: 2,
    Wait.WEEK: 7,
    Wait.MONTH: 30,
    Wait.LONGER: None,
}


@dataclass(frozen=True)
class Unapplied:
    """Of one account, in units of `currency`; `by_wait` has every wait. `total` is their sum."""

    account_id: int
    account: str
    currency: str
    by_wait: dict[Wait, Decimal]
    total: Decimal
    oldest: datetime


def days_of(wait: Wait, *, today: date) -> tuple[date | None, date]:
    """The first and last day on which what waits so long was put there; None has no beginning."""
    waits = list(Wait)
    position = waits.index(wait)
    most, least = MOST_DAYS[wait], MOST_DAYS[waits[position - 1]] if position else -1
    return (
        None if most is None else today - timedelta(days=most),
        today - timedelta(days=least + 1),
    )


def by_account(*, today: date) -> list[Unapplied]:
    """The account with the most money first; one query."""
    sums = {}
    for wait in Wait:
        first, last = days_of(wait, today=today)
        made = Q(created_at__date__lte=last) if wait != Wait.DAYS else Q()
        if first is not None:
            made &= Q(created_at__date__gte=first)
        sums[f"wait_{wait}"] = Sum("amount", filter=made, default=NOTHING)
    rows = (
        allocations.standing()
        .using(source())
        .filter(place=Place.UNAPPLIED)
        .order_by()
        .values("account_id", "account__name", "line__currency")
        .annotate(**sums, total=Sum("amount"), oldest=Min("created_at"))
        .order_by("-total", "account_id")
    )
    return [
        Unapplied(
            account_id=row["account_id"],
            account=row["account__name"],
            currency=row["line__currency"],
            by_wait={wait: row[f"wait_{wait}"] for wait in Wait},
            total=row["total"],
            oldest=row["oldest"],
        )
        for row in rows
    ]
