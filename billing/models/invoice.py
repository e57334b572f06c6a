from django.db import models
from simple_history.models import HistoricalRecords

from tenancy.models import Currency
from tenancy.models.plan import MAX_CREDITS


class InvoiceStatus(models.TextChoices):
    OPEN = "open", "Open"
    PAID = "paid", "Paid"
    VOID = "void", "Void"


class Invoice(models.Model):
    """A month of a plan, at the price and credits of the day it was issued.

    Later edits of the plan change nothing that was already sold.
    """

    number = models.CharField(max_length=20, unique=True, help_text="Without gaps in each year.")
    account = models.ForeignKey("tenancy.Account", models.RESTRICT, related_name="invoices")
    plan = models.ForeignKey("tenancy.Plan", models.PROTECT, related_name="invoices")
    included_credits = models.PositiveIntegerField(help_text="Credits granted when it is paid.")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, choices=Currency, default=Currency.USD)
    issued_on = models.DateField()
    due_on = models.DateField()
    status = models.CharField(max_length=10, choices=InvoiceStatus, default=InvoiceStatus.OPEN)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was paid or voided."
    )
    renews_period_end = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The end of the paid period that this invoice renews.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords(table_name="igny8_invoice_history")

    class Meta:
        db_table = "igny8_invoices"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (
            ("export_invoice", "Export invoices to CSV"),
            ("view_report", "See the reports"),
            ("export_report", "Export reports to CSV"),
        )
        indexes = (
            models.Index(fields=("issued_on", "id"), name="invoice_issued"),
            models.Index(
                fields=("due_on",),
                include=("id",),
                name="invoice_open",
                condition=models.Q(status=InvoiceStatus.OPEN),
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("account", "id"), name="invoice_account_id"),
            # However often and late the daily job runs, a period is renewed once.
            models.UniqueConstraint(
                fields=("account", "renews_period_end"), name="invoice_renews_period_once"
            ),
            models.CheckConstraint(
                name="invoice_amount_positive", condition=models.Q(amount__gt=0)
            ),
            models.CheckConstraint(
                name="invoice_credits_range", condition=models.Q(included_credits__lte=MAX_CREDITS)
            ),
            models.CheckConstraint(
                name="invoice_due_after_issue",
                condition=models.Q(due_on__gte=models.F("issued_on")),
            ),
            models.CheckConstraint(
                name="invoice_settled_has_time",
                condition=models.Q(status=InvoiceStatus.OPEN, settled_at__isnull=True)
                | models.Q(
                    status__in=(InvoiceStatus.PAID, InvoiceStatus.VOID), settled_at__isnull=False
                ),
            ),
        )

    def __str__(self) -> str:
        return self.number


class InvoiceCounter(models.Model):
    """The last number given out in a year. Locked while an invoice is made, so no gap can arise."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last_number = models.PositiveIntegerField()

    class Meta:
        db_table = "igny8_invoice_counters"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.year}: {self.last_number}"
