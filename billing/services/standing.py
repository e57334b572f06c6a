"""Where an account stands by its facts: what it paid for, and whether its trial runs."""

from dataclasses import dataclass
from datetime import datetime

from billing.models import Activation, Subscription, SubscriptionStatus
from billing.services import subscriptions
from billing.services.subscriptions import GRACE
from tenancy.models import Account, AccountStatus, SuspensionReason


@dataclass(frozen=True)
class Standing:
    """A status that the facts speak for; `code` says why where that is suspended."""

    status: AccountStatus
    code: str = ""


def working(account: Account, *, now: datetime) -> Standing | None:
    """Active while a paid period is open, trial while a trial runs, None when neither."""
    subscription = Subscription.objects.filter(account=account).first()
    if subscription is not None and subscription.period_is_open(now):
        return Standing(AccountStatus.ACTIVE)
    if account.trial_is_running(now):
        return Standing(AccountStatus.TRIAL)
    return None


def stopped(account: Account) -> Standing:
    """Suspended, and why by the facts: a trial that is over, or a payment that did not come."""
    was_on_trial = account.trial_ends_at is not None
    if was_on_trial and not Subscription.objects.filter(account=account).exists():
        return Standing(AccountStatus.SUSPENDED, SuspensionReason.TRIAL_EXPIRED)
    return Standing(AccountStatus.SUSPENDED, SuspensionReason.PAYMENT_FAILED)


def before_activation(activation: Activation, *, account: Account, now: datetime) -> Standing:
    """Where an account stands once what a payment set in motion is undone.

    Only an active account moves: in any other status something has happened since. It works on
    while a period paid before is open or in its grace, or its trial runs; an account that was
    active without a subscription, or is exempt from suspension, stays active; any other is
    suspended for the payment that did not come.
    """
    if account.status != AccountStatus.ACTIVE:
        return Standing(AccountStatus(account.status), account.status_reason)
    before = _subscription_before(activation)
    if before is not None and before.period_is_open(now):
        return Standing(AccountStatus.ACTIVE)
    if activation.status_before == AccountStatus.ACTIVE and (
        before is None
        or before.status == SubscriptionStatus.CANCELLED
        or account.exempt_from_suspension
        or now < before.current_period_end + GRACE
    ):
        return Standing(AccountStatus.ACTIVE)
    if account.trial_is_running(now) or _was_in_endless_trial(activation, account):
        return Standing(AccountStatus.TRIAL)
    return Standing(AccountStatus.SUSPENDED, SuspensionReason.PAYMENT_FAILED)


def _subscription_before(activation: Activation) -> Subscription | None:
    kept = activation.subscription_before
    return subscriptions.as_before(Subscription(), kept) if kept is not None else None


def _was_in_endless_trial(activation: Activation, account: Account) -> bool:
    """Whether it was in a trial without an end until it waited for its first payment."""
    if account.trial_ends_at is not None or activation.subscription_before is not None:
        return False
    was = activation.status_before
    if was == AccountStatus.PENDING_PAYMENT:
        waiting = account.history.filter(status=AccountStatus.PENDING_PAYMENT)
        was = waiting.order_by("-history_id").values_list("status_before", flat=True).first()
    return was == AccountStatus.TRIAL
