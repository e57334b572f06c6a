"""Holds: credits set aside before the work, spent or given back after it.

Two calls that each fit alone but not together cannot both be held, so neither runs for nothing.
"""

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, models, transaction

from billing.models import CreditBalance, CreditHold, HoldStatus
from billing.services.costs import check_units, price_arguments
from billing.services.ledger import Posted, check_key, in_progress, refusal, reused
from tenancy.errors import InvalidValue, ServiceError, StateConflict
from tenancy.models import Account
from tenancy.round_trip import one_row

MAX_SECONDS = 24 * 3600
DEFAULT_SECONDS = 900


class HoldNotFound(ServiceError):
    """There is no such hold, or it is another account's: the answer does not say which."""

    code = "not_found"


class CommitOverHold(ServiceError):
    """Facts: `required` is what the work cost and `held` what was set aside, in credits."""

    code = "commit_over_hold"


class Held(NamedTuple):
    """A hold as it stands now: `expired` once its time is over, also before it is given back.

    `amount` and `committed_amount` in credits; `available` is what the account can spend now at
    least, as in `ledger.Posted`. `replayed`: an earlier call did this already.
    """

    id: uuid.UUID
    operation: str
    units: int
    amount: int
    status: HoldStatus
    created_at: datetime
    expires_at: datetime
    committed_units: int | None
    committed_amount: int | None
    available: int
    replayed: bool


class Balance(NamedTuple):
    """Credits of an account at a moment: all of them, those held and those that can be spent."""

    credits: int
    held: int
    available: int
    frozen: bool


_HOLD = """(hold).id, (hold).operation, (hold).units, (hold).amount, (hold).status,
       (hold).created_at, (hold).expires_at, (hold).committed_units, (hold).committed_amount"""
_RESERVE = f"""
SELECT outcome, available, asked, {_HOLD}
  FROM reserve_credits(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""  # noqa: S608 - two constants
_COMMIT = f"""
SELECT outcome, available, asked, {_HOLD},
       (posted).id, (posted).sequence, (posted).type, (posted).amount, (posted).balance_after,
       (posted).operation, (posted).description, (posted).created_at
  FROM commit_hold(%s, %s, %s, %s)
