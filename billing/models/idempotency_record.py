from django.db import models


class IdempotencyRecord(models.Model):
    """The answer to a request that named a key, kept for a day so that a repeat gets it again."""

    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, related_name="+", db_index=False
    )
    route = models.CharField(max_length=120, help_text="Method and path pattern.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the request.")
    status = models.PositiveSmallIntegerField(help_text="HTTP status of the answer.")
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    class Meta:
        db_table = "igny8_idempotency_records"
        default_permissions = ()
        indexes = (models.Index(fields=("created_at",), name="idempotency_record_age"),)
        constraints = (
            models.UniqueConstraint(
                fields=("account", "route", "key"), name="idempotency_record_once"
            ),
            models.CheckConstraint(
                name="idempotency_record_final",
                condition=models.Q(status__gte=200, status__lt=500)
                & ~models.Q(status__in=(402, 409, 429)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
