from django.conf import settings
from django.db import models


class ApprovalStatus(models.TextChoices):
    AWAITING = "awaiting", "Awaiting"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


class Approval(models.Model):
    """A verb above a person's limit, waiting for a second pair of eyes.

    The exact command and its facts are stored and never edited; a decision is final; nobody
    decides on their own request. The database holds all three.
    """

    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="approvals")
    verb = models.CharField(max_length=60)
    facts = models.JSONField()
    facts_sha256 = models.CharField(max_length=64)
    reason = models.TextField()
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

    class Meta:
        db_table = "igny8_approvals"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("decide_approval", "Approve or decline a request"),)
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
        )

    def __str__(self) -> str:
        return f"{self.verb} for {self.account}"
