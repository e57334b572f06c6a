"""Reactivating an account: it returns to what the facts say."""

from datetime import datetime

from django.db import transaction

from billing.models import Subscription
from billing.services import standing
from billing.services.standing import Standing
from tenancy.errors import StateConflict
from tenancy.models import Account, AccountStatus, User
from tenancy.models.account import SUSPENSIONS_THAT_MONEY_ENDS
from tenancy.records import clean_reason, lock, refuse_own_account
from tenancy.services.accounts import refuse_deleted
from tenancy.services.lifecycle import move


class NothingToReturnTo(StateConflict):
    code = "nothing_to_return_to"


@transaction.atomic
def reactivate(
    *, account: Account, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Account:
    """Let a suspended or cancelled account work again, in the status that its facts give.

    Where a person suspended it and meanwhile the trial or the paid period ended, the person's
    decision is lifted and the account stays suspended for that: it may pay, or get more trial.
    Raises StateConflict when it is working already, NothingToReturnTo when no fact speaks for it
    (and says what to do instead), OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_deleted(account)
    refuse_own_account(by=by, account=account)
    if account.status not in (AccountStatus.SUSPENDED, AccountStatus.CANCELLED):
        raise StateConflict(
            f"{account.name} is {account.get_status_display().lower()} and works already; "
            "nothing was changed.",
            current=account.status,
        )
    to = returns_to(account, now=now)
    is_lifted = to.status == AccountStatus.SUSPENDED
    move(
        account=account,
        to=to.status,
        status_reason=to.code,
        verb="suspension_lifted" if is_lifted else "account_reactivated",
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    return account


def returns_to(account: Account, *, now: datetime) -> Standing:
    """Where reactivating would put a suspended or cancelled account.

    Active while a paid period is open, trial while a trial runs (a cancelled one has given that
    up), else as before where it was active without any subscription, as all accounts were before
    subscriptions were kept. Raises NothingToReturnTo.
    """
    is_suspended = account.status == AccountStatus.SUSPENDED
    found = standing.working(account, now=now)
    if found is not None and (is_suspended or found.status == AccountStatus.ACTIVE):
        return found
    by_a_person = account.status_reason not in SUSPENSIONS_THAT_MONEY_ENDS
    never_subscribed = not Subscription.objects.filter(account=account).exists()
    if never_subscribed and by_a_person:
        if account.status_before == AccountStatus.ACTIVE:
            return Standing(AccountStatus.ACTIVE)
        if is_suspended and account.trial_ends_at is None:
            return Standing(AccountStatus.TRIAL)
    if is_suspended and by_a_person:
        return standing.stopped(account)
    raise NothingToReturnTo(
        f"{account.name} has neither a paid period nor a running trial to return to. "
        + _way_out(account),
        current=account.status,
    )


def _way_out(account: Account) -> str:
    if account.status == AccountStatus.SUSPENDED and account.trial_ends_at is not None:
        return "Extend its trial, or open a bank transfer."
    return "Open a bank transfer."
