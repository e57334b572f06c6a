"""Where an account stands by its facts: what it paid for, and whether its trial runs."""

from dataclasses import dataclass
from datetime import datetime

from billing.models import Subscription
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
