"""The rows that say where a statement line's money is: written, undone and told in words."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from billing.models import OPEN_LINE, Allocation, Payment, Place, StatementLine
from tenancy.errors import StateConflict
from tenancy.models import Account, User
from tenancy.records import lock


class LineTaken(StateConflict):
    """Somebody else gave the line's money a place. Facts: `current`, the line's state."""

    code = "line_taken"


def lock_in_order(
    *,
    accounts: Iterable[Account] = (),
    payments: Iterable[Payment] = (),
    lines: Iterable[StatementLine] = (),
) -> dict[int, Account]:
    """Lock accounts, then payments, then lines, each by id: no two verbs wait in a circle.

    The accounts of the payments are locked too. Returns the locked accounts by id.
    """
    payments = sorted(payments, key=_id)
    owners = {account.pk: account for account in accounts}
    owners |= {payment.account_id: payment.account for payment in payments}
    for _, account in sorted(owners.items()):
        lock(account)
    for payment in payments:
        lock(payment)
        payment.account = owners[payment.account_id]
    for line in sorted(lines, key=_id):
        lock(line)
    return owners


def place(
    *,
    line: StatementLine,
    place: Place,
    amount: Decimal,
    by: User,
    reason: str,
    now: datetime,
    payment: Payment | None = None,
    account: Account | None = None,
) -> Allocation:
    """Give a part of a locked line's money a place; `amount` in the line's currency."""
    allocation = Allocation.objects.create(
        line=line,
        place=place,
        amount=amount,
        payment=payment,
        account=payment.account if payment is not None else account,
        reason=reason,
        created_at=now,
        created_by=by,
    )
    # A trigger moved these.
    line.refresh_from_db(fields=("remaining", "state", "state_reason"))
    return allocation


def undo(*, allocation: Allocation, by: User, reason: str, now: datetime) -> Allocation:
    """Take a standing allocation back: the money of its locked line has no place again."""
    undone = Allocation.objects.create(
        line=allocation.line,
        place=allocation.place,
        amount=-allocation.amount,
        payment=allocation.payment,
        account=allocation.account,
        reverses=allocation,
        reason=reason,
        created_at=now,
        created_by=by,
    )
    allocation.line.refresh_from_db(fields=("remaining", "state", "state_reason"))
    return undone


def standing() -> QuerySet[Allocation]:
    """The allocations that nothing has undone, oldest first."""
    return Allocation.objects.filter(reverses=None, reversed_by=None).order_by("id")


def refuse_placed(line: StatementLine) -> None:
    """Raises LineTaken (who, when, where) or StateConflict unless the line has money to place."""
    if line.state in OPEN_LINE:
        return
    if line.amount <= 0:
        went = "left the bank account" if line.amount < 0 else "carries no money"
        raise StateConflict(
            f"The line {line} {went}; there is nothing to place.", current=line.state
        )
    raise LineTaken(
        f"The line {line} is {line.get_state_display().lower()} already: {whereabouts(line)}. "
        "Nothing was changed.",
        current=line.state,
    )


def whereabouts(line: StatementLine) -> str:
    """Where the money of a line is, by whom and since when, in words."""
    found = standing().filter(line=line).select_related("payment", "account", "created_by")
    return "; ".join(
        f"{allocation.amount} {line.currency} {_where(allocation)} by {allocation.created_by} at "
        f"{allocation.created_at:%Y-%m-%d %H:%M} UTC"
        for allocation in found
    )


def _where(allocation: Allocation) -> str:
    if allocation.payment is not None:
        return f"to {allocation.payment.reference} of {allocation.account.name}"
    if allocation.place == Place.UNAPPLIED:
        return f"put on the account {allocation.account.name}"
    return allocation.get_place_display().lower()


def _id(instance: Payment | StatementLine) -> int:
    return instance.pk
