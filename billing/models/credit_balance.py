from django.db import models


class CreditBalance(models.Model):
    """An account's credits. Written by the ledger's trigger alone; made with the account.

    Narrow and without an index beside the key, so that a deduction updates it in place: an index
    on `credits` would cost a third of the speed. The trigger that guards it also refuses to hold
    more than there is, or less than nothing.
    """

    account = models.OneToOneField(
        "tenancy.Account", models.RESTRICT, primary_key=True, related_name="credit_balance"
    )
    credits = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0, help_text="Credits reserved by work in progress.")
    sequence = models.BigIntegerField(default=0, help_text="Number of the newest ledger row.")
    frozen = models.BooleanField(
        default=False, help_text="The proof found a difference; spending waits for a person."
    )

    class Meta:
        db_table = "igny8_credit_balances"
        default_permissions = ("view",)
        permissions = (("unfreeze_balance", "Let a frozen account spend again"),)

    def __str__(self) -> str:
        return f"{self.credits:,} credits"

    @property
    def available(self) -> int:
        """Credits that can be spent now."""
        return self.credits - self.held
