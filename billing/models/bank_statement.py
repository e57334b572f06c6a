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


class BankFormat(models.Model):
    """How the files of one bank are read, as a person chose it the last time."""

    bank = models.CharField(max_length=100, unique=True)
    columns = models.JSONField(default=dict, help_text="What each column of the file means.")
    style = models.JSONField(default=dict, help_text="How it writes numbers and dates.")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "igny8_bank_formats"
        ordering = ("bank",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.bank


class LineState(models.TextChoices):
    """A line is new or held while money of it has no place yet; a trigger keeps this true."""

    NEW = "new", "New"
    HELD = "held", "Held"
    APPLIED = "applied", "Applied"
    SPLIT = "split", "Split"
    RETURNED = "returned", "Returned"
    IGNORED = "ignored", "Ignored"
    OUTGOING = "outgoing", "Outgoing"
    ZERO = "zero", "Zero"


OPEN_LINE = (LineState.NEW, LineState.HELD)


class StatementLine(models.Model):
    """One movement on the bank account; what the bank wrote is kept unchanged.

    `remaining` and `state` follow the line's allocations by a trigger, whoever writes.
    """

    statement = models.ForeignKey(BankStatement, models.RESTRICT, related_name="lines")
    line_number = models.PositiveIntegerField()
    bank_transaction_id = models.CharField(max_length=100, null=True, blank=True, unique=True)
    booked_on = models.DateField()
    value_date = models.DateField()
    amount = models.DecimalField(
        max_digits=14, decimal_places=2, help_text="Negative when it left."
    )
    remaining = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        db_default=0,
        editable=False,
        help_text="What came in and has no place yet.",
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
        permissions = (
            ("import_bankstatement", "Import a bank statement"),
            ("apply_statementline", "Apply a statement line to bank transfers"),
            ("hold_statementline", "Hold a statement line"),
            ("return_statementline", "Return money to its payer"),
            ("ignore_statementline", "Ignore a statement line"),
            ("use_unapplied_money", "Use an account's unapplied money"),
            ("export_statementline", "Export statement lines to CSV"),
        )
        indexes = (
            models.Index(fields=("reference_normalised",), name="line_reference"),
            models.Index(fields=("value_date", "id"), name="line_day"),
            models.Index(
                fields=("value_date", "id"),
                name="line_open",
                condition=models.Q(state__in=OPEN_LINE),
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("statement", "line_number"), name="line_in_statement"),
            models.UniqueConstraint(fields=("fingerprint", "occurrence"), name="line_seen_once"),
            models.CheckConstraint(
                name="line_state_agrees_with_money",
                condition=models.Q(
                    amount__gt=0,
                    remaining__gt=0,
                    remaining__lte=models.F("amount"),
                    state__in=OPEN_LINE,
                )
                | models.Q(
                    amount__gt=0,
                    remaining=0,
                    state__in=(
                        LineState.APPLIED,
                        LineState.SPLIT,
                        LineState.RETURNED,
                        LineState.IGNORED,
                    ),
                )
                | models.Q(amount__lt=0, remaining=0, state=LineState.OUTGOING)
                | models.Q(amount=0, remaining=0, state=LineState.ZERO),
            ),
            models.CheckConstraint(
                name="line_ignored_says_why",
                condition=~models.Q(state__in=(LineState.IGNORED, LineState.RETURNED))
                | ~models.Q(state_reason__regex=r"^\s*$"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"


class Place(models.TextChoices):
    """Where money of a statement line went."""

    PAYMENT = "payment", "Bank transfer"
    UNAPPLIED = "unapplied", "Unapplied, on the account"
    RETURNED = "returned", "Returned"
    IGNORED = "ignored", "Ignored"


class Allocation(models.Model):
    """Where a part of a statement line went. Never edited: undone by a row that reverses it.

    A line's money is in as many places as it has allocations that nothing reverses; their sum
    never exceeds the line, by a trigger. Unapplied money belongs to an account and waits to be
    applied or returned.
    """

    line = models.ForeignKey(StatementLine, models.RESTRICT, related_name="allocations")
    place = models.CharField(max_length=10, choices=Place)
    # The payment is of the same account: a composite foreign key in the database.
    account = models.ForeignKey(
        "tenancy.Account", models.RESTRICT, null=True, blank=True, related_name="allocations"
    )
    payment = models.ForeignKey(
        "billing.Payment", models.RESTRICT, null=True, blank=True, related_name="allocations"
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reverses = models.OneToOneField(
        "self", models.RESTRICT, null=True, blank=True, related_name="reversed_by"
    )
    reason = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        db_table = "igny8_allocations"
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (
            models.Index(
                fields=("created_at",),
                include=("id", "amount"),
                name="allocation_unapplied",
                condition=models.Q(place=Place.UNAPPLIED, reverses__isnull=True),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="allocation_sign",
                condition=models.Q(reverses__isnull=True, amount__gt=0)
                | models.Q(reverses__isnull=False, amount__lt=0),
            ),
            models.CheckConstraint(
                name="allocation_place_has_owner",
                condition=models.Q(
                    place=Place.PAYMENT, payment__isnull=False, account__isnull=False
                )
                | models.Q(place=Place.UNAPPLIED, payment__isnull=True, account__isnull=False)
                | models.Q(place__in=(Place.RETURNED, Place.IGNORED), payment__isnull=True),
            ),
            models.CheckConstraint(
                name="allocation_says_why", condition=~models.Q(reason__regex=r"^\s*$")
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} of {self.line}: {self.payment or self.get_place_display()}"


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
