"""Credits given, used and outstanding, from the ledger.

By month and type, what the rows written in that month add up to: given and corrected ones with a
plus, used ones with a minus. Outstanding is what customers could still spend at the end of a month,
all rows up to then: credits already sold and not yet delivered. Held credits count as outstanding
until they are spent. At the beginning + all types of the month = at the end.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db import connections

from billing.models import TransactionType
from billing.reports.months import Month, Months
from billing.reports.source import source


@dataclass(frozen=True)
class Credits:
    """`by_type` has every type, 0 where there was none; used ones are negative."""

    month: Month
    start: int
    by_type: dict[TransactionType, int]
    end: int

    @property
    def given(self) -> int:
        """All that came in, whether as a type that gives or as a correction."""
        return self.end - self.start - self.by_type[TransactionType.DEDUCTION]

    @property
    def used(self) -> int:
        """As a positive number."""
        return -self.by_type[TransactionType.DEDUCTION]


@dataclass(frozen=True)
class Used:
    """Credits that an operation used in a month, as a positive number."""

    month: Month
    operation: str
    credits: int


# One statement sees one state: no deduction can fall between the balances and the rows. The end of
# the months is worked out from the balances of now, over the few rows since, and not from all rows.
MONTHS = """
SELECT date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month, type, sum(amount)
  FROM igny8_credit_transactions
 WHERE created_at >= %(start)s
 GROUP BY 1, 2
UNION ALL
SELECT NULL, '', coalesce(sum(credits), 0) FROM igny8_credit_balances
"""

# What the deductions of `moved` are, operation by operation. Month by month along the index by
# time: in one go over all months the database would sort every row first.
USED = """
SELECT month.first, used.operation, used.credits
  FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS month (first, past)
 CROSS JOIN LATERAL (
    SELECT operation, -sum(amount) AS credits
      FROM igny8_credit_transactions
     WHERE created_at >= month.first AND created_at < month.past AND type = %(type)s
     GROUP BY operation
 ) used
 ORDER BY 1, 3 DESC, 2
"""


def moved(*, months: Months) -> list[Credits]:
    """Every month, the first first; one query. Sums of the ledger and of the balances."""
    with connections[source()].cursor() as cursor:
        cursor.execute(MONTHS, {"start": months.start})
        rows = cursor.fetchall()
    sums: dict[date, dict[TransactionType, int]] = defaultdict(
        lambda: dict.fromkeys(TransactionType, 0)
    )
    now = 0
    for first, type, amount in rows:
        if first is None:
            now = int(amount)
        else:
            sums[first][TransactionType(type)] = int(amount)

    since = sum(sum(types.values()) for first, types in sums.items() if first > months.days[1])
    end = now - since
    found: list[Credits] = []
    for month in reversed(list(months)):
        by_type = sums[month.first]
        start = end - sum(by_type.values())
        found.append(Credits(month, start, by_type, end))
        end = start
    return found[::-1]


def used(*, months: Months) -> list[Used]:
    """By month and operation, most first; one query. A month that used nothing has no row."""
    facts = {"starts": [month.start for month in months], "ends": [month.end for month in months]}
    with connections[source()].cursor() as cursor:
        cursor.execute(USED, facts | {"type": TransactionType.DEDUCTION})
        return [
            Used(Month.of(first), operation, int(credits))
            for first, operation, credits in cursor.fetchall()
        ]
