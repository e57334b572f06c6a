"""Monthly recurring revenue: what a month of everything customers have paid for is worth.

MRR at a moment is, for each customer, the amount of the invoice that pays for the period in force:
the confirmed one that began last, from its first moment until 7 days after its end (the days of
grace that a renewal has). A confirmation that was reversed counts until its reversal: a month that
is over keeps its figures. A subscription paid elsewhere, with no confirmed payment of ours behind
it, counts with its plan's price from the day it is known here until 7 days after its period. System
accounts do not count, nor do active accounts that have paid for nothing.

The movement of a month compares each customer at its end with its beginning:

- new: had none, and never paid in an earlier month (a reversed payment makes nobody known);
- reactivation: had none, but paid in an earlier month;
- expansion, contraction: pays more, or less; counted with the plan at the end;
- churn: has none any more; counted with the plan at the beginning;
- plan change: what moves from the one plan to the other; over all plans it adds up to nothing.

In each row the beginning and all movements add up to the end. The month that is running is taken as
it stands.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import TextChoices

from billing.reports import mrr_rows
from billing.reports.months import Month, Months
from billing.reports.source import source
from tenancy.models import Plan

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
class End:
    """MRR of all plans at the end of a month; `customers` have it."""

    month: Month
    currency: str
    amount: Decimal
    customers: int


@dataclass(frozen=True)
class Change:
    """One customer in one month, or several that changed alike; a side without MRR has no plan."""

    month: Month
    account_id: int | None
    account: str
    currency: str
    plan_before: PlanOf | None
    before: Decimal
    plan_after: PlanOf | None
    after: Decimal
    kind: Kind | None  # None when nothing changed, or the plan alone
    customers: int  # with MRR at the end

    def amounts(self) -> list[tuple[str, PlanOf, Decimal]]:
        """What it adds to which number of which plan: START, END or a kind."""
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


def movement(*, months: Months, now: datetime) -> list[Movement]:
    """By month and plan; two queries. Plans without MRR and movement in a month have no row."""
    plans = _plans()
    sums: dict[tuple[Month, str, PlanOf], _Sums] = defaultdict(_Sums)
    for row in mrr_rows.sums(_moments(months, now)):
        group = _change(row, months=months, plans=plans)
        for what, plan, amount in group.amounts():
            of_plan = sums[group.month, group.currency, plan]
            if what == START:
                of_plan.start += amount
            elif what == END:
                of_plan.end += amount
                of_plan.customers += group.customers
            else:
                of_plan.by_kind[Kind(what)] += amount
    order = {plan: position for position, plan in enumerate(plans.values())}
    return [
        Movement(month, plan, currency, of.start, of.by_kind, of.end, of.customers)
        for (month, currency, plan), of in sorted(
            sums.items(), key=lambda item: (item[0][0], item[0][1], order[item[0][2]])
        )
    ]


def ends(*, months: Months, now: datetime) -> list[End]:
    """The ends of `movement` over all plans, by month and currency; one query."""
    sums: dict[tuple[Month, str], tuple[Decimal, int]] = defaultdict(lambda: (NOTHING, 0))
    for row in mrr_rows.sums(_moments(months, now)):
        if row.plan_after is not None:
            key = _month(row, months), row.currency
            amount, customers = sums[key]
            sums[key] = amount + row.after, customers + row.customers
    return [End(*key, *sums[key]) for key in sorted(sums)]


def changes(*, month: Month, now: datetime) -> list[Change]:
    """Every customer with MRR at the beginning or the end of a month, by name; two queries."""
    months, plans = Months(month, month), _plans()
    return [
        _change(row, months=months, plans=plans)
        for row in mrr_rows.customers(_moments(months, now))
    ]


def standing(*, now: datetime) -> list[Standing]:
    """MRR now, by currency; one query."""
    return [Standing(*row) for row in mrr_rows.standing(now)]


def _change(row: mrr_rows.Row, *, months: Months, plans: dict[int, PlanOf]) -> Change:
    return Change(
        month=_month(row, months),
        account_id=row.account_id,
        account=row.account,
        currency=row.currency,
        plan_before=plans.get(row.plan_before),
        before=row.before,
        plan_after=plans.get(row.plan_after),
        after=row.after,
        kind=Kind(row.kind) if row.kind else None,
        customers=row.customers,
    )


def _month(row: mrr_rows.Row, months: Months) -> Month:
    # The second moment is the end of the first month.
    return months.first.later(row.number - 2)


def _moments(months: Months, now: datetime) -> list[datetime]:
    """The beginning of the first month and the end of each; no later than now."""
    return [min(moment, now) for moment in (months.start, *(month.end for month in months))]


def _plans() -> dict[int, PlanOf]:
    """All plans by id, in their order."""
    rows = Plan.objects.using(source()).order_by("position", "id").values_list("id", "name")
    return {plan_id: PlanOf(plan_id, name) for plan_id, name in rows}
