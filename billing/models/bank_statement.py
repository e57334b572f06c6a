from django.conf import settings
from django.db import models

from tenancy.models import Currency


class BankStatement(models.Model):
    """One statement file as it came from the bank. The same file is known by its hash."""

    bank = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64, unique=True)
    currency = models.CharField(max_length=3, choices=Currency, default=Currency.USD)
    line_count = models.PositiveIntegerField()
    sum_in = models.DecimalField(max_digits=14, decimal_places=2)
    sum_out = models.DecimalField(max_digits=14, decimal_places=2)
    opening_balance = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    closing_balance = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "igny8_bank_statements"
        ordering = ("-id",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.file_name


class LineState(models.TextChoices):
    NEW = "new", "New"
    SUGGESTED = "suggested", "Suggested"
    HELD = "held", "Held"
    APPLIED = "applied", "Applied"
    SPLIT = "split", "Split"
    RETURNED = "returned", "Returned"
    IGNORED = "ignored", "Ignored"


class StatementLine(models.Model):
    """One movement on the bank account; what the bank wrote is kept unchanged."""

    statement = models.ForeignKey(BankStatement, models.RESTRICT, related_name="lines")
    line_number = models.PositiveIntegerField()
    bank_transaction_id = models.CharField(max_length=100, null=True, blank=True, unique=True)
    booked_on = models.DateField()
    value_date = models.DateField()
    amount = models.DecimalField(
        max_digits=14, decimal_places=2, help_text="Negative when it left."
    )
    currency = models.CharField(max_length=3, choices=Currency, default=Currency.USD)
    payer_name = models.CharField(max_length=255, blank=True)
    payer_iban = models.CharField(max_length=34, blank=True)
    reference_raw = models.TextField(blank=True)
    reference_normalised = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64)
    # Two genuine twins in one file are two payments: the second has occurrence 2.
    occurrence = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=LineState, default=LineState.NEW)
    state_reason = models.TextField(blank=True)

    class Meta:
        db_table = "igny8_statement_lines"
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(fields=("statement", "line_number"), name="line_in_statement"),
            models.UniqueConstraint(fields=("fingerprint", "occurrence"), name="line_seen_once"),
            models.CheckConstraint(
                name="line_ignored_says_why",
                condition=~models.Q(state__in=(LineState.IGNORED, LineState.RETURNED))
                | ~models.Q(state_reason__regex=r"^\s*$"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"


class Allocation(models.Model):
    """The part of a statement line that pays a payment. Undone by a row that reverses it."""

    line = models.ForeignKey(StatementLine, models.RESTRICT, related_name="allocations")
    payment = models.ForeignKey("billing.Payment", models.RESTRICT, related_name="allocations")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reverses = models.OneToOneField(
        "self", models.RESTRICT, null=True, blank=True, related_name="reversed_by"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "igny8_allocations"
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                name="allocation_sign",
                condition=models.Q(reverses__isnull=True, amount__gt=0)
                | models.Q(reverses__isnull=False, amount__lt=0),
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} of {self.line} to {self.payment}"


class PayerLink(models.Model):
    """“This payer pays for this account”, remembered from a confirmed match until cut."""

    payer_key = models.CharField(max_length=255, help_text="IBAN, or the payer's name normalised.")
    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="payer_links")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cut_at = models.DateTimeField(null=True, blank=True)
    cut_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "igny8_payer_links"
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=("payer_key", "account"),
                name="payer_link_once",
                condition=models.Q(cut_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.payer_key} pays for {self.account}"
