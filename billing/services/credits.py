"""Credits that staff give, correct and undo, and those that an account starts with."""

from datetime import datetime

from django.db import transaction

from billing.models import CreditBalance, CreditTransaction, TransactionType
from billing.services import grant_limits, second_person
from billing.services.ledger import (
    InsufficientCredits,
    Posted,
    check_amount,
    post,
    refusal,
)
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, AccountStatus, User
from tenancy.records import clean_reason, lock, record, refuse_own_account
from tenancy.services.accounts import refuse_deleted


class AlreadyReversed(StateConflict):
    code = "already_reversed"


@transaction.atomic
def grant(
    *,
    account: Account,
    amount: int,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
    idempotency_key: str | None = None,
    approved_by: User | None = None,
) -> Posted:
    """Give credits, within the person's limits for one grant and for the day (UTC).

    `approved_by` is the other person who allowed it: then the limits have no say, and `by` stays
    who gave.

    Raises InvalidValue unless 1 <= amount <= 10,000,000; OverLimit; StateConflict for a cancelled
    or deleted account; OwnAccount, SelfApproval.
    """
    if isinstance(amount, int) and amount < 0:
        raise InvalidValue(
            f"A grant gives credits; {amount:,} would take them. Use Adjust credits for that.",
            field="amount",
        )
    return _give_or_take(
        TransactionType.GRANT,
        "credits_granted",
        account=account,
        amount=amount,
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
        idempotency_key=idempotency_key,
        approved_by=approved_by,
    )


@transaction.atomic
def adjust(
    *,
    account: Account,
    amount: int,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
    idempotency_key: str | None = None,
    approved_by: User | None = None,
) -> Posted:
    """Correct a balance up (positive) or down (negative), within the person's limits.

    `approved_by` as for a grant.

    Raises InvalidValue for 0 and out of range, InsufficientCredits when more would be taken than
    can be spent, OverLimit, StateConflict for a cancelled or deleted account, OwnAccount,
    SelfApproval.
    """
    return _give_or_take(
        TransactionType.ADJUSTMENT,
        "credits_adjusted",
        account=account,
        amount=amount,
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
        idempotency_key=idempotency_key,
        approved_by=approved_by,
    )


def _give_or_take(
    type: TransactionType,
    verb: str,
    *,
    account: Account,
    amount: int,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str,
    idempotency_key: str | None,
    approved_by: User | None,
) -> Posted:
    reason = clean_reason(reason)
    check_amount(amount)
    # The status must still hold when the row is posted, so the account is locked; its customers'
    # deductions lock only the balance and go on.
    lock(account)
    second_person.refuse_unfit(by=by, approved_by=approved_by, account=account)
    refuse_deleted(account)
    if account.status == AccountStatus.CANCELLED:
        raise StateConflict(
            f"{account.name} is cancelled. Reactivate it before giving or taking credits.",
            current=account.status,
        )
    # A repeated call moves nothing, so the day's limit has no say in it.
    if not _is_posted(account=account, idempotency_key=idempotency_key):
        # Said before the limit: nobody is asked to approve what cannot be done.
        _refuse_more_than_there_is(account, amount)
        grant_limits.check(by=by, amount=abs(amount), now=now, approved_by=approved_by)
    posted = post(
        account=account,
        type=type,
        amount=amount,
        by=by,
        reason=reason,
        description=type.label,
        idempotency_key=idempotency_key,
        metadata={grant_limits.APPROVED_BY: approved_by.email} if approved_by else None,
    )
    if not posted.replayed:
        _record_posted(
            verb,
            posted,
            account=account,
            by=by,
            reason=reason,
            ticket_url=ticket_url,
            approved_by=approved_by,
        )
    return posted


