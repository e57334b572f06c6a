from datetime import datetime

from django.db import models
from simple_history.models import HistoricalRecords

from tenancy.models import PaymentMethod


class SubscriptionStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Past due"
    CANCELLED = "cancelled", "Cancelled"


class Subscription(models.Model):
    """What an account has paid for, and until when. At most one per account."""

    account = models.OneToOneField("tenancy.Account", models.RESTRICT, related_name="subscription")
    status = models.CharField(
        max_length=20, choices=SubscriptionStatus, default=SubscriptionStatus.ACTIVE
    )
    payment_method = models.CharField(max_length=20, choices=PaymentMethod)
    external_payment_id = models.CharField(
        max_length=255, blank=True, help_text="The bank's or provider's id of the latest payment."
    )
    stripe_subscription_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    current_period_start = models.DateTimeField()
    current_period_end = models.DateTimeField()
    # 31 stays 31 through February, which an end on the 28th alone would forget.
    anchor_day = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The day of the month that periods end on; empty: that of the present end.",
    )
    cancel_at_period_end = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(table_name="igny8_subscription_history")

    class Meta:
        db_table = "igny8_subscriptions"
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (models.Index(fields=("current_period_end",), name="subscription_period_end"),)
        constraints = (
            models.CheckConstraint(
                name="subscription_period_forward",
                condition=models.Q(current_period_end__gt=models.F("current_period_start")),
            ),
            models.CheckConstraint(
                name="subscription_anchor_is_a_day",
                condition=models.Q(anchor_day__isnull=True)
                | models.Q(anchor_day__gte=1, anchor_day__lte=31),
            ),
            models.CheckConstraint(
                name="subscription_stripe_id_given",
                condition=~models.Q(payment_method=PaymentMethod.STRIPE)
                | models.Q(stripe_subscription_id__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.account} until {self.current_period_end:%Y-%m-%d}"

    def period_is_open(self, now: datetime) -> bool:
        return (
            self.status != SubscriptionStatus.CANCELLED
            and self.current_period_start <= now < self.current_period_end
        )
