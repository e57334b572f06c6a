from django.contrib.auth.models import Group
from django.db import models
from simple_history.models import HistoricalRecords


class GrantLimit(models.Model):
    """How many credits a person of this group may grant, at once and in a day (UTC)."""

    group = models.OneToOneField(Group, models.CASCADE, related_name="grant_limit")
    per_grant = models.PositiveIntegerField(help_text="Credits in one grant.")
    per_day = models.PositiveIntegerField(help_text="Credits by one person in one day (UTC).")

    history = HistoricalRecords(table_name="igny8_grant_limit_history")

    class Meta:
        db_table = "igny8_grant_limits"
        ordering = ("group__name",)
        default_permissions = ("view",)
        permissions = (("edit_grant_limit", "Edit the limits for granting credits"),)
        constraints = (
            models.CheckConstraint(
                name="grant_limit_day_covers_one",
                condition=models.Q(per_day__gte=models.F("per_grant")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.group}: {self.per_grant:,} a time, {self.per_day:,} a day"
