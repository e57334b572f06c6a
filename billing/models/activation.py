from django.conf import settings
from django.db import models
from django.db.models import Q

from tenancy.models import AccountStatus


class Activation(models.Model):
    """What a confirmed payment set in motion, and how things stood before. Never edited.

    Undone by a row that reverses it: then period, plan and status went back, and `credits` is what
    the ledger took back (`shortfall` is what was spent already).
    """

    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="activations")
    # The payment is of the same account: a composite foreign key in the database.
    payment = models.ForeignKey("billing.Payment", models.RESTRICT, related_name="activations")
    reverses = models.OneToOneField(
        "self", models.RESTRICT, null=True, blank=True, related_name="reversed_by"
    )
    plan_before = models.ForeignKey("tenancy.Plan", models.PROTECT, related_name="+")
    plan = models.ForeignKey("tenancy.Plan", models.PROTECT, related_name="+")
    status_before = models.CharField(max_length=20, choices=AccountStatus)
    status_reason_before = models.CharField(max_length=20, blank=True)
    # Null where the account had no subscription.
    subscription_before = models.JSONField(null=True)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    credits = models.BigIntegerField(help_text="Credits granted; negative when taken back.")
    shortfall = models.PositiveBigIntegerField(
        default=0, help_text="Credits that were spent and could not be taken back."
    )
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "igny8_activations"
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (models.Index(fields=("account", "-id"), name="activation_newest_of_account"),)
        constraints = (
            models.UniqueConstraint(
                fields=("payment",),
                name="activation_once_per_payment",
                condition=Q(reverses__isnull=True),
            ),
            models.CheckConstraint(
                name="activation_credits_sign",
                condition=Q(reverses__isnull=True, credits__gte=0, shortfall=0)
                | Q(reverses__isnull=False, credits__lte=0),
            ),
            models.CheckConstraint(
                name="activation_says_why", condition=~Q(reason__regex=r"^\s*$")
            ),
        )

    def __str__(self) -> str:
        word = "Undone" if self.reverses_id else "Activated"
        return f"{word} by {self.payment}"
