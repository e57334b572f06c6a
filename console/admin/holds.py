"""Credits that the product has set aside, and what became of them."""

import uuid
from contextlib import suppress

from django.contrib import admin
from django.db.models import QuerySet
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from billing.models import CreditHold, Operation
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.admin.search import BoundedSearchMixin
from console.site import site


@admin.register(CreditHold, site=site)
class CreditHoldAdmin(BoundedSearchMixin, ConsoleAdmin):
    """Resolved by the product or by time alone: there is no verb here."""

    list_display = (
        "created_at",
        "account_link",
        "status_word",
        "set_aside",
        "spent",
        "operation_word",
        "expires_at",
    )
    more_columns = ("resolved_at", "idempotency_key")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    )
    list_select_related = ("account",)
    ordering = ("-created_at", "-id")
    search_help_text = "Account, hold id, key"
    pasted = ("id", "idempotency_key")
    fieldsets = (
        (None, {"fields": ("account_link", "id", "status_word", "operation_word")}),
        ("Credits", {"fields": ("set_aside", "price", "units", "spent", "committed_units")}),
        ("Times", {"fields": ("created_at", "expires_at", "resolved_at")}),
        ("Belongs to", {"fields": ("row_link", "idempotency_key")}),
    )

    account_link = columns.link("account", "Account")
    status_word = columns.state("status", "Status", colors.HOLD)
    set_aside = columns.credits("amount", "Held")
    spent = columns.credits("committed_amount", "Spent")
    row_link = columns.link("transaction", "Ledger row")

    def ways(self, term: str) -> list[QuerySet]:
        rows = CreditHold.objects.values_list("pk")
        ways = [rows.filter(account_id__in=search.account_ids(term))]
        if " " not in term:
            ways.append(rows.filter(idempotency_key=term))
        with suppress(ValueError):
            ways.append(rows.filter(pk=uuid.UUID(term)))
        return ways

    @display(description="For")
    def operation_word(self, hold: CreditHold) -> str:
        return dict(Operation.choices).get(hold.operation, hold.operation)

    @display(description="Price")
    def price(self, hold: CreditHold) -> str:
        return f"{hold.unit_credits:,} for {hold.get_unit_display()}"
