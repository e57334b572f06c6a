"""Cash received by month, method and origin, and what was written off."""

from collections import defaultdict
from decimal import Decimal

from billing.models import Activation, Allocation, Payment, Place
from billing.reports import cash
from billing.reports.cash import Cash, Origin, WrittenOff
from billing.reports.months import Months
from console.reports.charts import Chart
from console.reports.report import Asked, Report, Shown, days, rows_of
from console.reports.tables import CURRENCY, Cell, number, summed, text

RECEIVED = (
    text("Month"),
    text("Method"),
    text("From"),
    text(CURRENCY),
    number("Received"),
    number("Taken back"),
    number("Cash"),
)
WRITTEN_OFF = (
    text("Month"),
    text(CURRENCY),
    number("Written off"),
    number("Taken back"),
    number("Lost"),
)
PLACES = {Origin.APPLIED: Place.PAYMENT, Origin.UNAPPLIED: Place.UNAPPLIED}


def build(asked: Asked) -> Shown:
    rows = cash.received(months=asked.months)
    written_off = cash.written_off(months=asked.months)
    return Shown(
        tables=(
            summed(
                "received",
                "By month, method and origin",
                RECEIVED,
                [_received(row) for row in rows],
                empty="No money was booked in these months. It counts once a statement line is "
                "applied or put on an account, or a bank transfer is confirmed by hand.",
            ),
            summed(
                "written-off",
                "Written off: missing, and not asked for",
                WRITTEN_OFF,
                [_written_off(row) for row in written_off],
                empty="Nothing was written off in these months.",
            ),
        ),
        chart=_chart(rows, asked.months) if rows else None,
    )


def _received(row: Cash) -> list[Cell]:
    method = row.method
    if row.origin == Origin.BY_HAND:
        received = rows_of(
            Payment, by_hand="yes", method__exact=method, **days("value_date", row.month)
        )
        taken_back = rows_of(
            Activation, by_hand="yes", payment__method__exact=method, **days("at", row.month)
        )
    else:
        # What is unapplied is on no payment, and so has no payment's method.
        of_payment = {"payment__method__exact": method} if row.origin == Origin.APPLIED else {}
        place = {"place__exact": PLACES[row.origin], "counted": row.month, **of_payment}
        received = rows_of(Allocation, undoes="no", **place)
        taken_back = rows_of(Allocation, undoes="yes", **place)
    return [
        Cell(str(row.month)),
        Cell(str(method.label)),
        Cell(str(row.origin.label)),
        Cell(row.currency),
        Cell(row.received, received),
        Cell(row.taken_back, taken_back),
        Cell(row.net),
    ]


def _written_off(row: WrittenOff) -> list[Cell]:
    return [
        Cell(str(row.month)),
        Cell(row.currency),
        Cell(
            row.written_off, rows_of(Payment, written_off="yes", **days("confirmed_at", row.month))
        ),
        Cell(row.taken_back, rows_of(Activation, written_off="yes", **days("at", row.month))),
        Cell(row.net),
    ]


def _chart(rows: list[Cash], months: Months) -> Chart:
    sums: dict[tuple[str, Origin], Decimal] = defaultdict(Decimal)
    currency = rows[0].currency
    for row in rows:
        if row.currency == currency:
            sums[str(row.month), row.origin] += row.net
    labels = [str(month) for month in months]
    return Chart(
        says=f"Bars of the cash of each month in {currency}, by where it came from.",
        labels=labels,
        series={
            str(origin.label): [sums[label, origin] for label in labels]
            for origin in Origin
            if any(row.origin == origin for row in rows)
        },
    )


REPORT = Report(
    name="cash",
    title="Cash received",
    question="How much money of customers came in, month by month?",
    counted=(
        "Money of a statement line counts once it is on a payment or unapplied on an account, in "
        "the month of the bank’s value date. Returned, ignored and open money is not cash.",
        "A reversed confirmation and unapplied money that is used or returned are taken back in "
        "the month in which that is done. Once something of a line was taken back, what is placed "
        "of it later counts in the month in which that is done: the same money is never new twice.",
        "A payment confirmed by hand counts by its value date, with what no statement line "
        "brought; its reversal in the month of the reversal.",
        "What was written off never came in; it stands in a table of its own, in the month in "
        "which it was written off.",
    ),
    build=build,
)