"""  # noqa: S608 - two constants
_RELEASE = f"SELECT outcome, available, {_HOLD} FROM release_hold(%s, %s, %s)"  # noqa: S608
_COLUMNS_OF_HOLD = 9


def reserve(
    *,
    account: Account,
    operation: str,
    units: int,
    idempotency_key: str,
    now: datetime,
    expires_in: int = DEFAULT_SECONDS,
    wait: bool = True,
) -> Held:
    """Set an operation's cost aside for `expires_in` seconds (1 to 86,400), once for each key.

    The same key again returns the hold as it stands by then: work that begins on it looks at its
    `status` first, since only what is `held` can be committed. Without `wait`, a call whose key is
    at work in another transaction is refused at once.

    Raises UnknownOperation, InvalidValue, InsufficientCredits, BalanceFrozen,
    IdempotencyKeyReused when the key stands for other units, another operation or another time to
    last, RequestInProgress.
    """
    price = price_arguments(operation=operation, units=units)
    check_key(idempotency_key)
    if type(expires_in) is not int or not 1 <= expires_in <= MAX_SECONDS:
        raise InvalidValue(
            f"A hold lasts 1 to {MAX_SECONDS:,} seconds, not {expires_in}.", field="expires_in"
        )
    parameters = (
        account.pk,
        str(uuid.uuid4()),
        *price,
        idempotency_key,
        now,
        now + timedelta(seconds=expires_in),
        wait,
    )
    outcome, available, asked, *hold = one_row(_RESERVE, parameters)
    if outcome == "in_progress":
        raise in_progress()
    if outcome not in ("reserved", "replayed"):
        raise refusal(outcome, account=account, asked=-(asked or 0), available=available)
    held = _held(hold, available, now=now, replayed=outcome == "replayed")
    lasts = held.expires_at - held.created_at
    if (held.operation, held.units, lasts) != (operation, units, timedelta(seconds=expires_in)):
        raise reused()
    return held


def commit(
    *, account: Account, hold_id: uuid.UUID | str, units: int, now: datetime
) -> tuple[Held, Posted]:
    """Spend what the work really took, at the hold's price, and give the rest back.

    Again with the same units it returns the first result. Raises InvalidValue, HoldNotFound,
    CommitOverHold when the units cost more than is held, BalanceFrozen, StateConflict for a hold
    that is released, expired or committed with other units.
    """
    check_units(units)
    outcome, available, asked, *row = one_row(_COMMIT, (account.pk, _hold_id(hold_id), units, now))
    replayed = outcome == "replayed"
    if outcome == "over_hold":
        amount = row[3]
        raise CommitOverHold(
            f"{units:,} units cost {asked:,} credits, but {amount:,} are held. "
            "Commit fewer units, or reserve again.",
            required=asked,
            held=amount,
        )
    if outcome == "frozen":
        raise refusal(outcome, account=account, asked=0, available=available)
    if outcome != "posted" and not replayed:
        raise _refused(outcome, row, "committed")
    held = _held(row[:_COLUMNS_OF_HOLD], available, now=now, replayed=replayed)
    return held, Posted(*row[_COLUMNS_OF_HOLD:], available, replayed)


def release(*, account: Account, hold_id: uuid.UUID | str, now: datetime) -> Held:
    """Give back what was set aside: the work is not done.

    Again it returns the hold and changes nothing. Raises HoldNotFound, StateConflict for a hold
    that is committed or expired.
    """
    outcome, available, *hold = one_row(_RELEASE, (account.pk, _hold_id(hold_id), now))
    replayed = outcome == HoldStatus.RELEASED
    if outcome != "resolved" and not replayed:
        raise _refused(outcome, hold, "released")
    return _held(hold, available, now=now, replayed=replayed)


def over(*, now: datetime) -> models.QuerySet[Account]:
    """The accounts with holds that are over at `now`. Those of a frozen account stay."""
    due = CreditHold.objects.filter(status=HoldStatus.HELD, expires_at__lte=now)
    return Account.objects.filter(
        pk__in=due.values("account"), credit_balance__frozen=False
    ).order_by("id")


@transaction.atomic
def expire(*, account: Account, now: datetime) -> list[uuid.UUID]:
    """Give back every hold of an account that is over at `now`; which they were.

    Safe to run again and twice at once; nothing happens to a frozen account.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM expire_holds(%s, %s)", (account.pk, now))
        return [hold_id for (hold_id,) in cursor.fetchall()]


def balance(*, account: Account, now: datetime) -> Balance:
    """What an account has at `now`; holds that are over do not count as held any more."""
    row = CreditBalance.objects.get(account=account)
    due = sum(
        CreditHold.objects.filter(
            account=account, status=HoldStatus.HELD, expires_at__lte=now
        ).values_list("amount", flat=True)
    )
    return Balance(
        credits=row.credits,
        held=row.held - due,
        available=row.available + due,
        frozen=row.frozen,
    )


def _held(row: list, available: int, *, now: datetime, replayed: bool) -> Held:
    held = Held(*row, available, replayed)
    if held.status == HoldStatus.HELD and held.expires_at <= now:
        return held._replace(status=HoldStatus.EXPIRED)
    return held


def _hold_id(value: uuid.UUID | str) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise _not_found() from None


def _not_found() -> HoldNotFound:
    return HoldNotFound("There is no such hold.")


def _refused(outcome: str, row: list, done: str) -> ServiceError:
    if outcome == "not_found":
        return _not_found()
    was = f"committed with {row[7]:,} units" if outcome == HoldStatus.COMMITTED else outcome
    return StateConflict(
        f"This hold is {was} already and cannot be {done} now; nothing was changed.",
        current=outcome,
    )
