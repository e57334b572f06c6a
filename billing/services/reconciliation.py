"""Incoming money: a statement line applied to bank transfers, put on accounts, or set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import (
    Allocation,
    Payment,
    PaymentStatus,
    Place,
    StatementLine,
)
from billing.services import allocations, payer_links
from billing.services.allocations import LineTaken, lock_in_order, refuse_placed
from billing.services.bookings import Applied, book, refuse_unbookable
from billing.services.line_verbs import give_back, hold, ignore, release, reopen
from billing.services.write_offs import OverTolerance, write_off
from tenancy.errors import InvalidValue, ServiceError, StateConflict
from tenancy.models import Account, User
from tenancy.records import clean_reason, record, refuse_own_account, snapshot
from tenancy.services.accounts import refuse_deleted

__all__ = (
    "Applied",
    "LineTaken",
    "NotTheSameMoney",
    "OverTolerance",
    "Part",
    "SplitDiffers",
    "apply",
    "give_back",
    "hold",
    "ignore",
    "link",
    "put_on_account",
    "release",
    "reopen",
    "split",
    "write_off",
)

LINE_FIELDS = ("state", "remaining")


class SplitDiffers(ServiceError):
    """Facts: `line`, `parts` and `difference` as decimal strings in the line's currency."""

    code = "split_differs"


class NotTheSameMoney(StateConflict):
    """The line is not what was confirmed by hand."""

    code = "not_the_same_money"


