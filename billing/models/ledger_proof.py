from django.db import models


class LedgerProof(models.Model):
    """One run of the ledger's proof: what was checked and what did not agree. Append-only."""

    at = models.DateTimeField()
    accounts = models.PositiveIntegerField()
    transactions = models.PositiveBigIntegerField()
    differences = models.JSONField(default=list)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        db_table = "igny8_ledger_proofs"
        ordering = ("-id",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {len(self.differences)} differences"
