"""Subscriptions paid by bank transfer, from the renewal's invoice to the end of grace.

7 days before a paid period ends its renewal is invoiced; at the end, unpaid, the subscription is
past due; 7 days later the account is suspended. Each step is a list of what is due at a time and
a function for one of it, which looks again under the account's lock: the daily job can come late,
again, or twice at once. The steps follow from facts, so after days of not running each is
done, in this order, once; who is billed late because of that has 7 days from then.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import (
    OPEN_PAYMENT,
    Invoice,
    Payment,
    Subscription,
    SubscriptionStatus,
)
from billing.services import bank_transfers, payment_mails
from billing.services.payment_mails import open_payment
from billing.services.subscriptions import GRACE
from tenancy.models import AccountStatus, PaymentMethod, SuspensionReason
from tenancy.records import SYSTEM, change, lock
from tenancy.services.accounts import DAY
from tenancy.services.lifecycle import move

INVOICED_BEFORE = 7 * DAY

OPEN_OF_ACCOUNT = Payment.objects.filter(account_id=OuterRef("account_id"), status__in=OPEN_PAYMENT)
# Also one that was rejected since: a period is renewed once.
RENEWS_THE_PERIOD = Invoice.objects.filter(
    account_id=OuterRef("account_id"), renews_period_end=OuterRef("current_period_end")
)
CAN_BE_PAID = Q(account__plan__is_active=True, account__plan__archived_at=None)


def due(*, now: datetime) -> QuerySet[Subscription]:
    """Subscriptions whose renewal is to be invoiced at `now`."""
    return _to_be_renewed(now).filter(CAN_BE_PAID)


def not_payable(*, now: datetime) -> QuerySet[Subscription]:
    """Those that cannot be renewed because their plan is not sold any more: somebody must talk to
    the customer.
    """
    return _to_be_renewed(now).exclude(CAN_BE_PAID)


@transaction.atomic
def renew(*, subscription: Subscription, now: datetime) -> Payment | None:
    """Invoice the next month and wait for its transfer; None when that is not due any more."""
    account = subscription.account
    lock(account)
    if not due(now=now).filter(pk=subscription.pk).exists():
        return None
    lock(subscription)
    return bank_transfers.ask_for(
        account=account,
        plan=account.plan,
        by=SYSTEM,
        reason=f"The paid period ends on {_day(subscription.current_period_end)}.",
        now=now,
        renews_period_end=subscription.current_period_end,
    )


def ended(*, now: datetime) -> QuerySet[Subscription]:
    """Subscriptions whose paid period is over at `now` and that still count as active."""
    return (
        _by_transfer()
        .filter(status=SubscriptionStatus.ACTIVE, current_period_end__lte=now)
        .exclude(account__status=AccountStatus.CANCELLED)
        # What costs nothing cannot be past due.
        .filter(Q(account__plan__price__gt=0) | Q(cancel_at_period_end=True))
    )


@transaction.atomic
def end(*, subscription: Subscription, now: datetime) -> Subscription | None:
    """Make it past due, or cancelled where the customer wanted it to end; None when not due."""
    account = subscription.account
    lock(account)
    if not ended(now=now).filter(pk=subscription.pk).exists():
        return None
    lock(subscription)
    day = _day(subscription.current_period_end)
    if subscription.cancel_at_period_end:
        _set(
            subscription,
            SubscriptionStatus.CANCELLED,
            verb="subscription_cancelled",
            reason=f"It was to end with its paid period on {day}.",
        )
        _close(subscription, now=now)
        return subscription
    _set(
        subscription,
        SubscriptionStatus.PAST_DUE,
        verb="subscription_past_due",
        reason=f"The paid period ended on {day} and no payment came.",
    )
    # Who is billed only now, because the job did not run, was not late with anything.
    payment = open_payment(account)
    if account.status == AccountStatus.ACTIVE and not (
        payment and payment.opened_at >= subscription.current_period_end
    ):
        payment_mails.overdue(subscription)
    return subscription


def unpaid(*, now: datetime) -> QuerySet[Subscription]:
    """Past due for longer than the days of grace, in accounts that may be suspended for it."""
    asked_lately = OPEN_OF_ACCOUNT.filter(
        invoice__renews_period_end=OuterRef("current_period_end"), opened_at__gt=now - GRACE
    )
    return _by_transfer().filter(
        ~Exists(asked_lately),
        status=SubscriptionStatus.PAST_DUE,
        current_period_end__lte=now - GRACE,
        account__status=AccountStatus.ACTIVE,
        account__exempt_from_suspension=False,
        account__plan__price__gt=0,
    )


@transaction.atomic
def suspend(*, subscription: Subscription, now: datetime) -> bool:
    """Suspend the account as unpaid; its open transfer can be paid still, and reactivates it."""
    account = subscription.account
    lock(account)
    if not unpaid(now=now).filter(pk=subscription.pk).exists():
        return False
    lock(subscription)
    move(
        account=account,
        to=AccountStatus.SUSPENDED,
        status_reason=SuspensionReason.PAYMENT_FAILED,
        verb="grace_over",
        by=SYSTEM,
        reason=f"The paid period ended on {_day(subscription.current_period_end)} and no payment "
        f"came within {GRACE.days} days.",
        now=now,
    )
    return True


def _by_transfer() -> QuerySet[Subscription]:
    return (
        Subscription.objects.filter(
            payment_method=PaymentMethod.BANK_TRANSFER,
            account__is_system=False,
            account__is_deleted=False,
        )
        .select_related("account__plan", "account__owner")
        .order_by("current_period_end", "id")
    )


def _to_be_renewed(now: datetime) -> QuerySet[Subscription]:
    return _by_transfer().filter(
        ~Exists(OPEN_OF_ACCOUNT),
        ~Exists(RENEWS_THE_PERIOD),
        status__in=(SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE),
        current_period_end__lte=now + INVOICED_BEFORE,
        cancel_at_period_end=False,
        account__status=AccountStatus.ACTIVE,
        account__plan__price__gt=0,
    )


def _set(subscription: Subscription, status: SubscriptionStatus, *, verb: str, reason: str) -> None:
    change(
        subscription,
        {"status": status},
        verb=verb,
        by=SYSTEM,
        reason=reason,
        account=subscription.account,
    )


def _close(subscription: Subscription, *, now: datetime) -> None:
    """An account that ends as it wished is cancelled; one that asked to pay after all waits for
    its money, which only a suspension lets it do.
    """
    account = subscription.account
    if account.status != AccountStatus.ACTIVE:
        return
    wants_to_stay = open_payment(account) is not None
    move(
        account=account,
        to=AccountStatus.SUSPENDED if wants_to_stay else AccountStatus.CANCELLED,
        status_reason=SuspensionReason.PAYMENT_FAILED if wants_to_stay else "",
        verb="subscription_ended",
        by=SYSTEM,
        reason=f"The paid period ended on {_day(subscription.current_period_end)}, and the "
        "subscription with it.",
        now=now,
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
