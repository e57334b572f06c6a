"""Monthly recurring revenue: what a month of everything customers have paid for is worth.

MRR at a moment is, for each customer, the amount of the invoice that pays for the period in force:
the confirmed one that began last, from its first moment until 7 days after its end (the days of
grace that a renewal has). A confirmation that was reversed counts until its reversal, so a month that
is over keeps its figures. A subscription paid elsewhere, with no confirmed payment of ours behind it,
counts with its plan's price from the day it is known here until 7 days after its period. System
accounts do not count, nor do active accounts that have paid for nothing.

The movement of a month compares each customer at its end with its beginning:

- new: had none, and never paid in an earlier month (a reversed payment makes nobody known);
- reactivation: had none, but paid in an earlier month;
- expansion, contraction: pays more, or less, than at the beginning; counted with the plan at the end;
- churn: has none any more; counted with the plan at the beginning;
- plan change: what moves from the one plan to the other; over all plans it adds up to nothing.

At the beginning + new + reactivation + expansion + contraction + churn + plan change = at the end, in
each row. The month that is running is taken as it stands.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import TextChoices

from billing.reports.months import Month, Months
from billing.reports.source import source

GRACE = timedelta(days=7)
NOTHING = Decimal("0.00")


class Kind(TextChoices):
    NEW = "new", "New"
    REACTIVATION = "reactivation", "Reactivation"
    EXPANSION = "expansion", "Expansion"
    CONTRACTION = "contraction", "Contraction"
    CHURN = "churn", "Churn"
    MOVED = "moved", "Plan change"


# Two numbers are customers' MRR itself and no movement.
START, END = "start", "end"


@dataclass(frozen=True)
class PlanOf:
    id: int
    name: str


@dataclass
class _Sums:
    start: Decimal = NOTHING
    end: Decimal = NOTHING
    customers: int = 0
    by_kind: dict[Kind, Decimal] = field(default_factory=lambda: dict.fromkeys(Kind, NOTHING))


@dataclass(frozen=True)
class Movement:
    """One plan in one month, in units of `currency`; `customers` are those at the end."""

    month: Month
    plan: PlanOf
    currency: str
    start: Decimal
    by_kind: dict[Kind, Decimal]
    end: Decimal
    customers: int


@dataclass(frozen=True)
class Standing:
    """MRR of all plans at one moment."""

    currency: str
    amount: Decimal
    customers: int


@dataclass(frozen=True)
class Change:
    """One customer in one month; a side without MRR has no plan and no amount."""

    account_id: int
    account: str
    currency: str
    plan_before: PlanOf | None
    before: Decimal
    plan_after: PlanOf | None
    after: Decimal
    kind: Kind | None  # None when nothing changed, or the plan alone

    def amounts(self) -> list[tuple[str, PlanOf, Decimal]]:
        """What it adds to which number of which plan."""
        found: list[tuple[str, PlanOf, Decimal]] = []
        if self.plan_before is not None:
            found.append((START, self.plan_before, self.before))
        if self.plan_after is not None:
            found.append((END, self.plan_after, self.after))
        if self.kind is not None:
            found.append((self.kind, self.plan_after or self.plan_before, self.after - self.before))
        if self.plan_before and self.plan_after and self.plan_before != self.plan_after:
            found.append((Kind.MOVED, self.plan_before, -self.before))
            found.append((Kind.MOVED, self.plan_after, self.before))
        return found


# One row for each customer and pair of neighboring moments, where it has MRR at either.
CHANGES = """
WITH paid AS (
    SELECT a.account_id, a.plan_id, i.amount, i.currency, greatest(a.period_start, a.at) AS starts,
           a.period_end + %(grace)s AS ends, undone.at AS undone_at, a.id
      FROM igny8_activations a
      JOIN igny8_payments p ON p.id = a.payment_id
      JOIN igny8_invoices i ON i.id = p.invoice_id
      JOIN igny8_tenants t ON t.id = a.account_id AND NOT t.is_system
      LEFT JOIN igny8_activations undone ON undone.reverses_id = a.id
     WHERE a.reverses_id IS NULL
 UNION ALL
    SELECT s.account_id, t.plan_id, l.price, l.currency, s.created_at,
           s.current_period_end + %(grace)s, NULL, 0
      FROM igny8_subscriptions s
      JOIN igny8_tenants t ON t.id = s.account_id AND NOT t.is_system
      JOIN igny8_plans l ON l.id = t.plan_id AND l.price > 0
     WHERE NOT EXISTS (SELECT FROM igny8_activations a WHERE a.account_id = s.account_id)
), moments AS (
    SELECT * FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS m (at, number)
), standing AS (
    SELECT DISTINCT ON (m.number, p.account_id)
           m.number, m.at, p.account_id, p.plan_id, p.amount, p.currency
      FROM moments m
      JOIN paid p ON p.starts < m.at AND p.ends >= m.at
                 AND (p.undone_at IS NULL OR p.undone_at >= m.at)
     ORDER BY m.number, p.account_id, p.starts DESC, p.id DESC
), changes AS (
    SELECT coalesce(new.number, old.number + 1) AS number,
           coalesce(new.account_id, old.account_id) AS account_id,
           coalesce(new.currency, old.currency) AS currency,
           old.plan_id AS plan_before, old.amount AS before,
           new.plan_id AS plan_after, new.amount AS after,
           old.account_id IS NULL AND EXISTS (
               SELECT FROM paid p
                WHERE p.account_id = new.account_id AND p.undone_at IS NULL
                  AND p.starts < (SELECT m.at FROM moments m WHERE m.number = new.number - 1)
           ) AS is_known
      FROM standing new
      FULL JOIN standing old ON old.number = new.number - 1
                            AND old.account_id = new.account_id AND old.currency = new.currency
), told AS (
    SELECT *, CASE WHEN before IS NULL AND is_known THEN 'reactivation'
                   WHEN before IS NULL THEN 'new'
                   WHEN after IS NULL THEN 'churn'
                   WHEN after > before THEN 'expansion'
                   WHEN after < before THEN 'contraction' END AS kind
      FROM changes
     WHERE number BETWEEN 2 AND %(count)s
)
"""
SUMS = """
SELECT number, currency, plan_before, plan_after, kind, count(after),
       coalesce(sum(before), 0), coalesce(sum(after), 0)
  FROM told
 GROUP BY number, currency, plan_before, plan_after, kind
