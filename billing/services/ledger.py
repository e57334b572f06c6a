"""Posting one row into the credit ledger: the database function `post_credit`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError

from billing.models import MAX_AMOUNT, TransactionType
from billing.services.costs import cost_out_of_range
from tenancy.errors import InvalidValue, ServiceError, StateConflict
from tenancy.models import Account, User
from tenancy.round_trip import one_row

MAX_KEY = 255
# Where a row's metadata says of which request it is the answer.
REQUEST = "request"


class InsufficientCredits(ServiceError):
    """Facts: `required` and `available`, both in credits."""

    code = "insufficient_credits"


class BalanceFrozen(StateConflict):
    code = "balance_frozen"


class IdempotencyKeyReused(ServiceError):
    code = "idempotency_key_reused"


class RequestInProgress(ServiceError):
    """Another call with this key is at work; the same call a moment later gets its answer."""

    code = "idempotency_in_progress"


class Posted(NamedTuple):
    """A row of the ledger, as posted now or, when `replayed`, by an earlier call with its key.

    `available` is what the account can spend now, in credits, at least: holds that are over count
    until they are given back (`holds.balance` does not count them, nor does a refusal).
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


# What the database refuses and `post_credit` has an answer to: a key that was used before, a price
# out of range, a batch with an item that does not fit.
_ANSWERED = ("ledger_idempotency", "ledger_amount_range", "batch_is_whole")

_POST = "SELECT * FROM post_credit(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def check_amount(amount: int) -> None:
    """Raises InvalidValue unless `amount` is a whole number other than 0 within the range."""
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise InvalidValue(f"Credits are whole numbers, not {amount}.", field="amount")
    if amount == 0 or abs(amount) > MAX_AMOUNT:
        raise InvalidValue(
            f"An amount is between 1 and {MAX_AMOUNT:,} credits, not {amount:,}.", field="amount"
        )


def check_key(key: str) -> None:
    """Raises InvalidValue unless `key` is 1 to 255 printable ASCII characters."""
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY or not _is_printable(key):
        raise InvalidValue(
            f"An idempotency key is 1 to {MAX_KEY} printable ASCII characters; a UUID is best.",
            field="idempotency_key",
        )


def with_request(metadata: dict[str, object] | None, fingerprint: str) -> dict[str, object] | None:
    """A caller's metadata, and of which request the row is the answer.

    Raises InvalidValue where the caller's own facts stand in that place.
    """
    if metadata and REQUEST in metadata:
        raise InvalidValue(
            f"Metadata cannot have a member “{REQUEST}”: the row keeps there of which request it "
            "is the answer. Choose another name.",
            field=f"metadata/{REQUEST}",
        )
    return {**(metadata or {}), REQUEST: fingerprint} if fingerprint else metadata


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


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
    if idempotency_key is not None:
        check_key(idempotency_key)
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
        json.dumps(metadata) if metadata else None,
        True,
    )
    row = one_row(_POST, parameters)
    return answer(row, account=account, type=type, operation=operation)


def post_at_once(statement: str, parameters: Sequence[object]) -> tuple | None:
    """The row that a statement of spending returns; None where `post_credit` must be asked instead.

    That is inside of a transaction, which an error would be the end of, where nothing was posted,
    and where the database refuses what `post_credit` has an answer to.
    """
    try:
        return one_row(statement, parameters, outside_only=True)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name not in _ANSWERED:
            raise
        return None


def answer(
    row: Sequence, *, account: Account, type: str, operation: str, fingerprint: str = ""
) -> Posted:
    """What a row of `post_credit` says, as a value or as the refusal it stands for.

    A key that was used before must stand for the same request: the same fingerprint, where both
    calls have one, else the same type, amount and operation.
    """
    outcome, available, asked, *posted, request = row
    if outcome == "posted":
        return Posted(*posted, available, False)
    if outcome == "replayed":
        if fingerprint and request:
            same = fingerprint == request
        else:
            same = (posted[2], posted[3], posted[5]) == (type, asked, operation)
        if same:
            return Posted(*posted, available, True)
        raise reused()
    raise refusal(outcome, account=account, asked=asked, available=available)


def reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused(
        "This key was used before for another request. Use a new key for a new request."
    )


def in_progress() -> RequestInProgress:
    return RequestInProgress(
        "A request with this key is still running. Send it again in a second, with the same key."
    )


def refusal(outcome: str, *, account: Account, asked: int, available: int) -> ServiceError:
    """The refusal that an outcome of the SQL functions of spending stands for."""
    if outcome == "insufficient":
        return InsufficientCredits(
            f"This needs {-asked:,} credits; {account.name} has {available:,} to spend.",
            required=-asked,
            available=available,
        )
    if outcome == "frozen":
        return BalanceFrozen(
            f"The credits of {account.name} are frozen: the ledger's proof found a difference. "
            "Finance must look at it first.",
            current="frozen",
        )
    if outcome == "in_progress":
        return in_progress()
    if outcome == "out_of_range":
        # An amount that a person gives was checked before; this is the price of an operation.
        return cost_out_of_range(-asked)
    if outcome == "unknown_account":
        return InvalidValue(f"The account {account.slug} has no credit balance.", field="account")
    raise AssertionError(outcome)
