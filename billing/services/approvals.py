"""Four eyes: what is above a person's limit is asked for, and another person decides.

The command is stored and run again, with all its checks, at the moment it is approved.
"""

from datetime import datetime, timedelta

from django.db import models, transaction

from billing.models import DECIDED_BY_ANOTHER, Approval, ApprovalStatus
from billing.services import approval_commands
from billing.services.approval_commands import Command, Facts, Run, seal
from billing.services.approval_rules import (
    may,
    refuse_decided,
    refuse_non_approver,
    refuse_own_request,
    refuse_requester,
)
from tenancy.errors import NotPermitted, ServiceError, StateConflict
from tenancy.models import Account, User
from tenancy.records import (
    MAX_REASON,
    SYSTEM,
    clean_reason,
    clean_ticket,
    lock,
    record,
    refuse_own_account,
    save_with_history,
)
from tenancy.services.accounts import refuse_deleted

# A week: longer than a weekend with a holiday, and short enough that what the requester saw is
# still nearly so. Whoever still wants it asks again, with the facts of then.
OPEN_FOR = timedelta(hours=7 * 24)


class NotNeeded(StateConflict):
    code = "approval_not_needed"


class RequestChanged(StateConflict):
    """The stored command is not the one that was asked for: somebody wrote past the services."""

    code = "approval_changed"


