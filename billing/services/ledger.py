"""The one way a row gets into the credit ledger: the database function `post_credit`."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from billing.models import MAX_AMOUNT, TransactionType
from tenancy.errors import InvalidValue, ServiceError, StateConflict
from tenancy.models import Account, User


class InsufficientCredits(ServiceError):
    """Facts: `required` and `available`, both in credits."""

    code = "insufficient_credits"


class BalanceFrozen(StateConflict):
    code = "balance_frozen"


class IdempotencyKeyReused(ServiceError):
    code = "idempotency_key_reused"


@dataclass(frozen=True)
class Posted:
    """A row of the ledger, as posted now or, when `replayed`, by an earlier call with its key.

    `available` is what the account can spend now, in credits.
    """

    transaction_id: int
    sequence: int
    type: TransactionType
    amount: int
    balance_after: int
    operation: str
    description: str
    created_at: datetime
    available: int
    replayed: bool


_POST = """
SELECT outcome, available, (posted).id, (posted).sequence, (posted).type, (posted).amount,
       (posted).balance_after, (posted).operation, (posted).description, (posted).created_at
  FROM post_credit(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def check_amount(amount: int) -> None:
    """Raises InvalidValue unless `amount` is a whole number other than 0 within the range."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise InvalidValue(f"Credits are whole numbers, not {amount}.", field="amount")
    if amount == 0 or abs(amount) > MAX_AMOUNT:
        raise InvalidValue(
            f"An amount is between 1 and {MAX_AMOUNT:,} credits, not {amount:,}.", field="amount"
        )


def post(
    *,
    account: Account,
    type: TransactionType,
    amount: int,
    by: User | None,
    reason: str = "",
    operation: str = "",
    description: str = "",
    payment_id: int | None = None,
    reverses_id: int | None = None,
    idempotency_key: str | None = None,
    metadata: dict[str, object] | None = None,
) -> Posted:
    """Post one row in one round trip; `amount` in credits, negative when it takes.

    The same key again returns the first row and posts nothing. Raises InsufficientCredits when
    the account has less than that to spend, BalanceFrozen for a deduction while the proof
    disagrees, IdempotencyKeyReused when the key stands for another row, InvalidValue.
    """
    check_amount(amount)
    parameters = (
        account.pk,
        type,
        amount,
        operation,
        description,
        reason,
        by.pk if by is not None else None,
        payment_id,
        idempotency_key,
        reverses_id,
        json.dumps(metadata or {}),
    )
    with connection.cursor() as cursor:
        cursor.execute(_POST, parameters)
        outcome, available, *row = cursor.fetchone()
    if outcome == "unknown_account":
        raise InvalidValue(f"The account {account.slug} has no credit balance.", field="account")
    if outcome == "insufficient":
        raise InsufficientCredits(
            f"This needs {-amount:,} credits; {account.name} has {available:,} to spend.",
            required=-amount,
            available=available,
        )
    if outcome == "frozen":
        raise BalanceFrozen(
            f"The credits of {account.name} are frozen: the ledger's proof found a difference. "
            "Finance must look at it first.",
            current="frozen",
        )
    posted = Posted(*row, available=available, replayed=outcome == "replayed")
    if posted.replayed and (posted.type, posted.amount, posted.operation) != (
        type,
        amount,
        operation,
    ):
        raise IdempotencyKeyReused(
            "This key was used before for another request. Use a new key for a new request."
        )
    return posted
