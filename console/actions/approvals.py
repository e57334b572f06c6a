"""Dialogs of requests: approve, decline, and withdraw one's own."""

from django.contrib import messages
from django.utils import timezone

from billing.models import Approval, ApprovalStatus
from billing.services import approval_commands, approval_rules, approvals
from console.actions.base import Consequence, Done, Verb
from console.actions.figures import moment_text
from console.ages import age_text
from tenancy.errors import ServiceError
from tenancy.models import AccountStatus, User


class OnRequest(Verb):
    """What deciding and withdrawing share."""

    related = ("account__credit_balance", "requested_by", "decided_by")

    def refusal(self, target: Approval) -> str:
        try:
            approval_rules.refuse_decided(target, now=timezone.now())
        except ServiceError as refusal:
            return refusal.message
        return ""


class Approve(OnRequest):
    name = "approve"
    label = "Approve"
    submit = "Approve"
    permission = approval_rules.DECIDE
    icon = "check_circle"
    is_main = True

    def refusal_for(self, target: Approval, by: User) -> str:
        return self.refusal(target) or why_not(target, by)

    def consequences(self, target: Approval, by: User) -> list[Consequence]:
        return [*will_happen(target), *_request_lines(target)]

    def warning(self, target: Approval, by: User) -> str:
        try:
            approval_rules.refuse_requester(target)
        except ServiceError as refusal:
            return f"As things stand this will fail: {refusal.message}"
        return ""

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        approval = approvals.approve(
            approval=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        if approval.status == ApprovalStatus.FAILED:
            return Done(
                f"“{approval}” could not be carried out, and nothing but the request was changed: "
                f"{approval.outcome} It is closed as failed; whoever still wants it asks again.",
                level=messages.WARNING,
            )
        return Done(f"“{approval}” is approved and done. {approval.outcome}", approval.account)


class Decline(OnRequest):
    name = "decline"
    label = "Decline"
    submit = "Decline"
    permission = approval_rules.DECIDE
    icon = "cancel"
    is_dangerous = True

    def refusal_for(self, target: Approval, by: User) -> str:
        return self.refusal(target) or why_not(target, by)

    def consequences(self, target: Approval, by: User) -> list[Consequence]:
        return [
            Consequence(target.summary or "The request", "", "is not done; your reason is kept"),
            *_request_lines(target),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        approvals.decline(
            approval=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"“{target}” is declined. Nothing else was changed.")


class Withdraw(OnRequest):
    name = "withdraw"
    label = "Withdraw"
    submit = "Withdraw request"
    permission = "billing.withdraw_approval"
    icon = "undo"

    def refusal_for(self, target: Approval, by: User) -> str:
        if by != target.requested_by:
            return f"{target.requested_by} asked for this and alone can withdraw it."
        return self.refusal(target)

    def consequences(self, target: Approval, by: User) -> list[Consequence]:
        return [Consequence(target.summary or "The request", "", "is not done")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        approvals.withdraw(
            approval=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"“{target}” is withdrawn. Nothing else was changed.", target.account)


def why_not(approval: Approval, by: User) -> str:
    """Why this person cannot decide on it, their permission apart; empty when they can."""
    try:
        approval_rules.refuse_own_request(approval=approval, by=by)
    except ServiceError as refusal:
        return refusal.message
    return ""


def will_happen(approval: Approval) -> list[Consequence]:
    """The command, and what approving it would change as things stand now."""
    account = approval.account
    lines = [Consequence("What", "", approval.summary or approval.verb)]
    if account.is_deleted or account.status != AccountStatus.ACTIVE:
        status = "deleted" if account.is_deleted else account.get_status_display().lower()
        lines.append(Consequence("Account", "", f"{account.name}, {status}"))
    return [
        *lines,
        *(
            Consequence(effect.label, effect.before, effect.after)
            for effect in approval_commands.effects(approval, now=timezone.now())
        ),
    ]


def _request_lines(approval: Approval) -> list[Consequence]:
    now = timezone.now()
    asked, ends = approval.requested_at, approval.expires_at
    lines = [
        Consequence("Asked by", "", f"{approval.requested_by}, {age_text(asked, now=now)}"),
        Consequence("Because", "", approval.reason),
        Consequence("Expires", "", f"{moment_text(ends)}, {age_text(ends, now=now)}"),
    ]
    if approval.ticket_url:
        lines.insert(2, Consequence("Ticket", "", approval.ticket_url))
    return lines
