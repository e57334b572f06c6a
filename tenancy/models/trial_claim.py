from django.db import models


class TrialClaim(models.Model):
    """Somebody has had their trial. Kept for ever, also when their account is gone.

    Only a hash of the e-mail is kept: enough to know it again, too little to write to it.
    """

    email_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the normalised e-mail."
    )
    claimed_at = models.DateTimeField()

    class Meta:
        db_table = "igny8_trial_claims"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="trial_claim_is_a_hash",
                condition=models.Q(email_hash__regex=r"^[0-9a-f]{64}$"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.email_hash[:8]}… on {self.claimed_at:%Y-%m-%d}"
