from django.db import models


class ThrottleCounter(models.Model):
    """How often somebody called since their window began. Unlogged: a crash forgets it, and may."""

    key = models.CharField(max_length=120, primary_key=True)
    calls = models.BigIntegerField()
    resets_at = models.DateTimeField()

    class Meta:
        db_table = "igny8_throttle_counters"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.key}: {self.calls} until {self.resets_at:%H:%M:%S}"
