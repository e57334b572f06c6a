"""How fast an account spends: its balance day by day, and how long what is left will last.

Found by halving along the numbers of the ledger's rows, which the index of the account has: a
balance at some time costs twenty looks into a ledger of a million rows and four into one of ten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from billing.models import CreditBalance, TransactionType

DAYS = 30
DAY = timedelta(days=1)
# Rows added up for the rate. Where a month has more, fewer days tell the rate as well.
MOST_ADDED = 20_000
# Days told as such; further ahead than a year nobody plans.
MOST_DAYS = 365

BALANCES = """
WITH RECURSIVE found(at, low, high) AS (
    SELECT at, 0::bigint, %(newest)s::bigint
      FROM unnest(%(moments)s::timestamptz[]) AS at
     UNION ALL
    SELECT at,
           CASE WHEN probe.created_at <= at THEN middle ELSE low END,
           CASE WHEN probe.created_at <= at THEN high ELSE middle - 1 END
      FROM found
     CROSS JOIN LATERAL (SELECT (low + high + 1) / 2) AS half(middle)
      LEFT JOIN igny8_credit_transactions probe
        ON probe.account_id = %(account)s AND probe.sequence = middle
     WHERE low < high
)
SELECT at, low, coalesce(ledger.balance_after, 0)
  FROM found
  LEFT JOIN igny8_credit_transactions ledger
    ON ledger.account_id = %(account)s AND ledger.sequence = low
 WHERE low >= high
 ORDER BY at
"""
USED = """
SELECT coalesce(-sum(amount) FILTER (WHERE type = %(deduction)s), 0), min(created_at)
  FROM igny8_credit_transactions
 WHERE account_id = %(account)s AND sequence > %(after)s
"""


@dataclass(frozen=True)
class DayEnd:
    """The balance at a moment, and the number of the last row until then; 0 before the first."""

    at: datetime
    sequence: int
    balance: int


@dataclass(frozen=True)
class CreditUse:
    """`days` are the ends of the last 30 days and now, the oldest first. `used` credits went in
    `over`, the time that the rate is taken from.
    """

    days: list[DayEnd]
    available: int
    used: int
    over: timedelta

    @property
    def days_left(self) -> int | None:
        """Whole days until nothing is left at this rate; None when nothing was used."""
        if not self.used:
            return None
        return int(max(self.available, 0) * (self.over / DAY) / self.used)

    @property
    def left_in_words(self) -> str:
        """“12 days left at 35 a day”."""
        if self.days_left is None:
            return f"none used in {_days(self.over)}"
        if self.available <= 0:
            return f"nothing left; {self._rate} in {_days(self.over)}"
        if self.days_left > MOST_DAYS:
            return f"more than a year left at {self._rate}"
        if self.days_left == 0:
            return f"less than a day left at {self._rate}"
        left = "1 day" if self.days_left == 1 else f"{self.days_left:,} days"
        return f"{left} left at {self._rate}"

    @property
    def basis_in_words(self) -> str:
        """What the rate is taken from: “1,050 used in 30 days”."""
        return f"{self.used:,} used in {_days(self.over)}" if self.used else ""

    @property
    def _rate(self) -> str:
        a_day = self.used / (self.over / DAY)
        return f"{a_day:,.0f} a day" if a_day >= 1 else "less than 1 a day"


def read(balance: CreditBalance, *, now: datetime) -> CreditUse:
    """Two queries."""
    days = _balances(balance, [now - DAY * number for number in range(DAYS, -1, -1)])
    start = next((day for day in days[:-1] if balance.sequence - day.sequence <= MOST_ADDED), None)
    after = start.sequence if start is not None else balance.sequence - MOST_ADDED
    used, first = _used(balance, after=after)
    return CreditUse(
        days=days,
        available=balance.available,
        used=used,
        over=max(now - _begun(start, first, now=now), timedelta(minutes=1)),
    )


def _begun(start: DayEnd | None, first: datetime | None, *, now: datetime) -> datetime:
    """When the time began that the rate is taken from; `first` is the time of its first row."""
    if start is None:
        # Even the last day has more rows than are added up.
        return first or now
    if start.sequence == 0 and first is not None:
        # Before its first credits nobody could spend any; of less than a day nobody tells a rate.
        return max(start.at, min(first, now - DAY))
    return start.at


def _balances(balance: CreditBalance, moments: list[datetime]) -> list[DayEnd]:
    with connection.cursor() as cursor:
        cursor.execute(
            BALANCES,
            {"account": balance.pk, "newest": balance.sequence, "moments": moments},
        )
        return [DayEnd(*row) for row in cursor.fetchall()]


def _used(balance: CreditBalance, *, after: int) -> tuple[int, datetime | None]:
    """Credits deducted by the rows after this one, and when the first of them was written."""
    with connection.cursor() as cursor:
        cursor.execute(
            USED,
            {"account": balance.pk, "after": after, "deduction": TransactionType.DEDUCTION},
        )
        used, first = cursor.fetchone()
    return int(used), first


def _days(span: timedelta) -> str:
    """“30 days”, “5 hours”: the larger unit of which there are two."""
    for unit, name in ((DAY, "day"), (timedelta(hours=1), "hour")):
        number = round(span / unit)
        if number > 1 or (number == 1 and unit == DAY):
            return f"{number} {name}s" if number > 1 else f"{number} {name}"
    number = max(round(span / timedelta(minutes=1)), 1)
    return f"{number} minutes" if number > 1 else "1 minute"