@transaction.atomic
def reverse(*, entry: CreditTransaction, by: User, reason: str, ticket_url: str = "") -> Posted:
    """Undo one ledger row by a linked row of the opposite amount; each row at most once.

    Raises AlreadyReversed (saying by whom and when), StateConflict for a reversal and for a row
    that belongs to a payment, InsufficientCredits when its credits are spent, OwnAccount.
    """
    reason = clean_reason(reason)
    account = entry.account
    # Two reversals of one row stand in line here; the second sees the first one's row.
    lock(account)
    refuse_own_account(by=by, account=account)
    refuse_deleted(account)
    earlier = CreditTransaction.objects.filter(reverses=entry).select_related("created_by").first()
    if earlier is not None:
        raise AlreadyReversed(
            f"Row {entry.sequence} was reversed by {earlier.created_by} at "
            f"{earlier.created_at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current="reversed",
        )
    if entry.type == TransactionType.REVERSAL:
        raise StateConflict(
            f"Row {entry.sequence} is itself a reversal. Grant or adjust credits instead.",
            current=entry.type,
        )
    if entry.payment_id is not None:
        raise StateConflict(
            f"Row {entry.sequence} belongs to payment {entry.payment.reference}; its credits are "
            "undone together with that payment.",
            current=entry.type,
        )
    try:
        posted = post(
            account=account,
            type=TransactionType.REVERSAL,
            amount=-entry.amount,
            by=by,
            reason=reason,
            operation=entry.operation,
            description=f"Reversal of row {entry.sequence}",
            reverses_id=entry.pk,
        )
    except InsufficientCredits as refused:
        left = refused.facts["available"]
        raise InsufficientCredits(
            f"{entry.amount - left:,} of the {entry.amount:,} credits of row {entry.sequence} are "
            f"spent. Adjust the balance by the {left:,} that are left instead.",
            required=entry.amount,
            available=left,
        ) from None
    _record_posted(
        "credits_reversed", posted, account=account, by=by, reason=reason, ticket_url=ticket_url
    )
    return posted


@transaction.atomic
def start(
    *,
    account: Account,
    type: TransactionType,
    amount: int,
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Posted:
    """The first credits of an account: `trial` from its plan or `opening` from another system.

    Raises InvalidValue unless 1 <= amount <= 10,000,000, StateConflict when the account has
    ledger rows already.
    """
    reason = clean_reason(reason)
    check_amount(amount)
    if amount < 0:
        raise InvalidValue(
            f"An account starts with credits or none, not with {amount:,}.", field="amount"
        )
    lock(account)
    if CreditTransaction.objects.filter(account=account).exists():
        raise StateConflict(
            f"{account.name} has credits in its ledger already; use Grant or Adjust credits.",
            current="in use",
        )
    posted = post(
        account=account, type=type, amount=amount, by=by, reason=reason, description=type.label
    )
    _record_posted(
        "credits_opened", posted, account=account, by=by, reason=reason, ticket_url=ticket_url
    )
    return posted


def _refuse_more_than_there_is(account: Account, amount: int) -> None:
    balance = CreditBalance.objects.filter(account=account).first() if amount < 0 else None
    if balance is not None and balance.available < -amount:
        raise refusal("insufficient", account=account, asked=amount, available=balance.available)


def _is_posted(*, account: Account, idempotency_key: str | None) -> bool:
    return (
        idempotency_key is not None
        and CreditTransaction.objects.filter(
            idempotency_key=idempotency_key, account=account
        ).exists()
    )


def _record_posted(
    verb: str,
    posted: Posted,
    *,
    account: Account,
    by: User | None,
    reason: str,
    ticket_url: str,
    approved_by: User | None = None,
) -> None:
    approval = {grant_limits.APPROVED_BY: approved_by.email} if approved_by else {}
    record(
        verb,
        by=by,
        reason=reason,
        target=account,
        account=account,
        before={"credits": posted.balance_after - posted.amount},
        after={"credits": posted.balance_after, "ledger_row": posted.sequence, **approval},
        ticket_url=ticket_url,
    )
