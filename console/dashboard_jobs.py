"""What the button under each queue says, and where the work is done."""

from dataclasses import dataclass

from django.urls import reverse

from billing.services.approval_rules import DECIDE
from console import queues
from console.queues import Queue
from tenancy.models import User


@dataclass(frozen=True)
class Job:
    label: str
    url: str
    is_dialog: bool


# For who may do the work, by the permission of its verb; everybody else has the number's link.
JOBS: dict[str, tuple[str, str]] = {
    queues.TRANSFERS_WAITING.code: ("billing.confirm_bank_transfer", "Confirm transfers"),
    queues.RENEWALS_OVERDUE.code: ("billing.open_bank_transfer", "Remind customers"),
    queues.UNMATCHED_MONEY.code: ("billing.apply_statementline", "Reconcile"),
    queues.UNAPPLIED_MONEY.code: ("billing.use_unapplied_money", "Use the money"),
    queues.WAITING_TOO_LONG.code: ("billing.open_bank_transfer", "Follow up"),
    queues.CREDITS_FROZEN.code: ("billing.unfreeze_balance", "Look into it"),
    queues.TRIALS_ENDING.code: ("tenancy.extend_trial", "Talk to them"),
    queues.TRIALS_OVER.code: ("tenancy.extend_trial", "Decide on them"),
    queues.NO_CREDITS.code: ("billing.grant_credits", "Help them"),
    queues.SUSPENDED_LATELY.code: ("tenancy.reactivate_account", "Review them"),
    queues.APPROVALS_WAITING.code: (DECIDE, "Decide"),
    queues.REFUSED_LATELY.code: ("tenancy.view_auditevent", "Review attempts"),
}
# Worked off on a page or in a dialog of their own, that shows the same rows.
PAGES = {
    queues.UNMATCHED_MONEY.code: "admin:reconcile",
    queues.APPROVALS_WAITING.code: "admin:billing_approval_decide_several",
}
DIALOGS = {queues.APPROVALS_WAITING.code}


def job_of(queue: Queue, person: User) -> Job | None:
    permission, label = JOBS[queue.code]
    if not person.has_perm(permission):
        return None
    page = PAGES.get(queue.code)
    return Job(label, reverse(page) if page else queue.url, queue.code in DIALOGS)
