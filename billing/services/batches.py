"""Many deductions in one statement, for workers that settle a heap of small work at once."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from billing.models import TransactionType
from billing.services.costs import price_arguments
from billing.services.ledger import Posted, answer, check_key, post_at_once, with_request
from tenancy.errors import InvalidValue, ServiceError
from tenancy.models import Account
from tenancy.round_trip import all_rows

MAX_ITEMS = 1_000

# All or nothing: an error where one item cannot be posted, or has no price in the table. See
# docs/adr/0021.
_POST = """
INSERT INTO igny8_credit_batches (items) VALUES (%s::jsonb)
RETURNING created_at, ids, sequences, amounts, balances_after, available_after
"""
# Each for itself, with its refusal where it has one.
_POST_OR_SAY_WHY_NOT = "SELECT * FROM deduct_many(%s::jsonb)"


class Deduction(NamedTuple):
    """One item; the arguments of `spending.deduct`. The key is not optional here."""

    account: Account
    operation: str
    idempotency_key: str
    units: int = 1
    description: str = ""
    metadata: dict[str, object] | None = None
    fingerprint: str = ""


class Outcome(NamedTuple):
    """What became of one item: either `posted` (a replay says so) or `refusal` is there."""

    posted: Posted | None
    refusal: ServiceError | None


def deduct_many(*, items: Sequence[Deduction]) -> list[Outcome]:
    """Spend many operations' costs in one round trip; the results stand in the items' order.

    A batch in which something comes back, or does not fit, takes a second round trip.

    The items of an account are applied in the order given. One that does not fit is refused alone
    (InsufficientCredits in its outcome) and the others go on: a later, smaller one may still fit.
    BalanceFrozen, IdempotencyKeyReused and InvalidValue (for an account without a balance, and for
    a price out of range) are told per item too.

    Raises UnknownOperation and InvalidValue, naming the item and before anything is spent, for
    items that are wrong in themselves and unless there are 1 to 1,000 of them.
    """
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidValue(
            f"A batch has 1 to {MAX_ITEMS:,} deductions, not {len(items):,}.", field="items"
        )
    asked = json.dumps([_asked(n, item) for n, item in enumerate(items)])
    if posted := post_at_once(_POST, [asked]):
        created_at, *columns = posted
        return [
            Outcome(_posted(item, row, created_at), None)
            for item, row in zip(items, zip(*columns, strict=True), strict=True)
        ]
    rows = all_rows(_POST_OR_SAY_WHY_NOT, [asked])
    # The database counts from one.
    outcomes = {n - 1: _outcome(n - 1, items[n - 1], row) for n, *row in rows}
    return [outcomes[number] for number in range(len(items))]


def _asked(number: int, item: Deduction) -> dict[str, object]:
    try:
        operation, units, unit, credits = price_arguments(
            operation=item.operation, units=item.units
        )
        check_key(item.idempotency_key)
        metadata = with_request(item.metadata, item.fingerprint)
    except InvalidValue as error:
        error.facts["item"] = number
        raise
    return {
        "account": item.account.pk,
        "operation": operation,
        "units": units,
        "unit": unit,
        "credits": credits,
        "key": item.idempotency_key,
        "description": item.description or operation,
        "metadata": metadata or None,
    }


def _posted(item: Deduction, row: Sequence[int], created_at: datetime) -> Posted:
    row_id, sequence, amount, balance_after, available = row
    return Posted(
        row_id,
        sequence,
        TransactionType.DEDUCTION,
        amount,
        balance_after,
        str(item.operation),
        item.description or str(item.operation),
        created_at,
        available,
        False,
    )


def _outcome(number: int, item: Deduction, row: Sequence) -> Outcome:
    try:
        posted = answer(
            row,
            account=item.account,
            type="deduction",
            operation=item.operation,
            fingerprint=item.fingerprint,
        )
    except ServiceError as refusal:
        if isinstance(refusal, InvalidValue):
            refusal.facts["item"] = number
        return Outcome(None, refusal)
    return Outcome(posted, None)
