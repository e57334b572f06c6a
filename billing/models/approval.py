from datetime import datetime

from django.conf import settings
from django.db import models


class ApprovalStatus(models.TextChoices):
    AWAITING = "awaiting", "Awaiting"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"
    WITHDRAWN = "withdrawn", "Withdrawn"


# Somebody else than the requester decided; the others ended without.
DECIDED_BY_ANOTHER = (ApprovalStatus.APPROVED, ApprovalStatus.DECLINED, ApprovalStatus.FAILED)


class Approval(models.Model):
    """A verb above a person's limit, waiting for a second pair of eyes.

    The exact command and its facts are stored and never edited; a decision is final; nobody
    decides on their own request. The database holds all three. A request that was approved and
    then refused by its verb is `failed`; `outcome` says what the verb did, or why it refused.
    """

    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="approvals")
    verb = models.CharField(max_length=60)
    facts = models.JSONField()
    # Of account, verb and facts together.
    facts_sha256 = models.CharField(max_length=64)
    summary = models.CharField(
        max_length=255, blank=True, help_text="The command in words, as it was asked for."
    )
    reason = models.TextField()
    ticket_url = models.URLField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=ApprovalStatus, default=ApprovalStatus.AWAITING
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    outcome = models.TextField(blank=True)

    class Meta:
        db_table = "igny8_approvals"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (
            ("decide_approval", "Approve or decline a request"),
            ("withdraw_approval", "Withdraw a request of one's own"),
        )
        indexes = (models.Index(fields=("status", "expires_at"), name="approval_status_expiry"),)
        constraints = (
            # Asked for twice is asked for once.
            models.UniqueConstraint(
                fields=("account", "verb", "facts_sha256"),
                name="approval_asked_once",
                condition=models.Q(status=ApprovalStatus.AWAITING),
            ),
            models.CheckConstraint(
                name="approval_not_by_requester",
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("requested_by")),
            ),
            models.CheckConstraint(
                name="approval_says_why", condition=~models.Q(reason__regex=r"^\s*$")
            ),
            models.CheckConstraint(
                name="approval_decision_has_facts",
                condition=models.Q(status=ApprovalStatus.AWAITING, decided_at__isnull=True)
                | (~models.Q(status=ApprovalStatus.AWAITING) & models.Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="approval_status_known", condition=models.Q(status__in=ApprovalStatus.values)
            ),
            models.CheckConstraint(
                name="approval_decided_by_another",
                condition=models.Q(status__in=DECIDED_BY_ANOTHER, decided_by__isnull=False)
                | (~models.Q(status__in=DECIDED_BY_ANOTHER) & models.Q(decided_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="approval_declined_says_why",
                condition=~models.Q(
                    status=ApprovalStatus.DECLINED, decision_reason__regex=r"^\s*$"
                ),
            ),
            models.CheckConstraint(
                name="approval_failed_says_why",
                condition=~models.Q(status=ApprovalStatus.FAILED, outcome__regex=r"^\s*$"),
            ),
        )

    def __str__(self) -> str:
        command = self.summary or self.verb or "Request"
        return f"{command} for {self.account}" if self.account_id else command

    def is_waiting(self, now: datetime) -> bool:
        """Whether it can still be decided at `now`."""
        return self.status == ApprovalStatus.AWAITING and now < self.expires_at
