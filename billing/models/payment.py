from decimal import Decimal

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from tenancy.models import Currency, PaymentMethod


class PaymentStatus(models.TextChoices):
    AWAITING = "awaiting", "Awaiting"
    PARTIALLY_PAID = "partially_paid", "Partially paid"
    CONFIRMED = "confirmed", "Confirmed"
    REJECTED = "rejected", "Rejected"
    REVERSED = "reversed", "Reversed"


OPEN_PAYMENT = (PaymentStatus.AWAITING, PaymentStatus.PARTIALLY_PAID)


class Payment(models.Model):
    """Money expected for an invoice, and the facts of how it came."""

    # The invoice is of the same account: a composite foreign key in the database.
    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="payments")
    invoice = models.OneToOneField("billing.Invoice", models.RESTRICT, related_name="payment")
    method = models.CharField(
        max_length=20, choices=PaymentMethod, default=PaymentMethod.BANK_TRANSFER
    )
    expected_amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, choices=Currency, default=Currency.USD)
    reference = models.CharField(
        max_length=25, unique=True, help_text="What the customer writes on the transfer."
    )
    status = models.CharField(max_length=20, choices=PaymentStatus, default=PaymentStatus.AWAITING)
    received_total = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    value_date = models.DateField(null=True, blank=True)
    written_off = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=0,
        help_text="What was missing and is not asked for.",
    )
    # Free again once the payment is reversed: the money may be another customer's.
    bank_transaction_id = models.CharField(max_length=100, null=True, blank=True, db_index=True)
    payer = models.CharField(max_length=255, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = HistoricalRecords(table_name="igny8_payment_history")

    class Meta:
        db_table = "igny8_payments"
        ordering = ("-id",)
        verbose_name = "bank transfer"
        default_permissions = ("view",)
        permissions = (
            ("open_bank_transfer", "Open a bank transfer"),
            ("confirm_bank_transfer", "Confirm a bank transfer"),
            ("reject_bank_transfer", "Reject a bank transfer"),
            ("reverse_bank_transfer", "Reverse a confirmed bank transfer"),
            ("write_off_shortfall", "Write off a small shortfall"),
            ("export_payment", "Export payments to CSV"),
        )
        indexes = (
            models.Index(fields=("status", "opened_at"), name="payment_status_age"),
            models.Index(fields=("opened_at", "id"), name="payment_opened"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("account",),
                name="payment_one_open_per_account",
                condition=models.Q(status__in=OPEN_PAYMENT),
            ),
            models.CheckConstraint(
                name="payment_amount_positive", condition=models.Q(expected_amount__gt=0)
            ),
            models.CheckConstraint(
                name="payment_status_known", condition=models.Q(status__in=PaymentStatus.values)
            ),
            models.UniqueConstraint(fields=("account", "id"), name="payment_account_id"),
            models.UniqueConstraint(
                fields=("bank_transaction_id",),
                name="payment_bank_id_once",
                condition=~models.Q(status=PaymentStatus.REVERSED),
            ),
            models.CheckConstraint(
                name="payment_received_in_range",
                condition=models.Q(
                    received_total__gte=0,
                    written_off__gte=0,
                    expected_amount__gte=models.F("received_total") + models.F("written_off"),
                ),
            ),
            models.CheckConstraint(
                name="payment_confirmed_in_full",
                condition=~models.Q(status__in=(PaymentStatus.CONFIRMED, PaymentStatus.REVERSED))
                | models.Q(expected_amount=models.F("received_total") + models.F("written_off")),
            ),
            models.CheckConstraint(
                name="payment_confirmed_has_facts",
                condition=models.Q(
                    status__in=(PaymentStatus.CONFIRMED, PaymentStatus.REVERSED),
                    confirmed_at__isnull=False,
                    confirmed_by__isnull=False,
                    value_date__isnull=False,
                    bank_transaction_id__isnull=False,
                )
                | (
                    ~models.Q(status__in=(PaymentStatus.CONFIRMED, PaymentStatus.REVERSED))
                    & models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="payment_rejected_has_facts",
                condition=models.Q(status=PaymentStatus.REJECTED, rejected_at__isnull=False)
                | (
                    ~models.Q(status=PaymentStatus.REJECTED)
                    & models.Q(rejected_at__isnull=True, rejected_by__isnull=True)
                ),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_PAYMENT

    @property
    def outstanding(self) -> Decimal:
        """What is still to come, in units of `currency`."""
        return self.expected_amount - self.received_total - self.written_off