@dataclass(frozen=True)
class Part:
    """A part of a line's money, for an open payment or for an account to wait on.

    `amount` is positive, in the line's currency, with at most two decimals.
    """

    amount: Decimal
    payment: Payment | None = None
    account: Account | None = None


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
    _record_line(
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
def split(
    *,
    line: StatementLine,
    parts: Sequence[Part],
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> list[Applied]:
    """Divide the money of a line that has no place yet over payments and accounts.

    All parts or none; the answer is in their order. A part above what its payment lacks leaves the
    excess on that account. Raises SplitDiffers unless the parts make up exactly that money,
    InvalidValue for parts that cannot be, and what `apply` raises.
    """
    reason = clean_reason(reason)
    owners = lock_in_order(
        accounts=[part.account for part in parts if part.account is not None],
        payments=[part.payment for part in parts if part.payment is not None],
        lines=[line],
    )
    refuse_placed(line)
    _refuse_parts(line, parts)
    for part in parts:
        if part.payment is not None:
            refuse_unbookable(line, part.payment, by=by, now=now)
        else:
            refuse_own_account(by=by, account=owners[part.account.pk])
            refuse_deleted(owners[part.account.pk])
    facts = {"by": by, "reason": reason, "now": now}
    before = snapshot(line, LINE_FIELDS)
    done: list[Applied] = []
    for part in parts:
        if part.payment is not None:
            one = book(
                line=line, payment=part.payment, amount=part.amount, ticket_url=ticket_url, **facts
            )
        else:
            account = owners[part.account.pk]
            allocations.place(
                line=line, place=Place.UNAPPLIED, amount=part.amount, account=account, **facts
            )
            one = Applied(None, Decimal(0), part.amount, is_confirmed=False)
        done.append(one)
    for account in owners.values():
        _record_line(
            "line_split",
            line,
            [one for part, one in zip(parts, done, strict=True) if _owner_of(part) == account.pk],
            before=before,
            account=account,
            by=by,
            reason=reason,
            ticket_url=ticket_url,
        )
    return done


def _owner_of(part: Part) -> int:
    return part.payment.account_id if part.payment is not None else part.account.pk


def _refuse_parts(line: StatementLine, parts: Sequence[Part]) -> None:
    for part in parts:
        if (part.payment is None) == (part.account is None):
            raise InvalidValue("Each part goes to a bank transfer or to an account.", field="parts")
        in_cents = part.amount.is_finite() and part.amount == round(part.amount, 2)
        if not in_cents or part.amount <= 0:
            raise InvalidValue(
                f"A part is an amount above 0 with at most two decimals, not {part.amount}.",
                field="parts",
            )
    payments = [part.payment.pk for part in parts if part.payment is not None]
    accounts = [part.account.pk for part in parts if part.account is not None]
    if len(set(payments)) < len(payments) or len(set(accounts)) < len(accounts):
        raise InvalidValue("Name each bank transfer and each account once.", field="parts")
    total = sum((part.amount for part in parts), Decimal(0))
    if total != line.remaining:
        difference = line.remaining - total
        where = "have no part yet" if difference > 0 else "are more than there is"
        raise SplitDiffers(
            f"The line {line} has {line.remaining} {line.currency} to divide, the parts make "
            f"{total}: {abs(difference)} {where}.",
            line=str(line.remaining),
            parts=str(total),
            difference=str(difference),
        )


@transaction.atomic
def link(
    *,
    line: StatementLine,
    payment: Payment,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Allocation:
    """Say that a line is the money of a payment that was confirmed by hand with its bank id.

    Nothing is activated again. What the line has more waits as unapplied money on the account.
    Raises LineTaken, NotTheSameMoney when bank id, currency or amount say otherwise, StateConflict
    unless the payment is confirmed; OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_order(payments=[payment], lines=[line])
    account = payment.account
    refuse_own_account(by=by, account=account)
    refuse_placed(line)
    amount = _booked_by_hand(line, payment)
    before = snapshot(line, LINE_FIELDS)
    facts = {"by": by, "reason": reason, "now": now}
    allocation = allocations.place(
        line=line, place=Place.PAYMENT, amount=amount, payment=payment, **facts
    )
    excess = line.remaining
    if excess:
        allocations.place(line=line, place=Place.UNAPPLIED, amount=excess, account=account, **facts)
    payer_links.remember(line=line, account=account, by=by, now=now)
    done = Applied(payment, amount, excess, is_confirmed=True)
    _record_line(
        "line_linked",
        line,
        [done],
        before=before,
        account=account,
        by=by,
        reason=reason,
        ticket_url=ticket_url,
    )
    return allocation


def _booked_by_hand(line: StatementLine, payment: Payment) -> Decimal:
    """How much of a payment's money was booked by hand with this line's bank id."""
    if payment.status != PaymentStatus.CONFIRMED:
        raise StateConflict(
            f"{payment.reference} is {payment.get_status_display().lower()}, not confirmed by "
            "hand. Apply the line to an open bank transfer.",
            current=payment.status,
        )
    if not line.bank_transaction_id or line.bank_transaction_id != payment.bank_transaction_id:
        raise NotTheSameMoney(
            f"{payment.reference} was confirmed with the bank id {payment.bank_transaction_id}, "
            f"the line has {line.bank_transaction_id or 'none'}. They are not the same transfer.",
            current=payment.status,
        )
    placed = allocations.standing().filter(payment=payment).values_list("amount", flat=True)
    by_hand = payment.received_total - sum(placed, Decimal(0))
    if by_hand <= 0:
        raise NotTheSameMoney(
            f"{payment.reference} has all of its money from statement lines already.",
            current=payment.status,
        )
    if line.currency != payment.currency or line.remaining < by_hand:
        raise NotTheSameMoney(
            f"{payment.reference} was confirmed by hand over {by_hand} {payment.currency}, the "
            f"line {line} has {line.remaining} {line.currency}. Reverse the confirmation and apply "
            "the line.",
            current=payment.status,
        )
    return by_hand


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
    _record_line(
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


def _record_line(
    verb: str,
    line: StatementLine,
    done: Sequence[Applied],
    *,
    before: dict[str, object],
    account: Account,
    by: User,
    reason: str,
    ticket_url: str,
) -> None:
    """One event under an account, which tells what of the line's money is its own."""
    paid = {one.payment.reference: f"{one.applied:.2f}" for one in done if one.payment is not None}
    unapplied = sum((one.unapplied for one in done), Decimal(0))
    record(
        verb,
        by=by,
        reason=reason,
        target=line,
        account=account,
        before=before,
        after={
            **snapshot(line, LINE_FIELDS),
            **({"applied": paid} if paid else {}),
            **({"unapplied": f"{unapplied:.2f}"} if unapplied else {}),
        },
        ticket_url=ticket_url,
    )
