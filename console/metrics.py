"""The dashboard's figures: the reports' own, of the last months, asked at most every 5 minutes.

No figure is worked out here. Ledger rows are never changed, so what a month that is over has used
is kept for a day, and only the running month is summed again.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from billing.reports import cash, credits, mrr, sign_ups
from billing.reports.cash import Cash
from billing.reports.credits import Used
from billing.reports.months import Month, Months
from billing.reports.mrr import End
from billing.reports.sign_ups import SignUps

SHOWN = 6  # months
KEPT_FOR = 300  # seconds
CLOSED_KEPT_FOR = 86_400  # seconds
# Raised when the classes below change: a cache outlives a release.
VERSION = 1


@dataclass(frozen=True)
class Figures:
    """As of `at`. Rows as billing.reports gives them; `used` without months that used nothing."""

    at: datetime
    months: Months
    mrr: list[End]
    cash: list[Cash]
    used: list[Used]
    sign_ups: list[SignUps]


def figures(*, now: datetime) -> Figures:
    """The running month and those before it; four queries where nothing is kept, none else."""
    months = Months.up_to(Month.of(now), SHOWN)
    key = f"metrics:{VERSION}:{months.last}"
    found = cache.get(key)
    if found is None:
        found = Figures(
            at=now,
            months=months,
            mrr=mrr.ends(months=months, now=now),
            cash=cash.received(months=months),
            used=_used(months),
            sign_ups=sign_ups.by_month(months=months),
        )
        cache.set(key, found, KEPT_FOR)
    return found


def _used(months: Months) -> list[Used]:
    key = f"metrics:{VERSION}:used:{months.last}"
    closed = cache.get(key)
    if closed is not None:
        return closed + credits.used(months=Months(months.last, months.last))
    rows = credits.used(months=months)
    cache.set(key, [row for row in rows if row.month != months.last], CLOSED_KEPT_FOR)
    return rows
