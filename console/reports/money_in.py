"""What came in on the bank by month, and where it is."""

from collections import defaultdict
from decimal import Decimal

from billing.models import Allocation, Place, StatementLine
from billing.reports import places
from billing.reports.months import Months
from billing.reports.places import MoneyIn
from console.reports.charts import Chart
from console.reports.report import Asked, Report, Shown, days, rows_of
from console.reports.tables import CURRENCY, Cell, number, summed, text

TITLES = {
    Place.PAYMENT: "Applied",
    Place.UNAPPLIED: "Unapplied",
    Place.RETURNED: "Returned",
    Place.IGNORED: "Ignored",
}
OPEN = "Open"
COLUMNS = (
    text("Month"),
    text(CURRENCY),
    number("Lines"),
    number("Came in"),
    *(number(TITLES[place]) for place in Place),
    number(OPEN),
)


def build(asked: Asked) -> Shown:
    rows = places.money_in(months=asked.months)
    return Shown(
        tables=(
            summed(
                "money-in",
                "By month of the bank’s value date",
                COLUMNS,
                [_cells(row) for row in rows],
                empty="No statement line came in in these months. Import the bank’s statement "
                "first.",
            ),
        ),
        chart=_chart(rows, asked.months) if rows else None,
    )


def _cells(row: MoneyIn) -> list[Cell]:
    lines = {"incoming": "yes", **days("value_date", row.month)}
    placed = {"standing": "yes", **days("line__value_date", row.month)}
    return [
        Cell(str(row.month)),
        Cell(row.currency),
        Cell(row.lines, rows_of(StatementLine, **lines)),
        Cell(row.came_in, rows_of(StatementLine, **lines)),
        *(
            Cell(row.by_place[place], rows_of(Allocation, place__exact=place, **placed))
            for place in Place
        ),
        Cell(row.open, rows_of(StatementLine, open="yes", **lines)),
    ]


def _chart(rows: list[MoneyIn], months: Months) -> Chart:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    currency = rows[0].currency
    for row in rows:
        if row.currency == currency:
            sums[str(row.month), OPEN] = row.open
            for place in Place:
                sums[str(row.month), TITLES[place]] = row.by_place[place]
    labels = [str(month) for month in months]
    return Chart(
        says=f"Bars of what came in on the bank in each month in {currency}, by where it is now.",
        labels=labels,
        series={
            title: [sums[label, title] for label in labels] for title in (*TITLES.values(), OPEN)
        },
    )


REPORT = Report(
    name="money-in",
    title="Money in by place",
    question="What came in on the bank, and where is it now?",
    counted=(
        "Incoming statement lines, in the month of the bank’s value date, each with its whole "
        "amount. Where the money is, is told as it stands now, whenever it was put there.",
        "Applied to bank transfers, unapplied on accounts, returned, ignored, and open, without a "
        "place yet, add up to what came in.",
    ),
    build=build,
)
