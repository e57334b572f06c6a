from django.conf import settings
from django.db import models

MAX_AMOUNT = 10_000_000


class TransactionType(models.TextChoices):
    OPENING = "opening", "Opening balance"
    TRIAL = "trial", "Trial credits"
    SUBSCRIPTION = "subscription", "Subscription credits"
    PURCHASE = "purchase", "Purchase"
    GRANT = "grant", "Grant"
    DEDUCTION = "deduction", "Deduction"
    ADJUSTMENT = "adjustment", "Adjustment"
    REVERSAL = "reversal", "Reversal"


PAID = (TransactionType.SUBSCRIPTION, TransactionType.PURCHASE)


class AppendOnlyQuerySet(models.QuerySet):
    """Says early what the database would say anyway."""

    def update(self, **kwargs: object) -> int:
        raise TypeError("The ledger is append-only: write a reversal instead.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The ledger is append-only: write a reversal instead.")


class CreditTransaction(models.Model):
    """One row of the ledger. Inserting it posts it: a trigger moves the balance and fills
    `sequence`, `balance_after` and `available_after`, whatever the client sent. Never changed,
    never deleted.

    The same trigger asks `ledger_row_is_right`: which sign each type has, that a person says why,
    that a reversal names its row. Constraints here would cost every deduction far more.
    """

    # No plain indexes on the foreign keys: the unique constraints below begin with them or stand
    # in for them, and each further index is paid for by every deduction.
    # Nor a constraint on the account: the trigger refuses a row without a balance, and a balance,
    # which nothing deletes, has its constraint. One more would lock the account's row each time.
    account = models.ForeignKey(
        "tenancy.Account",
        models.RESTRICT,
        related_name="credit_transactions",
        db_index=False,
        db_constraint=False,
    )
    sequence = models.BigIntegerField(db_default=0, editable=False)
    type = models.CharField(max_length=20, choices=TransactionType)
    amount = models.BigIntegerField(help_text="Credits; negative when spent.")
    balance_after = models.BigIntegerField(db_default=0, editable=False)
    # The balance less what was held then; null in rows that are older than this column.
    available_after = models.BigIntegerField(null=True, editable=False)
    operation = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=255, blank=True)
    reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    payment = models.ForeignKey(
        "billing.Payment",
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="credit_transactions",
        db_index=False,
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)
    reverses = models.ForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="reversals", db_index=False
    )
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        db_table = "igny8_credit_transactions"
        ordering = ("-created_at", "-id")
        default_permissions = ("view",)
        permissions = (
            ("grant_credits", "Grant credits"),
            ("adjust_credits", "Adjust credits"),
            ("reverse_credits", "Reverse a ledger row"),
            ("export_credittransaction", "Export ledger rows to CSV"),
        )
        indexes = (
            models.Index(fields=("-created_at", "-id"), name="ledger_newest"),
            models.Index(
                fields=("created_by", "created_at"),
                name="ledger_by_person",
                condition=models.Q(created_by__isnull=False),
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("account", "sequence"), name="ledger_sequence"),
            models.UniqueConstraint(
                fields=("idempotency_key", "account"),
                name="ledger_idempotency",
                condition=models.Q(idempotency_key__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("payment",),
                name="ledger_one_credit_per_payment",
                condition=models.Q(type__in=PAID),
            ),
            models.UniqueConstraint(
                fields=("reverses",),
                name="ledger_reversed_once",
                condition=models.Q(reverses__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"#{self.sequence} {self.amount:+,}"
