"""A statement line set aside: held, released, ignored, returned, and opened again."""

from datetime import datetime

from django.db import transaction

from billing.models import Allocation, LineState, Place, StatementLine
from billing.services import allocations
from billing.services.allocations import lock_in_order, refuse_placed
from tenancy.errors import StateConflict
from tenancy.models import AuditEvent, User
from tenancy.records import clean_reason, record, refuse_own_account, snapshot

# What `reopen` takes back. A payment is undone by reversing it, with all it set in motion.
REOPENED = (Place.UNAPPLIED, Place.RETURNED, Place.IGNORED)


@transaction.atomic
def hold(*, line: StatementLine, by: User, reason: str, ticket_url: str = "") -> StatementLine:
    """Put an open line out of the way until somebody knows more; it stays open.

    Raises LineTaken, StateConflict when it is held already (by whom and since when).
    """
    return _turn(line, LineState.HELD, "line_held", by=by, reason=reason, ticket_url=ticket_url)


@transaction.atomic
def release(*, line: StatementLine, by: User, reason: str, ticket_url: str = "") -> StatementLine:
    """Put a held line back among the new ones. Raises LineTaken, StateConflict when not held."""
    return _turn(line, LineState.NEW, "line_released", by=by, reason=reason, ticket_url=ticket_url)


@transaction.atomic
def ignore(
    *, line: StatementLine, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Allocation:
    """What remains of a line is no customer's money; the reason says what it is.

    Raises LineTaken.
    """
    return _set_aside(
        line, Place.IGNORED, "line_ignored", by=by, reason=reason, now=now, ticket_url=ticket_url
    )


@transaction.atomic
def give_back(
    *, line: StatementLine, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Allocation:
    """What remains of a line went back to its payer. Raises LineTaken."""
    return _set_aside(
        line, Place.RETURNED, "line_returned", by=by, reason=reason, now=now, ticket_url=ticket_url
    )


@transaction.atomic
def reopen(
    *, line: StatementLine, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> StatementLine:
    """Take back where a line was ignored, returned, or put on accounts; its money is open again.

    What it paid stays. Raises StateConflict when there is nothing to take back; OwnAccount.
    """
    reason = clean_reason(reason)
    seen = {allocation.account_id: allocation.account for allocation in _set_aside_of(line)}
    owners = lock_in_order(
        accounts=[account for account in seen.values() if account is not None], lines=[line]
    )
    for account in owners.values():
        refuse_own_account(by=by, account=account)
    undone = to_take_back(line)
    if not {allocation.account_id for allocation in undone} <= seen.keys():
        raise StateConflict(
            f"The line {line} changed a moment ago. Look at it again.", current=line.state
        )
    before = {**snapshot(line, ("state", "remaining")), "was": allocations.whereabouts(line)}
    for allocation in undone:
        allocation.line = line
        allocations.undo(allocation=allocation, by=by, reason=reason, now=now)
    for account in list(owners.values()) or [None]:
        record(
            "line_reopened",
            by=by,
            reason=reason,
            target=line,
            account=account,
            before=before,
            after=snapshot(line, ("state", "remaining")),
            ticket_url=ticket_url,
        )
    return line


def _set_aside_of(line: StatementLine) -> list[Allocation]:
    return list(
        allocations.standing().filter(line=line, place__in=REOPENED).select_related("account")
    )


def to_take_back(line: StatementLine) -> list[Allocation]:
    """Where `reopen` would take money of the line back from. Raises StateConflict when nowhere."""
    found = _set_aside_of(line)
    if found:
        return found
    paid = allocations.standing().filter(line=line).select_related("payment").first()
    if paid is not None:
        way_out = f"paid {paid.payment.reference}. Reverse that bank transfer, and it is open again"
    else:
        way_out = f"is {line.get_state_display().lower()}; nothing was changed"
    raise StateConflict(f"The line {line} {way_out}.", current=line.state)


def _turn(
    line: StatementLine, to: LineState, verb: str, *, by: User, reason: str, ticket_url: str
) -> StatementLine:
    reason = clean_reason(reason)
    lock_in_order(lines=[line])
    refuse_placed(line)
    if line.state == to:
        raise StateConflict(
            f"The line {line} is {line.get_state_display().lower()} already{_since(line, verb)}; "
            "nothing was changed.",
            current=line.state,
        )
    before = snapshot(line, ("state", "state_reason"))
    line.state, line.state_reason = to, reason
    line.save(update_fields=["state", "state_reason"])
    record(
        verb,
        by=by,
        reason=reason,
        target=line,
        account=None,
        before=before,
        after=snapshot(line, ("state", "state_reason")),
        ticket_url=ticket_url,
    )
    return line


def _since(line: StatementLine, verb: str) -> str:
    """By whom and since when, as the audit trail tells it."""
    event = (
        AuditEvent.objects.filter(
            target_type="statementline",
            target_id=str(line.pk),
            verb=verb,
            result=AuditEvent.Result.DONE,
        )
        .order_by("-id")
        .first()
    )
    return f", by {event.actor_label} at {event.at:%Y-%m-%d %H:%M} UTC" if event else ""


def _set_aside(
    line: StatementLine,
    place: Place,
    verb: str,
    *,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str,
) -> Allocation:
    reason = clean_reason(reason)
    lock_in_order(lines=[line])
    refuse_placed(line)
    before = snapshot(line, ("state", "remaining"))
    allocation = allocations.place(
        line=line, place=place, amount=line.remaining, by=by, reason=reason, now=now
    )
    record(
        verb,
        by=by,
        reason=reason,
        target=line,
        account=None,
        before=before,
        after={**snapshot(line, ("state", "remaining")), "amount": str(allocation.amount)},
        ticket_url=ticket_url,
    )
    return allocation
