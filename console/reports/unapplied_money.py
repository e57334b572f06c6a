"""Money that waits on accounts, by how long."""

from billing.models import Allocation, Place
from billing.reports import unapplied
from billing.reports.unapplied import Unapplied, Wait
from console.reports.charts import Chart
from console.reports.report import Asked, Report, Shown, rows_of
from console.reports.tables import CURRENCY, Cell, number, summed, text

COLUMNS = (
    text("Account"),
    text(CURRENCY),
    *(number(str(wait.label)) for wait in Wait),
    number("Unapplied"),
    text("Oldest since"),
)


def build(asked: Asked) -> Shown:
    rows = unapplied.by_account(today=asked.today)
    return Shown(
        tables=(
            summed(
                "accounts",
                f"As of {asked.today}, by account and how long it waits",
                COLUMNS,
                [_cells(row, asked) for row in rows],
                empty="No money waits on any account. It gets there when somebody pays too much, "
                "or when a statement line is put on an account.",
            ),
        ),
        chart=_chart(rows) if rows else None,
    )


def _cells(row: Unapplied, asked: Asked) -> list[Cell]:
    here = {
        "account__id__exact": row.account_id,
        "place__exact": Place.UNAPPLIED,
        "standing": "yes",
    }

    def waiting(wait: Wait) -> str:
        first, last = unapplied.days_of(wait, today=asked.today)
        return rows_of(Allocation, created_at_from=first, created_at_to=last, **here)

    return [
        Cell(row.account, rows_of(Allocation, **here)),
        Cell(row.currency),
        *(Cell(row.by_wait[wait], waiting(wait)) for wait in Wait),
        Cell(row.total, rows_of(Allocation, **here)),
        Cell(f"{row.oldest:%Y-%m-%d}"),
    ]


def _chart(rows: list[Unapplied]) -> Chart:
    currency = rows[0].currency
    mine = [row for row in rows if row.currency == currency]
    return Chart(
        says=f"Bars of the unapplied money in {currency}, by how long it waits.",
        labels=[str(wait.label) for wait in Wait],
        series={"Unapplied": [sum(row.by_wait[wait] for row in mine) for wait in Wait]},
    )


REPORT = Report(
    name="unapplied",
    title="Unapplied money",
    question="Whose money waits on an account, and how long already?",
    counted=(
        "Money that was put on an account and was neither used for a payment nor returned, as it "
        "stands now. How long it waits is the number of days (UTC) since it was put there.",
    ),
    build=build,
    has_period=False,
)
