"""What a confirmed payment buys: a month of a plan."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from billing.models import Invoice, Subscription, SubscriptionStatus
from tenancy.models import Account, PaymentMethod, Plan, User
from tenancy.records import save_with_history

# How long an account goes on after the end of a paid period that nobody paid to renew.
GRACE = timedelta(days=7)
PERIOD_FIELDS = (
    "status",
    "payment_method",
    "external_payment_id",
    "current_period_start",
    "current_period_end",
    "anchor_day",
    "cancel_at_period_end",
)


@dataclass(frozen=True)
class Period:
    """`anchor_day` is the day of the month it would begin on, were every month long enough."""

    start: datetime
    end: datetime
    anchor_day: int


def a_month_later(moment: datetime, *, anchor_day: int | None = None) -> datetime:
    """The same time (UTC) a calendar month on, on the anchor's day or else the same one.

    Where the month is too short, its last day: from 28 February the anchor 31 leads to 31 March.
    """
    moment = moment.astimezone(UTC)
    year, month = divmod(moment.year * 12 + moment.month, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    day = min(anchor_day or moment.day, last_day)
    return moment.replace(year=year, month=month + 1, day=day)


def next_period(*, account: Account, plan: Plan, now: datetime) -> Period:
    """The month that a payment confirmed at `now` would buy.

    A renewal of the same plan follows on the period before, early or in the days of grace after
    its end, when nothing was closed yet; anything else starts now.
    """
    subscription = Subscription.objects.filter(account=account).first()
    if subscription is not None and account.plan_id == plan.pk and _is_running(subscription, now):
        start = subscription.current_period_end
        anchor_day = anchor_of(subscription)
    else:
        start = now
        anchor_day = now.astimezone(UTC).day
    return Period(start, a_month_later(start, anchor_day=anchor_day), anchor_day)


def anchor_of(subscription: Subscription) -> int:
    """The day of the month it is renewed on; where none was kept, that of the present end."""
    return subscription.anchor_day or subscription.current_period_end.astimezone(UTC).day


def _is_running(subscription: Subscription, now: datetime) -> bool:
    return (
        subscription.status != SubscriptionStatus.CANCELLED
        and subscription.current_period_start <= now < subscription.current_period_end + GRACE
    )


def extend(
    *,
    account: Account,
    invoice: Invoice,
    bank_transaction_id: str,
    by: User,
    reason: str,
    now: datetime,
) -> Subscription:
    """Give a locked account the month that `invoice` is for, paid by bank transfer."""
    period = next_period(account=account, plan=invoice.plan, now=now)
    subscription = Subscription.objects.filter(account=account).first()
    if subscription is None:
        subscription = Subscription(account=account, current_period_start=period.start)
    elif not subscription.period_is_open(now) or period.start <= now:
        subscription.current_period_start = period.start
    subscription.status = SubscriptionStatus.ACTIVE
    subscription.payment_method = PaymentMethod.BANK_TRANSFER
    subscription.external_payment_id = bank_transaction_id
    subscription.current_period_end = period.end
    subscription.anchor_day = period.anchor_day
    subscription.cancel_at_period_end = False
    save_with_history(subscription, by=by, reason=reason, fields=PERIOD_FIELDS)
    return subscription


def as_before(subscription: Subscription, before: Mapping[str, object] | None) -> Subscription:
    """The subscription with the values that an activation kept; cancelled where it kept none.

    Nothing is saved. `before` is a snapshot of PERIOD_FIELDS.
    """
    if before is None:
        subscription.status = SubscriptionStatus.CANCELLED
        return subscription
    for name in PERIOD_FIELDS:
        value = before[name]
        is_moment = name in ("current_period_start", "current_period_end")
        setattr(subscription, name, datetime.fromisoformat(value) if is_moment else value)
    return subscription


def put_back(
    *, account: Account, before: Mapping[str, object] | None, by: User, reason: str
) -> Subscription:
    """Give a locked account the subscription back that it had before an activation."""
    subscription = as_before(Subscription.objects.get(account=account), before)
    save_with_history(subscription, by=by, reason=reason, fields=PERIOD_FIELDS)
    return subscription
