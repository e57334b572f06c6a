from django.db import models


class SyncEvent(models.Model):
    """What the WordPress bridge reports about one run of a sync."""

    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, db_column="tenant_id", related_name="sync_events"
    )
    site = models.ForeignKey("tenancy.Site", models.RESTRICT, related_name="sync_events")
    event_type = models.CharField(max_length=50)
    action = models.CharField(max_length=50, blank=True)
    success = models.BooleanField(default=True)
    external_id = models.CharField(max_length=255, blank=True)
    message = models.TextField(blank=True)
    details = models.JSONField(default=dict, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "igny8_sync_events"
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (models.Index(fields=("site", "-id"), name="sync_event_site"),)

    def __str__(self) -> str:
        return f"{self.event_type} {self.action}".strip()
