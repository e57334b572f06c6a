"""Editing what operations cost. Reading it is in `costs`."""

from django.db import transaction

from billing.models import CostUnit, CreditCost
from tenancy.errors import InvalidValue, StateConflict, is_whole
from tenancy.models import User
from tenancy.records import change, clean_reason, lock

MAX_COST = 10_000


@transaction.atomic
def edit(
    *,
    cost: CreditCost,
    unit: CostUnit,
    credits: int,
    by: User,
    reason: str,
    ticket_url: str = "",
) -> CreditCost:
    """Change an operation's cost from now on; rows posted before keep theirs.

    Raises InvalidValue unless 1 <= credits <= 10,000; StateConflict when nothing differs.
    """
    reason = clean_reason(reason)
    lock(cost)
    if unit not in CostUnit.values:
        raise InvalidValue(f"“{unit}” is no unit of cost.", field="unit")
    if not is_whole(credits, low=1, high=MAX_COST):
        raise InvalidValue(f"A cost is from 1 to {MAX_COST:,} credits.", field="credits")
    if (cost.unit, cost.credits) == (unit, credits):
        raise StateConflict("That is the cost already; nothing was changed.", current="same")
    change(
        cost,
        {"unit": unit, "credits": credits},
        verb="credit_cost_edited",
        by=by,
        reason=reason,
        account=None,
        ticket_url=ticket_url,
    )
    return cost
