"""The one door behind every credential: may this account work, and for whom is the call?"""

from enum import Enum

from django.utils import timezone
from rest_framework.request import Request

from tenancy import access, records
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError
from tenancy.models import Account, AccountStatus, User
from tenancy.roles import Role

# What an account that may not work is told, by `access.evaluate`.
OF_THE_BLOCKED = (
    Code.TRIAL_EXPIRED,
    Code.PAYMENT_FAILED,
    Code.PLAN_MISSING,
    Code.PLAN_INACTIVE,
    Code.ACCOUNT_SUSPENDED,
    Code.ACCOUNT_CANCELLED,
)
MAY_NAME_AN_ACCOUNT = frozenset({Role.DEVELOPER, Role.SYSTEM_BOT})


class Blocked(Enum):
    """What a call is to an account that may not work. Calls are REFUSED unless they say more."""

    REFUSED = "refused"
    READS = "reads"  # status, invoices, how to pay: always open
    PAYS = "pays"  # open where money, or the customer's own wish, ends the block


def admit(account: Account | None, *, blocked: Blocked, unknown: Code) -> None:
    """Let the account in or raise ApiError. `unknown` is the 401 of this kind of credential."""
    verdict = access.evaluate(account, now=timezone.now())
    if verdict.allowed:
        return
    if verdict.status == Code.NOT_AUTHENTICATED.status:
        raise ApiError(unknown)
    if blocked is Blocked.READS:
        return
    if blocked is Blocked.PAYS and (
        verdict.status == Code.PLAN_MISSING.status or account.status == AccountStatus.CANCELLED
    ):
        return
    facts = {"reason_code": account.status_reason} if account.status_reason else {}
    raise ApiError(Code(verdict.code), verdict.message, **facts)


def account_of(request: Request, user: User, *, unknown: Code) -> Account:
    """The account that a person's call is for: theirs, or the one named in X-Account.

    Only a developer and the system bot may name one; that is written down before the call runs.
    """
    own = user.account
    if own is None:
        raise ApiError(Code.PERMISSION_DENIED, "You belong to no account.")
    slug = request.META.get("HTTP_X_ACCOUNT")
    if slug is None:
        admit(own, blocked=_blocked(request), unknown=unknown)
        return own
    if user.role not in MAY_NAME_AN_ACCOUNT:
        raise ApiError(Code.PERMISSION_DENIED, "You may not act for another account.")
    # Whoever's own account is blocked helps nobody else either.
    verdict = access.evaluate(own, now=timezone.now())
    if not verdict.allowed:
        raise ApiError(unknown if verdict.status == 401 else Code(verdict.code), verdict.message)
    named = Account.objects.select_related("plan").filter(slug=slug.strip().lower()).first()
    if named is None or named.is_deleted:
        raise ApiError(Code.NOT_FOUND)
    _write_down(request, user=user, account=named)
    admit(named, blocked=_blocked(request), unknown=unknown)
    return named


def _blocked(request: Request) -> Blocked:
    # No view or no such operation: nothing is opened.
    operation = getattr(request.parser_context.get("view"), "operation", None)
    return getattr(operation, "blocked", Blocked.REFUSED)


def _write_down(request: Request, *, user: User, account: Account) -> None:
    records.record(
        "acted_for_account",
        by=user,
        reason=f"X-Account by {user.get_role_display().lower()}",
        target=account,
        account=account,
        after={"call": f"{request.method} {request.path}"[:500]},
    )
