from datetime import datetime

from django.conf import settings
from django.db import models


class ApiKey(models.Model):
    """A key with which a site's WordPress plugin calls in. Only its hash is kept."""

    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, db_column="tenant_id", related_name="api_keys"
    )
    site = models.ForeignKey("tenancy.Site", models.RESTRICT, related_name="api_keys")
    prefix = models.CharField(max_length=20, unique=True, help_text="The visible start of the key.")
    key_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole key.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Set when a newer key took over: the overlap's end."
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_reason = models.TextField(blank=True)

    class Meta:
        db_table = "igny8_site_api_keys"
        ordering = ("-id",)
        verbose_name = "API key"
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("site",),
                name="api_key_one_current",
                condition=models.Q(revoked_at__isnull=True, expires_at__isnull=True),
            ),
            models.CheckConstraint(
                name="api_key_revoked_says_why",
                condition=models.Q(
                    revoked_at__isnull=True, revoked_reason="", revoked_by__isnull=True
                )
                | (models.Q(revoked_at__isnull=False) & ~models.Q(revoked_reason="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
