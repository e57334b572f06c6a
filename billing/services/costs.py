"""What an operation costs, in credits."""

from dataclasses import dataclass

from billing.models import CostUnit, CreditCost, Operation
from tenancy.errors import InvalidValue

WORDS_IN_A_UNIT = 100
MAX_UNITS = 1_000_000


@dataclass(frozen=True)
class Cost:
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


class UnknownOperation(InvalidValue):
    code = "unknown_operation"


def cost_of(*, operation: str, units: int) -> int:
    """Credits for `units` ideas, words or images; a fixed cost does not depend on them.

    Words are counted in started hundreds. Raises UnknownOperation, and InvalidValue for units
    outside 1 to 1,000,000.
    """
    if operation not in Operation.values:
        raise UnknownOperation(
            f"There is no operation “{operation}”; known are {', '.join(Operation.values)}.",
            field="operation",
        )
    if isinstance(units, bool) or not isinstance(units, int) or not 1 <= units <= MAX_UNITS:
        raise InvalidValue(
            f"Units are a whole number from 1 to {MAX_UNITS:,}, not {units}.", field="units"
        )
    row = CreditCost.objects.filter(operation=operation).first()
    cost = Cost(CostUnit(row.unit), row.credits) if row else CREDIT_COSTS[Operation(operation)]
    if cost.unit == CostUnit.FIXED:
        return cost.credits
    if cost.unit == CostUnit.HUNDRED_WORDS:
        return cost.credits * -(-units // WORDS_IN_A_UNIT)
    return cost.credits * units