"""
CUSTOMERS = """
SELECT t.id, t.name, told.currency, plan_before, coalesce(before, 0), plan_after, coalesce(after, 0),
       kind
  FROM told
  JOIN igny8_tenants t ON t.id = told.account_id
 ORDER BY t.name, t.id
"""
NOW = """
SELECT currency, sum(amount), count(*) FROM standing GROUP BY currency ORDER BY currency
"""


def movement(*, months: Months, now: datetime) -> list[Movement]:
    """By month and plan; two queries. Plans without MRR and movement in a month have no row."""
    shown = list(months)
    sums: dict[tuple[Month, str, int], _Sums] = defaultdict(_Sums)
    for number, currency, plan_before, plan_after, kind, customers, before, after in _rows(
        SUMS, _moments(months, now)
    ):
        month = shown[number - 2]
        # As if all of them were one customer.
        group = Change(
            account_id=0,
            account="",
            currency=currency,
            plan_before=PlanOf(plan_before, "") if plan_before else None,
            before=before,
            plan_after=PlanOf(plan_after, "") if plan_after else None,
            after=after,
            kind=Kind(kind) if kind else None,
        )
        for what, plan, amount in group.amounts():
            of_plan = sums[month, currency, plan.id]
            if what == START:
                of_plan.start += amount
            elif what == END:
                of_plan.end += amount
                of_plan.customers += customers
            else:
                of_plan.by_kind[Kind(what)] += amount
    plans = _plans()
    order = {plan: position for position, plan in enumerate(plans)}
    return [
        Movement(month, plans[plan], currency, of.start, of.by_kind, of.end, of.customers)
        for (month, currency, plan), of in sorted(
            sums.items(), key=lambda item: (item[0][0], item[0][1], order[item[0][2]])
        )
    ]


def changes(*, month: Month, now: datetime) -> list[Change]:
    """Every customer with MRR at the beginning or the end of a month, by name; two queries."""
    plans = _plans()
    return [
        Change(
            account_id=account_id,
            account=account,
            currency=currency,
            plan_before=plans.get(plan_before),
            before=before,
            plan_after=plans.get(plan_after),
            after=after,
            kind=Kind(kind) if kind else None,
        )
        for account_id, account, currency, plan_before, before, plan_after, after, kind in _rows(
            CUSTOMERS, _moments(Months(month, month), now)
        )
    ]


def standing(*, now: datetime) -> list[Standing]:
    """MRR now, by currency; one query."""
    return [Standing(*row) for row in _rows(NOW, [now])]


def _moments(months: Months, now: datetime) -> list[datetime]:
    """The beginning of the first month and the end of each; no later than now."""
    return [min(moment, now) for moment in (months.start, *(month.end for month in months))]


def _rows(query: str, moments: list[datetime]) -> list[tuple[Any, ...]]:
    with connections[source()].cursor() as cursor:
        cursor.execute(
            CHANGES + query, {"grace": GRACE, "moments": moments, "count": len(moments)}
        )
        return cursor.fetchall()


def _plans() -> dict[int, PlanOf]:
    """All plans by id, in their order."""
    with connections[source()].cursor() as cursor:
        cursor.execute("SELECT id, name FROM igny8_plans ORDER BY position, id")
        return {id: PlanOf(id, name) for id, name in cursor.fetchall()}
