"""Spending: what an operation would cost an account, and taking it, exactly once for each key."""

import json
from datetime import datetime
from typing import NamedTuple

from billing.models import TransactionType
from billing.services import holds
from billing.services.costs import cost_of, price_arguments
from billing.services.ledger import Posted, answer, check_key, post_at_once, with_request
from tenancy.models import Account
from tenancy.round_trip import one_row

# No row where the account cannot spend that, the operation has no price in the table, or another
# call with this key is at work. See docs/adr/0016.
_POST = """
INSERT INTO igny8_credit_transactions (
    account_id, sequence, type, amount, operation, description, reason, idempotency_key, metadata
)
SELECT asked.account, -1, 'deduction', -cost_of_units(price.unit, price.credits, asked.units),
       asked.operation, asked.description, '', asked.key, coalesce(asked.metadata, '{}')
  FROM (
    SELECT %s::bigint AS account, %s::text AS operation, %s::bigint AS units,
           %s::text AS description, %s::text AS key, %s::jsonb AS metadata, %s::boolean AS wait
  ) AS asked
  JOIN igny8_credit_costs AS price ON price.operation = asked.operation
 WHERE asked.wait OR pg_try_advisory_xact_lock(hashtextextended(asked.key, asked.account))
RETURNING id, sequence, amount, balance_after, available_after, created_at
"""
_POST_OR_SAY_WHY_NOT = """
SELECT posted.*
  FROM (
    SELECT %s::bigint AS account, %s::text AS operation, %s::bigint AS units,
           %s::text AS description, %s::text AS key, %s::jsonb AS metadata, %s::boolean AS wait,
           %s::text AS unit, %s::bigint AS credits
  ) AS asked,
       operation_cost(asked.operation, asked.units, asked.unit, asked.credits) AS price,
       post_credit(asked.account, 'deduction', -price.cost, asked.operation, asked.description, '',
                   NULL, NULL, asked.key, NULL, asked.metadata, asked.wait) AS posted
"""


class Estimate(NamedTuple):
    """What an operation would cost, in credits, and whether that can be spent now."""

    allowed: bool
    cost: int
    available: int


def check(*, account: Account, operation: str, now: datetime, units: int = 1) -> Estimate:
    """Estimate an operation without spending. Raises UnknownOperation, InvalidValue."""
    cost = cost_of(operation=operation, units=units)
    # A hold that is over stands in nobody's way, also before it is given back.
    balance = holds.balance(account=account, now=now)
    return Estimate(
        allowed=cost <= balance.available and not balance.frozen,
        cost=cost,
        available=balance.available,
    )


def deduct(
    *,
    account: Account,
    operation: str,
    units: int = 1,
    idempotency_key: str | None,
    description: str = "",
    metadata: dict[str, object] | None = None,
    fingerprint: str = "",
    wait: bool = True,
) -> Posted:
    """Spend an operation's cost, exactly once for each key, in one round trip.

    `fingerprint` is a hash of the caller's request: a key that comes back with another one is
    refused, whatever the prices are by then. Without `wait`, a call whose key is at work in
    another transaction is refused at once instead of standing in line.

    A call that comes back, or is refused, takes a second round trip.

    Raises UnknownOperation, InvalidValue, InsufficientCredits, BalanceFrozen,
    IdempotencyKeyReused, RequestInProgress.
    """
    operation, units, *default_price = price_arguments(operation=operation, units=units)
    if idempotency_key is not None:
        check_key(idempotency_key)
    metadata = with_request(metadata, fingerprint)
    description = description or operation
    asked = (
        account.pk,
        operation,
        units,
        description,
        idempotency_key,
        json.dumps(metadata) if metadata else None,
        wait or idempotency_key is None,
    )
    if posted := post_at_once(_POST, asked):
        row_id, sequence, amount, balance_after, available, created_at = posted
        return Posted(
            row_id,
            sequence,
            TransactionType.DEDUCTION,
            amount,
            balance_after,
            operation,
            description,
            created_at,
            available,
            False,
        )
    return answer(
        one_row(_POST_OR_SAY_WHY_NOT, (*asked, *default_price)),
        account=account,
        type=TransactionType.DEDUCTION,
        operation=operation,
        fingerprint=fingerprint,
    )
