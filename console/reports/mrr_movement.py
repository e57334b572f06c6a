"""MRR now, and what moved it by month and plan."""

from collections import defaultdict
from decimal import Decimal
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse

from billing.reports import mrr
from billing.reports.months import Month, Months
from billing.reports.mrr import END, START, Kind, Movement, Standing
from console.reports.charts import Chart
from console.reports.report import Asked, Figure, Report, Shown
from console.reports.tables import CURRENCY, Cell, number, summed, text

KINDS = tuple(number(str(kind.label)) for kind in Kind)
BY_PLAN = (
    text("Month"),
    text("Plan"),
    text(CURRENCY),
    number("Start"),
    *KINDS,
    number("End"),
    number("Customers"),
)
# Over all plans the changes of plan add up to nothing.
BY_MONTH = tuple(column for column in BY_PLAN if column.title not in ("Plan", Kind.MOVED.label))
# What customers pay at the beginning and end of a month is no sum over months.
STATES = ("Start", "End", "Customers")


def build(asked: Asked) -> Shown:
    rows = mrr.movement(months=asked.months, now=asked.now)
    empty = (
        "Nobody had paid for a period in these months. MRR begins with the first confirmed payment."
    )
    return Shown(
        tables=(
            summed(
                "months",
                "Movement by month",
                BY_MONTH,
                _by_month(rows),
                apart=STATES,
                empty=empty,
            ),
            summed(
                "plans",
                "Movement by month and plan",
                BY_PLAN,
                [_by_plan(row) for row in rows],
                apart=STATES,
                empty=empty,
            ),
        ),
        chart=_chart(rows, asked.months) if rows else None,
        figures=_now(mrr.standing(now=asked.now)),
    )


def _now(standings: list[Standing]) -> list[Figure]:
    return [
        Figure(
            "MRR now",
            f"{now.amount:,.2f} {now.currency}",
            f"{now.customers:,} customer{'' if now.customers == 1 else 's'} with a paid period",
        )
        for now in standings
    ] or [Figure("MRR now", "0.00", "no customer with a paid period")]


def _by_plan(row: Movement) -> list[Cell]:
    def behind(what: str) -> str:
        return _customers(month=row.month, plan=row.plan.id, show=what)

    return [
        Cell(str(row.month)),
        Cell(row.plan.name),
        Cell(row.currency),
        Cell(row.start, behind(START)),
        *(Cell(row.by_kind[kind], behind(kind)) for kind in Kind),
        Cell(row.end, behind(END)),
        Cell(row.customers, behind(END)),
    ]


def _by_month(rows: list[Movement]) -> list[list[Cell]]:
    def cells(month: Month, currency: str, plans: list[Movement]) -> list[Cell]:
        def behind(what: str) -> str:
            return _customers(month=month, show=what)

        return [
            Cell(str(month)),
            Cell(currency),
            Cell(sum(row.start for row in plans), behind(START)),
            *(
                Cell(sum(row.by_kind[kind] for row in plans), behind(kind))
                for kind in Kind
                if kind != Kind.MOVED
            ),
            Cell(sum(row.end for row in plans), behind(END)),
            Cell(sum(row.customers for row in plans), behind(END)),
        ]

    by_month = groupby(rows, key=lambda row: (row.month, row.currency))
    return [cells(month, currency, list(plans)) for (month, currency), plans in by_month]


def _customers(**query: object) -> str:
    return f"{reverse('admin:report', args=('mrr-customers',))}?{urlencode(query)}"


def _chart(rows: list[Movement], months: Months) -> Chart:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    currency = rows[0].currency
    for row in rows:
        if row.currency == currency:
            sums[str(row.month), row.plan.name] += row.end
    labels = [str(month) for month in months]
    plans = dict.fromkeys(plan for (_, plan), amount in sums.items() if amount)
    return Chart(
        says=f"Bars of MRR at the end of each month in {currency}, by plan.",
        labels=labels,
        series={plan: [sums[label, plan] for label in labels] for plan in plans},
    )


COUNTED = (
    "MRR at a moment is, for each customer, the amount of the invoice that pays for the period in "
    "force: the confirmed one that began last, until 7 days after its end (the days of grace). A "
    "confirmation that was reversed counts until its reversal. Subscriptions paid elsewhere count "
    "with their plan’s price. Active accounts that have paid for nothing do not count.",
    "New: had none and never paid in an earlier month. Reactivation: had none, but paid before. "
    "Expansion and contraction: pays more or less, with the plan at the end. Churn: has none any "
    "more, with the plan at the beginning. Plan change: what moves from one plan to the other.",
    "In each row the beginning and all movements add up to the end. The running month is taken as "
    "it stands.",
)
REPORT = Report(
    name="mrr",
    title="MRR",
    question="What do customers pay a month, and what moved it?",
    counted=COUNTED,
    build=build,
)
