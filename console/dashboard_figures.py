"""The dashboard's charts: each with its number of now, and the same months as a table.

What each counts is said by its report; the numbers lead to the report or to the very rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from billing.models import CreditTransaction, TransactionType
from billing.reports.months import Month
from billing.reports.mrr import END
from billing.reports.sign_ups import SignUps
from console import metrics
from console.metrics import Figures
from console.reports import credits_moved, sign_ups
from console.reports.catalog import REPORTS
from console.reports.charts import Chart
from console.reports.report import Report, days, rows_of
from console.reports.tables import Cell, Table, number, text


@dataclass(frozen=True)
class Box:
    """`now` is the number that stands above the chart, and `note` says of what."""

    report: Report
    title: str
    now: Cell
    unit: str
    note: str
    chart: Chart | None
    table: Table


@dataclass(frozen=True)
class Drawn:
    at: datetime
    boxes: list[Box]


def drawn(*, now: datetime) -> Drawn:
    figures = metrics.figures(now=now)
    return Drawn(
        figures.at,
        [_mrr(figures), _cash(figures), _used(figures), _sign_ups(figures.sign_ups)],
    )


def _mrr(figures: Figures) -> Box:
    currency = _main(row.currency for row in figures.mrr)
    of_month = {row.month: row for row in figures.mrr if row.currency == currency}
    rows = []
    for month in figures.months:
        row = of_month.get(month)
        customers = f"{reverse('admin:report', args=('mrr-customers',))}?" + urlencode(
            {"month": month, "show": END}
        )
        rows.append(
            [
                Cell(str(month)),
                Cell(row.amount if row else Decimal("0.00"), customers),
                Cell(row.customers if row else 0, customers),
            ]
        )
    customers = rows[-1][2].value
    return _box(
        "mrr",
        "MRR",
        now=rows[-1][1],
        unit=currency,
        note=f"now, {customers:,} customer{'' if customers == 1 else 's'}",
        columns=("Month", f"MRR, {currency}", "Customers"),
        rows=rows,
        says=f"Bars of MRR at the end of each month in {currency}.",
    )


def _cash(figures: Figures) -> Box:
    currency = _main(row.currency for row in figures.cash)
    sums: dict[Month, Decimal] = defaultdict(Decimal)
    for row in figures.cash:
        if row.currency == currency:
            sums[row.month] += row.net
    report = REPORTS["cash"]
    rows = [
        [
            Cell(str(month)),
            Cell(
                sums.get(month, Decimal("0.00")),
                f"{report.url}?{urlencode({'from': month, 'to': month})}",
            ),
        ]
        for month in figures.months
    ]
    return _box(
        "cash",
        "Cash received",
        now=rows[-1][1],
        unit=currency,
        note="this month",
        columns=("Month", f"Cash, {currency}"),
        rows=rows,
        says=f"Bars of the cash of each month in {currency}.",
    )


def _used(figures: Figures) -> Box:
    """One row an operation: who reads it asks what the credits go into."""
    used = {(row.operation, row.month): row.credits for row in figures.used}
    totals = Counter[str]()
    for row in figures.used:
        totals[row.operation] += row.credits
    rows = [
        [
            Cell(credits_moved.name_of(operation)),
            *(
                Cell(used.get((operation, month), 0), credits_moved.used_rows(operation, month))
                for month in figures.months
            ),
        ]
        for operation, _ in totals.most_common()
    ]
    last = figures.months.last
    this_month = sum(row.credits for row in figures.used if row.month == last)
    labels = [str(month) for month in figures.months]
    return Box(
        report=REPORTS["credits"],
        title="Credits used",
        now=Cell(
            this_month,
            rows_of(
                CreditTransaction, type__exact=TransactionType.DEDUCTION, **days("created_at", last)
            ),
        ),
        unit="credits",
        note="this month",
        chart=Chart(
            says="Bars of the credits used in each month, by operation.",
            labels=labels,
            series={row[0].text: [cell.value for cell in row[1:]] for row in rows},
        )
        if rows
        else None,
        table=_table("credits", ("Operation", *labels), rows),
    )


def _sign_ups(found: list[SignUps]) -> Box:
    rows = [sign_ups.cells(row) for row in found]
    converted = found[-1].converted
    return Box(
        report=REPORTS["sign-ups"],
        title="Sign-ups and conversions",
        now=rows[-1][1],
        unit="signed up",
        note=f"this month, {converted:,} began to pay",
        chart=sign_ups.chart(found) if _any(rows) else None,
        table=_table("sign-ups", ("Month", "Sign-ups", "Conversions"), rows),
    )


def _box(
    name: str,
    title: str,
    *,
    now: Cell,
    unit: str,
    note: str,
    columns: tuple[str, ...],
    rows: list[list[Cell]],
    says: str,
) -> Box:
    """With the second column as bars."""
    return Box(
        report=REPORTS[name],
        title=title,
        now=now,
        unit=unit,
        note=note,
        chart=Chart(
            says=says,
            labels=[row[0].text for row in rows],
            series={title: [row[1].value for row in rows]},
        )
        if _any(rows)
        else None,
        table=_table(name, columns, rows),
    )


def _table(code: str, columns: tuple[str, ...], rows: list[list[Cell]]) -> Table:
    first, *others = columns
    return Table(
        code=code,
        title="",
        columns=[text(first), *map(number, others)],
        rows=rows,
        empty="",
    )


def _any(rows: list[list[Cell]]) -> bool:
    return any(cell.value for row in rows for cell in row[1:])


def _main(currencies: Iterable[str]) -> str:
    """The one that most rows are in: bars of several do not compare. The report has them all."""
    return next((code for code, _ in Counter(currencies).most_common(1)), "USD")