@transaction.atomic
def request(
    *,
    account: Account,
    verb: str,
    facts: Facts,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Approval:
    """Ask that another person allow what is above `by`'s own limit.

    `verb` and its facts are those of approval_commands.COMMANDS. The same command that waits
    already is returned as it is, whoever asked for it. The verb is tried first as `by` alone:
    what it refuses for any other reason than the limit is refused here too, and what it would do
    raises NotNeeded. Raises InvalidValue for other facts, NotPermitted, OwnAccount, StateConflict
    for a deleted account.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    refuse_deleted(account)
    command, number = approval_commands.find(verb, facts)
    if not may(by, command.permission):
        raise NotPermitted(f"Your groups may not do this: {command.label.lower()}.")
    sealed = seal(account=account, verb=verb, facts=facts)
    waiting = _same(account, verb, sealed)
    if waiting is not None and waiting.is_waiting(now):
        return waiting
    if waiting is not None:
        _expire(waiting, now=now)
    _try_alone(command, account, number, by=by, reason=reason, now=now)
    approval = Approval(
        account=account,
        verb=verb,
        facts=dict(facts),
        facts_sha256=sealed,
        summary=command.words(account, number),
        reason=reason,
        ticket_url=clean_ticket(ticket_url),
        requested_at=now,
        requested_by=by,
        expires_at=now + OPEN_FOR,
    )
    save_with_history(approval, by=by, reason=reason)
    record(
        "approval_requested",
        by=by,
        reason=reason,
        target=approval,
        account=account,
        after={
            "asked_for": approval.summary,
            "requested_by": by.email,
            "expires_at": approval.expires_at.isoformat(),
        },
        ticket_url=ticket_url,
    )
    return approval


@transaction.atomic
def approve(
    *, approval: Approval, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Approval:
    """Carry out what was asked for, as the requester, with every check of its verb.

    Where the verb refuses now, or the requester may not do it any more, nothing is changed but the
    request: it becomes `failed` and `outcome` says why. The caller looks at the status. Raises
    AlreadyDecided (saying by whom and when), RequestExpired, SelfApproval, RequestChanged,
    NotPermitted for somebody who may not decide, OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_for_decision(approval, by=by, now=now)
    account = approval.account
    if approval.facts_sha256 != seal(account=account, verb=approval.verb, facts=approval.facts):
        raise RequestChanged(
            "The stored request is not the one that was asked for. Decline it, and tell an "
            "administrator: somebody changed it in the database.",
            current=approval.status,
        )
    try:
        with transaction.atomic():
            outcome = _run(approval, by=by, now=now)
    except ServiceError as refusal:
        status, outcome = ApprovalStatus.FAILED, refusal.message
    else:
        status = ApprovalStatus.APPROVED
    _close(approval, status, by=by, reason=reason, now=now, outcome=outcome, ticket_url=ticket_url)
    return approval


@transaction.atomic
def decline(
    *, approval: Approval, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Approval:
    """Refuse what was asked for; the reason is for the requester.

    Raises AlreadyDecided, RequestExpired, SelfApproval, NotPermitted, OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_for_decision(approval, by=by, now=now)
    _close(approval, ApprovalStatus.DECLINED, by=by, reason=reason, now=now, ticket_url=ticket_url)
    return approval


@transaction.atomic
def withdraw(
    *, approval: Approval, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Approval:
    """Take back one's own request while nobody has decided.

    Raises NotPermitted for anybody but the requester, AlreadyDecided, RequestExpired, OwnAccount.
    """
    reason = clean_reason(reason)
    _lock(approval)
    refuse_own_account(by=by, account=approval.account)
    if by != approval.requested_by:
        raise NotPermitted(
            f"{approval.requested_by} asked for this and alone can withdraw it. Decline it instead."
        )
    refuse_decided(approval, now=now)
    _close(approval, ApprovalStatus.WITHDRAWN, by=by, reason=reason, now=now, ticket_url=ticket_url)
    return approval


def over(*, now: datetime) -> models.QuerySet[Approval]:
    """The requests that nobody decided in time, the oldest first."""
    waiting = Approval.objects.filter(status=ApprovalStatus.AWAITING, expires_at__lte=now)
    return waiting.select_related("account").order_by("expires_at", "id")


@transaction.atomic
def expire(*, approval: Approval, now: datetime) -> bool:
    """Close a request that is over, unless somebody decided since it was found; whether it did."""
    _lock(approval)
    if approval.status != ApprovalStatus.AWAITING or approval.is_waiting(now):
        return False
    _expire(approval, now=now)
    return True


def _same(account: Account, verb: str, sealed: str) -> Approval | None:
    same = Approval.objects.filter(
        account=account, verb=verb, facts_sha256=sealed, status=ApprovalStatus.AWAITING
    )
    return same.select_related("account", "requested_by").first()


def _try_alone(
    command: Command, account: Account, number: int, *, by: User, reason: str, now: datetime
) -> None:
    alone = Run(by=by, approved_by=None, reason=reason, now=now, ticket_url="")
    try:
        with transaction.atomic():
            command.run(account, number, alone)
            # Undoes what the verb did.
            raise NotNeeded(
                "This is within your limit: do it yourself, nobody has to approve it.",
                current="within the limit",
            )
    except command.above:
        # What the verb had begun to write on the object is undone in the database alone.
        lock(account)


def _run(approval: Approval, *, by: User, now: datetime) -> str:
    refuse_requester(approval)
    command, number = approval_commands.find(approval.verb, approval.facts)
    requester = approval.requested_by
    both = f"Approved by {by}, asked for by {requester}: {approval.reason}"
    run = Run(
        by=requester,
        approved_by=by,
        reason=both if len(both) <= MAX_REASON else f"{both[: MAX_REASON - 1]}…",
        now=now,
        ticket_url=approval.ticket_url,
    )
    return command.run(approval.account, number, run)


def _lock(approval: Approval) -> None:
    """Account before request, as everywhere: two verbs on one account never wait for each other."""
    lock(approval.account)
    lock(approval)


def _lock_for_decision(approval: Approval, *, by: User, now: datetime) -> None:
    _lock(approval)
    refuse_own_request(approval=approval, by=by)
    refuse_non_approver(by)
    refuse_decided(approval, now=now)


def _expire(approval: Approval, *, now: datetime) -> None:
    reason = f"Nobody decided within {OPEN_FOR.days} days."
    _close(approval, ApprovalStatus.EXPIRED, by=SYSTEM, reason=reason, now=now)


def _close(
    approval: Approval,
    status: ApprovalStatus,
    *,
    by: User | None,
    reason: str,
    now: datetime,
    outcome: str = "",
    ticket_url: str = "",
) -> None:
    approval.status = status
    approval.decided_at = now
    approval.decided_by = by if status in DECIDED_BY_ANOTHER else None
    approval.decision_reason = reason
    approval.outcome = outcome
    fields = ("status", "decided_at", "decided_by", "decision_reason", "outcome")
    save_with_history(approval, by=by, reason=reason, fields=fields)
    record(
        f"approval_{status}",
        by=by,
        reason=reason,
        target=approval,
        account=approval.account,
        before={"status": ApprovalStatus.AWAITING},
        after={
            "status": status,
            "asked_for": approval.summary,
            "requested_by": approval.requested_by.email,
            **({"decided_by": by.email} if by is not None else {}),
            **({"outcome": outcome} if outcome else {}),
        },
        ticket_url=ticket_url,
    )
