"""Open invoices by how long they are overdue."""

from billing.models import Invoice, InvoiceStatus
from billing.reports import receivables
from billing.reports.receivables import Age, Receivable
from console.reports.charts import Chart
from console.reports.report import Asked, Report, Shown, rows_of
from console.reports.tables import CURRENCY, Cell, number, summed, text

COLUMNS = (
    text("Age"),
    text(CURRENCY),
    number("Invoices"),
    number("Amount"),
    number("Received in part"),
    number("Owed"),
)


def build(asked: Asked) -> Shown:
    rows = receivables.open_invoices(today=asked.today)
    return Shown(
        tables=(
            summed(
                "invoices",
                f"As of {asked.today}",
                COLUMNS,
                [_cells(row, asked) for row in rows],
                empty="No invoice is open. One is issued with each bank transfer that is opened.",
            ),
        ),
        chart=_chart(rows) if rows else None,
    )


def _cells(row: Receivable, asked: Asked) -> list[Cell]:
    first, last = receivables.due_days(row.age, today=asked.today)
    url = rows_of(Invoice, status__exact=InvoiceStatus.OPEN, due_on_from=first, due_on_to=last)
    return [
        Cell(str(row.age.label)),
        Cell(row.currency),
        Cell(row.count, url),
        Cell(row.amount, url),
        Cell(row.received, url),
        Cell(row.owed, url),
    ]


def _chart(rows: list[Receivable]) -> Chart:
    currency = rows[0].currency
    owed = {row.age: row.owed for row in rows if row.currency == currency}
    return Chart(
        says=f"Bars of what is owed in {currency}, by how long it is overdue.",
        labels=[str(age.label) for age in Age],
        series={"Owed": [owed.get(age, 0) for age in Age]},
    )


REPORT = Report(
    name="invoices",
    title="Open invoices",
    question="Who owes how much, and for how long?",
    counted=(
        "Invoices that are open today. The age is the number of days since the due day in UTC; on "
        "the due day itself an invoice is not overdue. Owed is the amount less what its payment "
        "has received in part.",
    ),
    build=build,
    has_period=False,
)
