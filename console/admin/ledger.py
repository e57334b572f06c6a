"""The credit ledger: append-only rows, the newest first."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from billing.models import CreditTransaction, Operation, Payment
from console import quoted
from console.actions.credits import ReverseEntry
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.admin.search import BoundedSearchMixin
from console.exports import CsvExportMixin
from console.reports.filters import OperationFilter
from console.site import site


@admin.register(CreditTransaction, site=site)
class CreditTransactionAdmin(CsvExportMixin, BoundedSearchMixin, ConsoleAdmin):
    csv_values = {"row_number": "sequence"}

    verbs = (ReverseEntry,)

    list_display = (
        "created_at",
        "row_number",
        "account_link",
        "type_word",
        "change",
        "balance",
        "what_for",
        "by",
    )
    more_columns = ("operation_word", "idempotency_key")
    list_filter = (
        ("type", ChoicesDropdownFilter),
        OperationFilter,
        ("account", AutocompleteSelectFilter),
        ("created_by", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    )
    list_select_related = ("account", "created_by")
    # The index for it serves the filter by day too.
    ordering = ("-created_at", "-id")
    search_help_text = "Account, payment reference, key, row number"
    pasted = ("idempotency_key",)
    fieldsets = (
        (None, {"fields": ("account_link", "row_number", "created_at", "type_word")}),
        (
            "Credits",
            {"fields": ("change", "balance", "available", "operation_word", "description")},
        ),
        ("Who and why", {"fields": ("by", ("reason",))}),
        ("Belongs to", {"fields": ("payment_link", "reverses_link", "reversed_link")}),
        ("For programs", {"fields": (("idempotency_key",), ("metadata_table",))}),
    )

    account_link = columns.link("account", "Account")
    type_word = columns.state("type", "Type", colors.LEDGER)
    change = columns.credits("amount", "Credits", signed=True)
    balance = columns.credits("balance_after", "Balance after")
    available = columns.credits("available_after", "Available after")
    payment_link = columns.link("payment", "Bank transfer")
    reverses_link = columns.link("reverses", "Reverses")
    metadata_table = columns.table("metadata", "Metadata")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditTransaction]:
        return super().get_queryset(request).defer("created_by__password")

    def ways(self, term: str) -> list[QuerySet]:
        rows = CreditTransaction.objects.values_list("pk")
        ways = [
            *(_newest_of(account_id) for account_id in search.account_ids(term)[:MOST_ACCOUNTS]),
            *search.by_number(CreditTransaction, term),
        ]
        if reference := quoted.reference(term):
            payments = Payment.objects.filter(reference__startswith=reference)
            ways.append(rows.filter(payment_id__in=payments.values("pk")))
        if " " not in term:
            ways.append(rows.filter(idempotency_key=term))
        return ways or [rows.none()]

    @display(description="Row")
    def row_number(self, row: CreditTransaction) -> str:
        return f"#{row.sequence:,}"

    @display(description="For")
    def what_for(self, row: CreditTransaction) -> str:
        return row.reason or _operation(row) or row.description or columns.EMPTY

    @display(description="Operation")
    def operation_word(self, row: CreditTransaction) -> str:
        return _operation(row) or columns.EMPTY

    @display(description="By")
    def by(self, row: CreditTransaction) -> str:
        return columns.link_to(row.created_by) if row.created_by else "the product"

    @display(description="Reversed by")
    def reversed_link(self, row: CreditTransaction) -> str:
        return columns.link_to(row.reversals.first())


MOST_ACCOUNTS = 10


def _newest_of(account_id: int) -> QuerySet:
    """One account's newest rows, straight from its index: mixed accounts would need a sort."""
    return (
        CreditTransaction.objects.filter(account_id=account_id)
        .order_by("-sequence")
        .values_list("pk")
    )


def _operation(row: CreditTransaction) -> str:
    labels = dict(Operation.choices)
    return labels.get(row.operation, row.operation.replace("_", " ").capitalize())
