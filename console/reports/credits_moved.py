"""Credits given, used and outstanding by month."""

from billing.models import CreditTransaction, Operation, TransactionType
from billing.reports import credits
from billing.reports.credits import Credits, Used
from billing.reports.months import Month
from console.reports.charts import Chart
from console.reports.report import Asked, Figure, Report, Shown, days, rows_of
from console.reports.tables import Cell, number, summed, text

# As they are read: what gives, what is used, what corrects.
TYPES = (
    TransactionType.SUBSCRIPTION,
    TransactionType.PURCHASE,
    TransactionType.TRIAL,
    TransactionType.GRANT,
    TransactionType.OPENING,
    TransactionType.DEDUCTION,
    TransactionType.ADJUSTMENT,
    TransactionType.REVERSAL,
)
COLUMNS = (
    text("Month"),
    number("Before"),
    *(number(str(type.label)) for type in TYPES),
    number("After"),
)
USED = (text("Month"), text("Operation"), number("Used"))
OPERATIONS = dict(Operation.choices)
# In an address: the rows that name no operation.
NO_OPERATION = "none"


def build(asked: Asked) -> Shown:
    rows = credits.moved(months=asked.months)
    has_rows = any(row.start or row.end or any(row.by_type.values()) for row in rows)
    shown = [_cells(row) for row in rows] if has_rows else []
    last = asked.months.last
    return Shown(
        tables=(
            summed(
                "credits",
                "By month and type",
                COLUMNS,
                shown,
                apart=("Before", "After"),
                empty="The ledger has no row up to these months.",
            ),
            summed(
                "used",
                "Used, by month and operation",
                USED,
                [_used_cells(row) for row in credits.used(months=asked.months)],
                empty="No credits were used in these months.",
            ),
        ),
        chart=_chart(rows) if shown else None,
        figures=(
            Figure(
                "Outstanding",
                f"{rows[-1].end:,} credits",
                "now" if last == Month.of(asked.now) else f"at the end of {last}",
            ),
        ),
    )


def _cells(row: Credits) -> list[Cell]:
    def up_to(last: object) -> str:
        return rows_of(CreditTransaction, created_at_to=last)

    return [
        Cell(str(row.month)),
        Cell(row.start, up_to(row.month.later(-1).last)),
        *(
            Cell(
                row.by_type[type],
                rows_of(CreditTransaction, type__exact=type, **days("created_at", row.month)),
            )
            for type in TYPES
        ),
        Cell(row.end, up_to(row.month.last)),
    ]


def name_of(operation: str) -> str:
    return str(OPERATIONS.get(operation, operation or "Other"))


def used_rows(operation: str, month: Month) -> str:
    """The list of the ledger's rows that an operation's number of a month is the sum of."""
    return rows_of(
        CreditTransaction,
        type__exact=TransactionType.DEDUCTION,
        operation=operation or NO_OPERATION,
        **days("created_at", month),
    )


def _used_cells(row: Used) -> list[Cell]:
    return [
        Cell(str(row.month)),
        Cell(name_of(row.operation)),
        Cell(row.credits, used_rows(row.operation, row.month)),
    ]


def _chart(rows: list[Credits]) -> Chart:
    return Chart(
        says="Bars of credits given and credits used in each month.",
        labels=[str(row.month) for row in rows],
        series={"Given": [row.given for row in rows], "Used": [row.used for row in rows]},
        is_stacked=False,
    )


REPORT = Report(
    name="credits",
    title="Credits",
    question="How many credits were given and used, and how many are still owed?",
    counted=(
        "What the ledger’s rows of a month add up to, by type: given and corrected ones with a "
        "plus, used ones with a minus. Given in the chart is everything but deductions, "
        "corrections included.",
        "Outstanding is what customers can still spend: all rows up to the end of the month. Held "
        "credits are outstanding until they are spent. Before, and all types of the month, add up "
        "to after.",
        "Used by operation is what the rows of the type “used” say they were for.",
    ),
    build=build,
)
