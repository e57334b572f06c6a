"""Who may decide on a request, and when it is too late."""

from datetime import datetime

from billing.models import Approval, ApprovalStatus
from billing.services import approval_commands
from billing.services.second_person import refuse_same
from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import User
from tenancy.records import refuse_own_account

DECIDE = "billing.decide_approval"


class AlreadyDecided(StateConflict):
    code = "approval_decided"


class RequestExpired(StateConflict):
    code = "approval_expired"


def may(person: User, permission: str) -> bool:
    """Asked of the database and not of the object: it may remember what was taken away since."""
    known = User.objects.get(pk=person.pk)
    return known.is_active and known.is_staff and known.has_perm(permission)


def refuse_non_approver(by: User) -> None:
    if not may(by, DECIDE):
        raise NotPermitted("Your groups may not decide on requests. Ask an approver.")


def refuse_own_request(*, approval: Approval, by: User) -> None:
    """Raises OwnAccount, and SelfApproval for who asked: superusers included."""
    refuse_own_account(by=by, account=approval.account)
    refuse_same(asked_by=approval.requested_by, decides=by)


def refuse_requester(approval: Approval) -> None:
    """Raises NotPermitted when the requester may not do it any more, or belongs to the account."""
    command, _ = approval_commands.find(approval.verb, approval.facts)
    requester = approval.requested_by
    if requester.account_id == approval.account_id:
        raise NotPermitted(
            f"{requester} belongs to {approval.account.name}: somebody else must ask."
        )
    if not may(requester, command.permission):
        raise NotPermitted(f"{requester} may not do this any more: {command.label.lower()}.")


def refuse_decided(approval: Approval, *, now: datetime) -> None:
    """Raises AlreadyDecided (saying by whom and when) and RequestExpired."""
    if approval.status != ApprovalStatus.AWAITING:
        is_withdrawn = approval.status == ApprovalStatus.WITHDRAWN
        by = approval.requested_by if is_withdrawn else approval.decided_by
        raise AlreadyDecided(
            f"This request was already {approval.get_status_display().lower()}"
            f"{f' by {by}' if by else ''} at {approval.decided_at:%Y-%m-%d %H:%M} UTC; nothing "
            "was changed.",
            current=approval.status,
        )
    if not approval.is_waiting(now):
        raise RequestExpired(
            f"This request expired at {approval.expires_at:%Y-%m-%d %H:%M} UTC. Whoever still "
            "wants it asks again.",
            current=ApprovalStatus.EXPIRED,
        )
