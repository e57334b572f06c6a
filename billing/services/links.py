"""The statement line of a transfer that was confirmed by hand before the statement came."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Allocation, Payment, PaymentStatus, Place, StatementLine
from billing.services import allocations, payer_links
from billing.services.allocations import lock_in_order, refuse_placed
from billing.services.bookings import Applied
from billing.services.line_events import LINE_FIELDS, record_line
from tenancy.errors import StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, refuse_own_account, snapshot


class NotTheSameMoney(StateConflict):
    """The line is not what was confirmed by hand."""

    code = "not_the_same_money"


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
    record_line(
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
