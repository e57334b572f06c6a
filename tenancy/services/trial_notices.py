"""A customer is told that their trial ends soon: once for each end, however often it is looked."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tenancy.models import Account, AccountStatus
from tenancy.records import SYSTEM, lock, record
from tenancy.services import account_mails
from tenancy.services.accounts import DAY

TOLD_BEFORE = 3 * DAY
VERB = "trial_ends_soon"


def ending(*, now: datetime) -> QuerySet[Account]:
    """Trials that end within three days of `now` and will be suspended then."""
    return Account.objects.filter(
        status=AccountStatus.TRIAL,
        trial_ends_at__gt=now,
        trial_ends_at__lte=now + TOLD_BEFORE,
        exempt_from_suspension=False,
        is_system=False,
        is_deleted=False,
    ).order_by("trial_ends_at", "id")


@transaction.atomic
def tell(*, account: Account, now: datetime) -> bool:
    """Write to the customer that the trial ends; False when they were told of this end already."""
    lock(account)
    if not ending(now=now).filter(pk=account.pk).exists():
        return False
    ends_at = account.trial_ends_at.isoformat()
    if account.audit_events.filter(verb=VERB, after__trial_ends_at=ends_at).exists():
        return False
    record(
        VERB,
        by=SYSTEM,
        reason=f"The trial ends on {account.trial_ends_at:%Y-%m-%d %H:%M} UTC.",
        target=account,
        account=account,
        after={"trial_ends_at": ends_at},
    )
    account_mails.trial_ends_soon(account)
    return True
