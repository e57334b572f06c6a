"""May this account work? One answer for session, token and API key; it fails closed."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from tenancy.models import Account, AccountStatus, SuspensionReason


@dataclass(frozen=True)
class Access:
    """`code` is empty when allowed. `status` is 402 where money mends it, 403 where a person
    decided, 401 where there is no account to speak of."""

    allowed: bool
    code: str = ""
    message: str = ""
    status: HTTPStatus = HTTPStatus.OK


ALLOWED = Access(allowed=True)

_TRIAL_OVER = Access(
    False,
    "trial_expired",
    "The trial is over. Choose a plan to go on.",
    HTTPStatus.PAYMENT_REQUIRED,
)
_SUSPENDED = {
    SuspensionReason.TRIAL_EXPIRED: _TRIAL_OVER,
    SuspensionReason.PAYMENT_FAILED: Access(
        False,
        "payment_failed",
        "The last invoice is unpaid. Pay it to go on.",
        HTTPStatus.PAYMENT_REQUIRED,
    ),
}
_SUSPENDED_BY_A_PERSON = Access(
    False,
    "account_suspended",
    "This account is suspended. Please write to support.",
    HTTPStatus.FORBIDDEN,
)
_WORKING = (AccountStatus.TRIAL, AccountStatus.PENDING_PAYMENT, AccountStatus.ACTIVE)


def evaluate(account: Account | None, *, now: datetime) -> Access:
    """Judge an account as it stands at `now`; `account.plan` should be loaded with it.

    Anything unknown is refused: no account, a status nobody has heard of. A trial is over at its
    end, whenever the daily job comes by to suspend it.
    """
    if account is None or account.is_deleted:
        return Access(
            False, "invalid_credentials", "There is no such account.", HTTPStatus.UNAUTHORIZED
        )
    if account.status == AccountStatus.SUSPENDED:
        return _SUSPENDED.get(SuspensionReason(account.status_reason), _SUSPENDED_BY_A_PERSON)
    if account.status == AccountStatus.CANCELLED:
        return Access(
            False,
            "account_cancelled",
            "This account is cancelled. Please write to support.",
            HTTPStatus.FORBIDDEN,
        )
    if account.status not in _WORKING:
        return _SUSPENDED_BY_A_PERSON
    if account.trial_is_over(now):
        return _TRIAL_OVER
    if account.plan_id is None:
        return Access(
            False, "plan_missing", "This account has no plan.", HTTPStatus.PAYMENT_REQUIRED
        )
    if not account.plan.is_active:
        return Access(
            False,
            "plan_inactive",
            "The plan of this account is out of service. Choose another plan.",
            HTTPStatus.PAYMENT_REQUIRED,
        )
    return ALLOWED


def block_of(account: Account | None, *, now: datetime) -> str:
    """Name the block that an account is under by what it is and since when; empty for none.

    Two blocks of one account have different names, so that what one lets through is not let
    through by the next.
    """
    verdict = evaluate(account, now=now)
    if verdict.allowed or account is None:
        return ""
    # Of a trial that is over it is one block, before the daily job comes by and after.
    since = account.trial_ends_at if verdict is _TRIAL_OVER else account.status_changed_at
    return f"{verdict.code} {since}"
