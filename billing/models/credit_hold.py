import uuid

from django.db import models

from billing.models.credit_cost import CostUnit
from billing.models.credit_transaction import MAX_AMOUNT


class HoldStatus(models.TextChoices):
    HELD = "held", "Held"
    COMMITTED = "committed", "Committed"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class CreditHold(models.Model):
    """Credits set aside for work in progress, so that two calls cannot spend the same ones.

    A trigger moves the balance's `held` with it, whoever writes. A hold is resolved once, keeps
    its facts for ever, and its price is the one of the moment it was made.
    """

    # Opaque: it is handed to customers' programs, and one account's ids say nothing of another's.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The index below begins with it.
    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, related_name="credit_holds", db_index=False
    )
    operation = models.CharField(max_length=40)
    unit = models.CharField(max_length=20, choices=CostUnit)
    unit_credits = models.PositiveIntegerField(help_text="Credits for each unit, as agreed.")
    units = models.PositiveIntegerField()
    amount = models.BigIntegerField(help_text="Credits set aside.")
    status = models.CharField(max_length=10, choices=HoldStatus, default=HoldStatus.HELD)
    idempotency_key = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    committed_units = models.PositiveIntegerField(null=True, blank=True)
    committed_amount = models.BigIntegerField(
        null=True, blank=True, help_text="Credits spent; the rest was given back."
    )
    transaction = models.OneToOneField(
        "billing.CreditTransaction",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="credit_hold",
        verbose_name="ledger row",
    )

    class Meta:
        db_table = "igny8_credit_holds"
        ordering = ("-created_at", "-id")
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("account", "-created_at"), name="hold_newest_of_account"),
            models.Index(fields=("-created_at", "-id"), name="hold_newest"),
            models.Index(
                fields=("account", "expires_at"),
                name="hold_open",
                condition=models.Q(status=HoldStatus.HELD),
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("idempotency_key", "account"), name="hold_idempotency"),
            models.CheckConstraint(
                name="hold_amount_range",
                condition=models.Q(amount__gt=0, amount__lte=MAX_AMOUNT),
            ),
            models.CheckConstraint(
                name="hold_expires_later",
                condition=models.Q(expires_at__gt=models.F("created_at")),
            ),
            models.CheckConstraint(
                name="hold_status_known", condition=models.Q(status__in=HoldStatus.values)
            ),
            models.CheckConstraint(
                name="hold_resolved_has_time",
                condition=models.Q(status=HoldStatus.HELD, resolved_at__isnull=True)
                | (~models.Q(status=HoldStatus.HELD) & models.Q(resolved_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="hold_committed_has_row",
                condition=models.Q(
                    status=HoldStatus.COMMITTED,
                    committed_units__gt=0,
                    committed_amount__gt=0,
                    committed_amount__lte=models.F("amount"),
                    transaction__isnull=False,
                )
                | (
                    ~models.Q(status=HoldStatus.COMMITTED)
                    & models.Q(
                        committed_units__isnull=True,
                        committed_amount__isnull=True,
                        transaction__isnull=True,
                    )
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount:,} credits {self.get_status_display().lower()}"
