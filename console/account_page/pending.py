"""Requests that wait for a second pair of eyes, on the account page and on their own."""

from dataclasses import dataclass
from datetime import datetime

from billing.models import Approval, ApprovalStatus
from billing.services.approval_rules import DECIDE
from console.account_page.verbs import VerbLink, offered
from console.actions.approvals import why_not, will_happen
from console.actions.base import Consequence
from console.history import web_address
from tenancy.models import Account, User

MOST = 5


@dataclass(frozen=True)
class Pending:
    """`why_not` tells an approver why they have no button to decide; empty for everybody else."""

    approval: Approval
    lines: list[Consequence]
    verbs: list[VerbLink]
    why_not: str

    @property
    def ticket(self) -> str:
        return web_address(self.approval.ticket_url)


def of_account(account: Account, *, person: User, now: datetime) -> list[Pending]:
    """The oldest that can still be decided; the list of approvals has them all."""
    waiting = account.approvals.filter(status=ApprovalStatus.AWAITING, expires_at__gt=now)
    waiting = list(waiting.select_related("requested_by").order_by("requested_at", "id")[:MOST])
    for approval in waiting:
        approval.account = account
    return [of_request(approval, person=person) for approval in waiting]


def of_request(approval: Approval, *, person: User) -> Pending:
    return Pending(
        approval=approval,
        lines=will_happen(approval),
        verbs=offered(approval, person=person),
        why_not=why_not(approval, person) if person.has_perm(DECIDE) else "",
    )
