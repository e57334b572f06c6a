"""The mails about an account itself: its trial ends soon, it was suspended."""

from collections.abc import Callable
from datetime import datetime

from django_tasks import task

from tenancy.models import Account, AccountStatus
from tenancy.services import mails
from tenancy.services.mails import Letter


def trial_ends_soon(account: Account) -> None:
    mails.later(send, "trial_ending", account.pk, account.trial_ends_at.isoformat())


def suspended(account: Account) -> None:
    mails.later(send, "account_suspended", account.pk, account.status_changed_at.isoformat())


@task
def send(name: str, account_id: int, since: str, attempt: int = 1) -> str:
    """Send one of LETTERS; `since` is the time that it tells of, which must still be the same."""
    account = Account.objects.select_related("owner", "plan").get(pk=account_id)
    return mails.send(
        LETTERS[name](account, datetime.fromisoformat(since)),
        attempt=attempt,
        again=lambda at: send.using(run_after=at).enqueue(name, account_id, since, attempt + 1),
    )


def _trial_ending(account: Account, ends_at: datetime) -> Letter | None:
    if account.status != AccountStatus.TRIAL or account.trial_ends_at != ends_at:
        return None
    return Letter(
        "trial_ending",
        account,
        account,
        {"account": mails.short_name(account), "ends_at": account.trial_ends_at},
    )


def _account_suspended(account: Account, since: datetime) -> Letter | None:
    if account.status != AccountStatus.SUSPENDED or account.status_changed_at != since:
        return None
    return Letter(
        "account_suspended",
        account,
        account,
        {"account": mails.short_name(account), "why": account.status_reason},
    )


LETTERS: dict[str, Callable[[Account, datetime], Letter | None]] = {
    "trial_ending": _trial_ending,
    "account_suspended": _account_suspended,
}
