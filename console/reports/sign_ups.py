"""Sign-ups and conversions by month."""

from billing.reports import sign_ups
from billing.reports.sign_ups import SignUps
from console.reports.charts import Chart
from console.reports.report import Asked, Report, Shown, days, rows_of
from console.reports.tables import Cell, number, summed, text
from tenancy.models import Account

COLUMNS = (text("Month"), number("Sign-ups"), number("Conversions"))


def build(asked: Asked) -> Shown:
    rows = sign_ups.by_month(months=asked.months)
    shown = rows if any(row.signed_up or row.converted for row in rows) else []
    return Shown(
        tables=(
            summed(
                "sign-ups",
                "By month",
                COLUMNS,
                [cells(row) for row in shown],
                empty="Nobody signed up or paid for the first time in these months.",
            ),
        ),
        chart=chart(shown) if shown else None,
    )


def cells(row: SignUps) -> list[Cell]:
    signed_up = rows_of(Account, is_system__exact=0, **days("created_at", row.month))
    return [
        Cell(str(row.month)),
        Cell(row.signed_up, signed_up),
        Cell(row.converted, rows_of(Account, converted=row.month)),
    ]


def chart(rows: list[SignUps]) -> Chart:
    return Chart(
        says="Bars of the sign-ups and the conversions of each month.",
        labels=[str(row.month) for row in rows],
        series={
            "Sign-ups": [row.signed_up for row in rows],
            "Conversions": [row.converted for row in rows],
        },
        is_stacked=False,
    )


REPORT = Report(
    name="sign-ups",
    title="Sign-ups",
    question="How many signed up, and how many began to pay?",
    counted=(
        "A sign-up is an account that was created in the month (UTC), whatever became of it. The "
        "company’s own accounts do not count.",
        "A conversion is the first month that an account paid for, in the month in which its "
        "payment was confirmed. A confirmation that was reversed converts nobody.",
    ),
    build=build,
)
