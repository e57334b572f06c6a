"""Unapplied money: it came, it is an account's, and it waits to be used or returned."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet, Sum

from billing.models import Allocation, Payment, Place
from billing.services import allocations
from billing.services.allocations import lock_in_order
from billing.services.bookings import Applied, book, refuse_unbookable
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, Currency, User
from tenancy.records import clean_reason, record, refuse_own_account


class MoneyUsed(StateConflict):
    """Somebody used, returned or reopened it before."""

    code = "money_used"


def of_account(account: Account) -> QuerySet[Allocation]:
    """The unapplied money of an account, oldest first."""
    return allocations.standing().filter(account=account, place=Place.UNAPPLIED)


def totals(account: Account) -> dict[str, Decimal]:
    """The sums of an account's unapplied money by currency: money of all kinds is kept."""
    sums = of_account(account).order_by().values_list("line__currency").annotate(Sum("amount"))
    return dict(sums.order_by("line__currency"))


def total(account: Account, *, currency: str = Currency.USD) -> Decimal:
    """The sum of an account's unapplied money in one currency."""
    return totals(account).get(currency, Decimal("0.00"))


@transaction.atomic
def use(
    *,
    allocation: Allocation,
    payment: Payment,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Applied:
    """Apply unapplied money to an open payment of the same account; too much of it stays there.

    Raises MoneyUsed (who, when), InvalidValue for a payment of another account, and what `apply`
    of reconciliation raises.
    """
    reason = clean_reason(reason)
    line = allocation.line
    lock_in_order(payments=[payment], lines=[line])
    account = payment.account
    refuse_own_account(by=by, account=account)
    _refuse_used(allocation)
    if allocation.account_id != account.pk:
        raise InvalidValue(
            f"The money is {allocation.account.name}'s and {payment.reference} is "
            f"{account.name}'s. Reopen the statement line to give it to somebody else.",
            field="payment",
        )
    refuse_unbookable(line, payment, by=by, now=now)
    allocations.undo(allocation=allocation, by=by, reason=reason, now=now)
    done = book(
        line=line,
        payment=payment,
        amount=allocation.amount,
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    record(
        "unapplied_money_used",
        by=by,
        reason=reason,
        target=allocation,
        account=account,
        before={"unapplied": str(allocation.amount)},
        after={
            "unapplied": f"{done.unapplied:.2f}",
            "applied": {payment.reference: f"{done.applied:.2f}"},
        },
        ticket_url=ticket_url,
    )
    return done


@transaction.atomic
def give_back(
    *, allocation: Allocation, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Allocation:
    """Unapplied money went back to its payer. Raises MoneyUsed (who, when), OwnAccount."""
    reason = clean_reason(reason)
    account, line = allocation.account, allocation.line
    if account is None:
        _refuse_used(allocation)
    lock_in_order(accounts=[account], lines=[line])
    refuse_own_account(by=by, account=account)
    _refuse_used(allocation)
    allocations.undo(allocation=allocation, by=by, reason=reason, now=now)
    returned = allocations.place(
        line=line,
        place=Place.RETURNED,
        amount=allocation.amount,
        account=account,
        by=by,
        reason=reason,
        now=now,
    )
    record(
        "unapplied_money_returned",
        by=by,
        reason=reason,
        target=allocation,
        account=account,
        before={"unapplied": str(allocation.amount)},
        after={"unapplied": "0.00", "returned": str(returned.amount)},
        ticket_url=ticket_url,
    )
    return returned


def _refuse_used(allocation: Allocation) -> None:
    """Raises MoneyUsed unless it stands as unapplied money; its line is locked."""
    if allocation.place != Place.UNAPPLIED or allocation.reverses_id is not None:
        raise MoneyUsed(
            f"This is no unapplied money: {allocation.get_place_display().lower()}.",
            current=allocation.place,
        )
    later = Allocation.objects.filter(reverses=allocation).select_related("created_by").first()
    if later is not None:
        where = allocations.whereabouts(allocation.line)
        raise MoneyUsed(
            f"This money was moved by {later.created_by} at {later.created_at:%Y-%m-%d %H:%M} UTC; "
            f"nothing was changed. {'Now: ' + where if where else 'The line is open again'}.",
            current="moved",
        )
