"""What an operation costs, in credits. The arithmetic is the database function `operation_cost`."""

from typing import NamedTuple

from billing.models import MAX_AMOUNT, CostUnit, CreditCost, Operation
from tenancy.errors import InvalidValue
from tenancy.round_trip import one_row

MAX_UNITS = 1_000_000


class Cost(NamedTuple):
    unit: CostUnit
    credits: int


# Used where the table has no row. Only image_prompt_extraction is known from the ledger of the
# customer's system; the others are defaults that staff edit.
CREDIT_COSTS: dict[Operation, Cost] = {
    Operation.CLUSTERING: Cost(CostUnit.FIXED, 10),
    Operation.IDEA_GENERATION: Cost(CostUnit.IDEA, 1),
    Operation.CONTENT_GENERATION: Cost(CostUnit.HUNDRED_WORDS, 1),
    Operation.IMAGE_GENERATION: Cost(CostUnit.IMAGE, 5),
    Operation.IMAGE_PROMPT_EXTRACTION: Cost(CostUnit.FIXED, 2),
}
# The same as plain text and numbers, ready to be sent.
_DEFAULTS = {
    operation.value: (cost.unit.value, cost.credits) for operation, cost in CREDIT_COSTS.items()
}


class UnknownOperation(InvalidValue):
    code = "unknown_operation"


def cost_of(*, operation: str, units: int) -> int:
    """Credits for `units` ideas, words or images; a fixed cost does not depend on them.

    Words are counted in started hundreds. Raises UnknownOperation, and InvalidValue for units
    outside 1 to 1,000,000 and for those that cost more than one row of the ledger takes.
    """
    (cost,) = one_row(
        "SELECT cost FROM operation_cost(%s, %s, %s, %s)",
        price_arguments(operation=operation, units=units),
    )
    if not 1 <= cost <= MAX_AMOUNT:
        raise cost_out_of_range(cost)
    return cost


def cost_out_of_range(cost: int) -> InvalidValue:
    return InvalidValue(
        f"These units cost {cost:,} credits; a call takes between 1 and {MAX_AMOUNT:,}. Share them "
        "among several calls.",
        field="units",
    )


def price_arguments(*, operation: str, units: int) -> tuple[str, int, str, int]:
    """What the SQL functions of spending take to work out a price; nothing is asked of the
    database. Raises UnknownOperation, InvalidValue.
    """
    default = _DEFAULTS.get(operation) if isinstance(operation, str) else None
    if default is None:
        raise UnknownOperation(
            f"There is no operation “{operation}”; known are {', '.join(Operation.values)}.",
            field="operation",
        )
    check_units(units)
    return (str(operation), units, *default)


def check_units(units: int) -> None:
    """Raises InvalidValue unless `units` is a whole number from 1 to 1,000,000."""
    if type(units) is not int or not 1 <= units <= MAX_UNITS:
        raise InvalidValue(
            f"Units are a whole number from 1 to {MAX_UNITS:,}, not {units}.", field="units"
        )


def price_list() -> dict[Operation, Cost]:
    """What every operation costs now: the table's rows over the constants."""
    rows = {row.operation: row for row in CreditCost.objects.all()}
    return {
        operation: Cost(CostUnit(rows[operation].unit), rows[operation].credits)
        if operation in rows
        else constant
        for operation, constant in CREDIT_COSTS.items()
    }
