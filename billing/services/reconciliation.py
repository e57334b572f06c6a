"""Incoming money: a whole statement line applied to a bank transfer, or put on an account."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Allocation, Payment, Place, StatementLine
from billing.services import allocations
from billing.services.allocations import lock_in_order, refuse_placed
from billing.services.bookings import Applied, book, refuse_unbookable
from billing.services.line_events import LINE_FIELDS, record_line
from tenancy.models import Account, User
from tenancy.records import clean_reason, refuse_own_account, snapshot
from tenancy.services.accounts import refuse_deleted


@transaction.atomic
def apply(
    *,
    line: StatementLine,
    payment: Payment,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Applied:
    """All the money of a line that has no place yet, to an open payment.

    Less than what is outstanding makes it partly paid and activates nothing; exactly that confirms
    it and carries it out; of more, the excess waits as unapplied money on its account, never as
    credits. Raises LineTaken (who, when, where), AlreadyConfirmed, BankIdUsed, InvalidValue for
    another currency or a value date in the future, StateConflict for a rejected payment and for an
    account that cannot become active; OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_order(payments=[payment], lines=[line])
    refuse_placed(line)
    refuse_unbookable(line, payment, by=by, now=now)
    before = snapshot(line, LINE_FIELDS)
    applied = book(
        line=line,
        payment=payment,
        amount=line.remaining,
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    record_line(
        "line_applied",
        line,
        [applied],
        before=before,
        account=payment.account,
        by=by,
        reason=reason,
        ticket_url=ticket_url,
    )
    return applied


@transaction.atomic
def put_on_account(
    *,
    line: StatementLine,
    account: Account,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Allocation:
    """The money of a line waits on an account, unapplied, to be used for a transfer or returned.

    Raises LineTaken, StateConflict for a deleted account; OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_order(accounts=[account], lines=[line])
    refuse_own_account(by=by, account=account)
    refuse_deleted(account)
    refuse_placed(line)
    before = snapshot(line, LINE_FIELDS)
    allocation = allocations.place(
        line=line,
        place=Place.UNAPPLIED,
        amount=line.remaining,
        account=account,
        by=by,
        reason=reason,
        now=now,
    )
    done = Applied(None, Decimal(0), allocation.amount, is_confirmed=False)
    record_line(
        "money_put_on_account",
        line,
        [done],
        before=before,
        account=account,
        by=by,
        reason=reason,
        ticket_url=ticket_url,
    )
    return allocation
