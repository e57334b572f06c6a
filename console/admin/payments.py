"""Bank transfers and other payments: what is expected, and what came."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from billing.models import Payment
from console import quoted
from console.actions.reversals import ReverseTransfer, WriteOff
from console.actions.transfers import ConfirmTransfer, RejectTransfer
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.admin.search import BoundedSearchMixin
from console.exports import CsvExportMixin
from console.queues import QueueFilter
from console.reports.filters import ByHandFilter, WrittenOffFilter
from console.saved_views.tabs import ViewsMixin
from console.site import site


@admin.register(Payment, site=site)
class PaymentAdmin(ViewsMixin, CsvExportMixin, BoundedSearchMixin, ConsoleAdmin):
    verbs = (ConfirmTransfer, WriteOff, RejectTransfer, ReverseTransfer)

    list_display = (
        "reference",
        "account_link",
        "status_word",
        "expected",
        "received",
        "invoice_link",
        "opened",
        "value_date",
    )
    more_columns = ("method", "payer", "bank_transaction_id", "confirmed_at", "rejected_at")
    views = (
        ("Waiting", "queue=transfers-waiting"),
        ("Past due", "queue=renewals-overdue"),
        ("Confirmed", "status__exact=confirmed"),
        ("Rejected", "status__exact=rejected"),
        ("Reversed", "status__exact=reversed"),
    )
    list_filter = (
        QueueFilter,
        "status",
        ("method", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("opened_at", DaysFilter),
        ("value_date", DaysFilter),
        ("confirmed_at", DaysFilter),
        ByHandFilter,
        WrittenOffFilter,
    )
    list_select_related = ("account", "invoice")
    ordering = ("-id",)
    ordered_by_day = ("opened_at",)
    search_help_text = "Reference, account, invoice, payer, bank id"
    pasted = ("reference", "bank_transaction_id")
    fieldsets = (
        (None, {"fields": ("reference", "account_link", "invoice_link", "status_word", "method")}),
        ("Money", {"fields": ("expected", "received", "value_date")}),
        ("From the bank", {"fields": ("bank_transaction_id", "payer", "allocations")}),
        ("Opened", {"fields": ("opened_at", "opened_by")}),
        (
            "Confirmed",
            {
                "when": "confirmed_at",
                "fields": ("confirmed_at", "confirmed_by", "credits", "set_in_motion"),
            },
        ),
        ("Written off", {"when": "written_off", "fields": ("missing",)}),
        ("Rejected", {"when": "rejected_at", "fields": ("rejected_at", "rejected_by")}),
    )

    account_link = columns.link("account", "Account")
    invoice_link = columns.link("invoice", "Invoice")
    status_word = columns.state("status", "Status", colors.PAYMENT)
    expected = columns.money("expected_amount", "Expected")
    received = columns.money("received_total", "Received")
    allocations = columns.rows_of("payment", "billing.Allocation", "Allocations")
    opened = columns.moment("opened_at", "Opened at")
    missing = columns.money("written_off", "Was missing, and is not asked for")
    set_in_motion = columns.rows_of("payment", "billing.Activation", "Set in motion")
    credits = columns.rows_of("payment", "billing.CreditTransaction", "Credits granted")

    def ways(self, term: str) -> list[QuerySet]:
        payments = Payment.objects.values_list("pk")
        ways = [
            payments.filter(account_id__in=search.account_ids(term)),
            payments.filter(invoice__number__startswith=term),
            payments.filter(bank_transaction_id=term),
            payments.filter(search.words_in(term, "payer")),
        ]
        if reference := quoted.reference(term):
            ways.append(payments.filter(reference__startswith=reference))
        return ways
