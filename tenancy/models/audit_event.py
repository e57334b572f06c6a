from django.conf import settings
from django.db import models
from django.utils.timezone import now


class AuditEvent(models.Model):
    """Who did what, to what, when and why. Append-only: the database refuses any change."""

    class Result(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    at = models.DateTimeField(default=now)
    # The indexes below begin with actor and with account; a second one of each would be a tax.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    actor_label = models.CharField(
        max_length=254, help_text="The e-mail as it was then, or “system” for a job."
    )
    verb = models.CharField(max_length=60)
    result = models.CharField(max_length=10, choices=Result, default=Result.DONE)
    account = models.ForeignKey(
        "tenancy.Account",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="audit_events",
    )
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=40, blank=True)
    target_label = models.CharField(max_length=255)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.TextField()
    ticket_url = models.URLField(max_length=500, blank=True)
    door = models.CharField(max_length=20)
    request_id = models.CharField(max_length=64, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        db_table = "igny8_audit_events"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (("export_auditevent", "Export audit events to CSV"),)
        indexes = (
            models.Index(fields=("account", "-id"), name="audit_account"),
            models.Index(fields=("actor", "-id"), name="audit_actor"),
            models.Index(fields=("target_type", "target_id", "-id"), name="audit_target"),
            models.Index(fields=("verb", "-id"), name="audit_verb"),
            models.Index(fields=("at", "id"), name="audit_at"),
            models.Index(
                fields=("-id", "at"),
                name="audit_refused",
                condition=models.Q(result="refused"),
            ),
            # Of the other doors something is always among the newest.
            models.Index(
                fields=("door", "-id"),
                name="audit_rare_door",
                condition=models.Q(door__in=("import", "command", "shell")),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="audit_says_who", condition=~models.Q(actor_label__regex=r"^\s*$")
            ),
            models.CheckConstraint(
                name="audit_says_why", condition=~models.Q(reason__regex=r"^\s*$")
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_verb_label()}: {self.target_label}"

    def get_verb_label(self) -> str:
        """`bank_transfer_confirmed` reads “Bank transfer confirmed”."""
        return (
            self.verb.replace("_", " ")
            .capitalize()
            .replace("Api ", "API ")
            .replace(" api ", " API ")
        )
