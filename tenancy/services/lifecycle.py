"""Status verbs that need no money facts: suspend, cancel, extend and expire trials.

`move` is the one place where an account's status changes; billing's verbs call it too.
"""

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import QuerySet

from tenancy.errors import InvalidValue, StateConflict, is_whole
from tenancy.models import TRANSITIONS, Account, AccountStatus, SuspensionReason, User
from tenancy.records import SYSTEM, change, clean_reason, lock, refuse_own_account
from tenancy.services import account_mails
from tenancy.services.accounts import DAY, refuse_deleted, refuse_system_account

# In these an account remembers what it was before.
INTERRUPTIONS = (AccountStatus.PENDING_PAYMENT, AccountStatus.SUSPENDED, AccountStatus.CANCELLED)
MAX_TRIAL_EXTENSION_DAYS = 90
# What a person may name as the reason code; the other codes are set by facts.
SUSPENSION_CODES_OF_STAFF = (SuspensionReason.MANUAL, SuspensionReason.ABUSE)


def move(
    *,
    account: Account,
    to: AccountStatus,
    verb: str,
    by: User | None,
    reason: str,
    now: datetime,
    status_reason: str = "",
    fields: dict[str, object] | None = None,
    ticket_url: str = "",
) -> None:
    """Change the status of a locked account, with history and audit event.

    Whoever suspends it, the customer is told by e-mail. `fields` are further columns that change
    with it. Raises StateConflict for a step that the table of transitions does not hold, and says
    which steps lead on from here.
    """
    if to != account.status and not account.can_become(to):
        raise no_way(account, to)
    is_suspended_now = to == AccountStatus.SUSPENDED != account.status
    changes = {
        "status": to,
        "status_reason": status_reason,
        "status_changed_at": now if to != account.status else account.status_changed_at,
        "status_before": _status_before(account, to),
        **(fields or {}),
    }
    change(
        account,
        changes,
        verb=verb,
        by=by,
        reason=reason,
        account=account,
        ticket_url=ticket_url,
    )
    if is_suspended_now:
        account_mails.suspended(account)


def _status_before(account: Account, to: AccountStatus) -> str:
    if to == account.status:
        return account.status_before
    return account.status if to in INTERRUPTIONS else ""


def no_way(account: Account, to: AccountStatus) -> StateConflict:
    """The refusal of a step, naming the steps that are possible."""
    possible = [
        AccountStatus(status).label.lower()
        for status in AccountStatus
        if status in TRANSITIONS[AccountStatus(account.status)]
    ]
    return StateConflict(
        f"{account.name} is {account.get_status_display().lower()} and cannot become "
        f"{AccountStatus(to).label.lower()}. From here it can become {_either(possible)}.",
        current=account.status,
    )


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


@transaction.atomic
def suspend(
    *,
    account: Account,
    code: SuspensionReason,
    by: User | None,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Account:
    """Suspend a trial or active account: the product closes at once, data and credits stay.

    `code` is manual or abuse. Raises SystemAccount, OwnAccount, InvalidValue for another code,
    StateConflict from any other status.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_system_account(account, "suspended")
    refuse_deleted(account)
    refuse_own_account(by=by, account=account)
    if code not in SUSPENSION_CODES_OF_STAFF:
        raise InvalidValue("Suspend for “manual” or “abuse”.", field="code")
    if account.status == AccountStatus.SUSPENDED:
        raise StateConflict(
            f"{account.name} has been suspended since {account.status_changed_at:%Y-%m-%d %H:%M} "
            f"UTC ({account.get_status_reason_display().lower()}); nothing was changed.",
            current=account.status,
        )
    if account.status == AccountStatus.PENDING_PAYMENT:
        raise StateConflict(
            f"{account.name} is waiting for a payment. Reject the open bank transfer first.",
            current=account.status,
        )
    move(
        account=account,
        to=AccountStatus.SUSPENDED,
        status_reason=code,
        verb="account_suspended",
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    return account


@transaction.atomic
def cancel(
    *, account: Account, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Account:
    """Cancel an account: the product closes at once; staff can reactivate it.

    Raises SystemAccount, OwnAccount, StateConflict when it is cancelled already.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_system_account(account, "cancelled")
    refuse_deleted(account)
    refuse_own_account(by=by, account=account)
    if account.status == AccountStatus.CANCELLED:
        raise StateConflict(
            f"{account.name} has been cancelled since {account.status_changed_at:%Y-%m-%d %H:%M} "
            "UTC; nothing was changed.",
            current=account.status,
        )
    move(
        account=account,
        to=AccountStatus.CANCELLED,
        verb="account_cancelled",
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    return account


@transaction.atomic
def extend_trial(
    *,
    account: Account,
    days: int,
    by: User | None,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Account:
    """Give a trial `days` more days of 24 hours, counted from its end or from now if that is over.

    A suspended account whose trial had expired is in trial again. Raises InvalidValue for days
    outside 1 to 90, StateConflict for any other status or reason of suspension, OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_deleted(account)
    refuse_own_account(by=by, account=account)
    if not is_whole(days, low=1, high=MAX_TRIAL_EXTENSION_DAYS):
        raise InvalidValue(
            f"A trial is extended by 1 to {MAX_TRIAL_EXTENSION_DAYS} days, not {days}.",
            field="days",
        )
    expired = account.status_reason == SuspensionReason.TRIAL_EXPIRED
    if account.status != AccountStatus.TRIAL and not expired:
        state = account.get_status_display().lower()
        why = f" ({account.get_status_reason_display().lower()})" if account.status_reason else ""
        raise StateConflict(
            f"{account.name} is {state}{why}. Only a trial, running or expired, can be extended.",
            current=account.status,
        )
    if account.status == AccountStatus.TRIAL and account.trial_ends_at is None:
        raise StateConflict(
            f"The trial of {account.name} has no end; there is nothing to extend.",
            current=account.status,
        )
    # Python adds days by the wall clock of the zone a time is in; UTC has no other.
    start = max(account.trial_ends_at or now, now).astimezone(UTC)
    move(
        account=account,
        to=AccountStatus.TRIAL,
        verb="trial_extended",
        by=by,
        reason=reason,
        now=now,
        fields={"trial_ends_at": start + days * DAY},
        ticket_url=ticket_url,
    )
    return account


def trials_over(*, now: datetime) -> QuerySet[Account]:
    """Trials to be suspended at `now`; not those exempt from it, nor system accounts."""
    return Account.objects.filter(
        status=AccountStatus.TRIAL,
        trial_ends_at__lte=now,
        exempt_from_suspension=False,
        is_system=False,
        is_deleted=False,
    ).order_by("trial_ends_at", "id")


@transaction.atomic
def expire_trial(*, account: Account, now: datetime) -> bool:
    """Suspend a trial that is over; False when it is not any more. Safe to run again."""
    lock(account)
    # Somebody may have extended, paid or exempted it since the list was read.
    if not trials_over(now=now).filter(pk=account.pk).exists():
        return False
    move(
        account=account,
        to=AccountStatus.SUSPENDED,
        status_reason=SuspensionReason.TRIAL_EXPIRED,
        verb="trial_expired",
        by=SYSTEM,
        reason=f"The trial ended on {account.trial_ends_at:%Y-%m-%d %H:%M} UTC.",
        now=now,
    )
    return True
