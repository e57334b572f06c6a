from django.db import models


class MoneyProof(models.Model):
    """One run of the money's proof: what was checked and what did not agree. Append-only."""

    at = models.DateTimeField()
    payments = models.PositiveIntegerField()
    by_hand = models.PositiveIntegerField(
        help_text="Confirmed payments that no statement line tells of: the bank's word is not here."
    )
    lines = models.PositiveIntegerField()
    differences = models.JSONField(default=list)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        db_table = "igny8_money_proofs"
        ordering = ("-id",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {len(self.differences)} differences"
