from collections import defaultdict
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from billing.reports import mrr
from billing.reports.months import Months
from billing.reports.mrr import END, START, Kind, Movement
from console.reports.charts import Chart
from console.reports.report import Asked, Figure, Report, Shown
from console.reports.tables import CURRENCY, Cell, number, summed, text

# What customers pay at the beginning and end of a month is no sum over months.
COLUMNS = (
    text("Month"),
    text("Plan"),
    text(CURRENCY),
    number("At the beginning"),
    *(number(str(kind.label)) for kind in Kind),
    number("At the end"),
    number("Customers"),
)
STATES = (3, len(COLUMNS) - 2, len(COLUMNS) - 1)


def build(asked: Asked) -> Shown:
    rows = mrr.movement(months=asked.months, now=asked.now)
    return Shown(
        tables=(
            summed(
                "movement",
                "Movement by month and plan",
                COLUMNS,
                [_cells(row) for row in rows],
                apart=STATES,
                empty="Nobody had paid for a period in these months. MRR begins with the first "
                "confirmed payment.",
            ),
        ),
        chart=_chart(rows, asked.months) if rows else None,
        figures=[
            Figure(
                "MRR now",
                f"{now.amount:,.2f} {now.currency}",
                f"{now.customers:,} customer{'' if now.customers == 1 else 's'} with a paid period",
            )
            for now in mrr.standing(now=asked.now)
        ],
    )


def _cells(row: Movement) -> list[Cell]:
    def behind(what: str) -> str:
        query = {"month": row.month, "plan": row.plan.id, "show": what}
        return f"{reverse('admin:report', args=('mrr-customers',))}?{urlencode(query)}"

    return [
        Cell(str(row.month)),
        Cell(row.plan.name),
        Cell(row.currency),
        Cell(row.start, behind(START)),
        *(Cell(row.by_kind[kind], behind(kind)) for kind in Kind),
        Cell(row.end, behind(END)),
        Cell(row.customers, behind(END)),
    ]


def _chart(rows: list[Movement], months: Months) -> Chart:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[str(row.month), row.plan.name] += row.end
    labels = [str(month) for month in months]
    plans = dict.fromkeys(row.plan.name for row in rows if row.end)
    return Chart(
        says=f"Bars of MRR at the end of each month in {rows[0].currency}, by plan.",
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
