"""Accounts that wait for a payment which does not come: they do not work for nothing for ever."""

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.models import OPEN_PAYMENT, Payment
from billing.services.bank_transfers import standing_after_rejection
from billing.services.payment_mails import open_payment
from billing.services.subscriptions import GRACE
from tenancy.models import Account, AccountStatus
from tenancy.records import SYSTEM, lock
from tenancy.services.lifecycle import move


def overdue(*, now: datetime) -> QuerySet[Account]:
    """Accounts in pending payment whose open transfer was due more than the days of grace ago."""
    last_day = (now.astimezone(UTC) - GRACE).date()
    asked = Payment.objects.filter(
        account=OuterRef("pk"), status__in=OPEN_PAYMENT, invoice__due_on__lt=last_day
    )
    return Account.objects.filter(
        Exists(asked),
        status=AccountStatus.PENDING_PAYMENT,
        exempt_from_suspension=False,
        is_system=False,
        is_deleted=False,
    ).order_by("status_changed_at", "id")


@transaction.atomic
def suspend(*, account: Account, now: datetime) -> bool:
    """Suspend an overdue account; its transfer can be paid still, and reactivates it.

    False where it is not overdue any more, and while its trial or a paid period runs.
    """
    lock(account)
    if not overdue(now=now).filter(pk=account.pk).exists():
        return False
    to = standing_after_rejection(account, now=now)
    if to.status != AccountStatus.SUSPENDED:
        return False
    payment = open_payment(account)
    move(
        account=account,
        to=to.status,
        status_reason=to.code,
        verb="account_payment_overdue",
        by=SYSTEM,
        reason=f"{payment.reference} was due on {payment.invoice.due_on} and was not paid within "
        f"{GRACE.days} days.",
        now=now,
    )
    return True
