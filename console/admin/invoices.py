"""Invoices, subscriptions and activations: what was sold, and until when it is paid."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from billing.models import Activation, Invoice, InvoiceStatus, Subscription
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.admin.search import BoundedSearchMixin
from console.exports import CsvExportMixin
from console.invoice_pages import InvoicePagesMixin
from console.reports.filters import (
    ByHandTakenBackFilter,
    UndoesFilter,
    WrittenOffTakenBackFilter,
)
from console.saved_views.tabs import ViewsMixin
from console.site import site


class OverdueFilter(SimpleListFilter):
    """Open after the day it was due."""

    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "yes":
            return queryset
        return queryset.filter(status=InvoiceStatus.OPEN, due_on__lt=timezone.now().date())


@admin.register(Invoice, site=site)
class InvoiceAdmin(ViewsMixin, InvoicePagesMixin, CsvExportMixin, BoundedSearchMixin, ConsoleAdmin):
    list_display = (
        "number",
        "account_link",
        "status_word",
        "amount_due",
        "plan_link",
        "issued_on",
        "due_on",
    )
    more_columns = ("credits_sold", "settled_at")
    views = (
        ("Open", "status__exact=open"),
        ("Overdue", "overdue=yes"),
        ("Paid", "status__exact=paid"),
        ("Void", "status__exact=void"),
    )
    list_filter = (
        "status",
        OverdueFilter,
        ("plan", RelatedDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("issued_on", DaysFilter),
        ("due_on", DaysFilter),
    )
    list_select_related = ("account", "plan")
    ordering = ("-id",)
    ordered_by_day = ("issued_on",)
    sortable_by = ("number",)
    search_help_text = "Number, account, payment reference"
    pasted = ("number",)
    fieldsets = (
        (None, {"fields": ("number", "account_link", "status_word", "settled_at")}),
        ("Sold", {"fields": ("plan_link", "amount_due", "credits_sold")}),
        ("Dates", {"fields": ("issued_on", "due_on", "created_at")}),
        ("Paid by", {"fields": ("payment_link", "received")}),
    )

    account_link = columns.link("account", "Account")
    plan_link = columns.link("plan", "Plan")
    payment_link = columns.link("payment", "Bank transfer")
    status_word = columns.state("status", "Status", colors.INVOICE)
    amount_due = columns.money("amount", "Amount")
    credits_sold = columns.credits("included_credits", "Credits when paid")
    received = columns.money("payment.received_total", "Received")

    def ways(self, term: str) -> list[QuerySet]:
        invoices = Invoice.objects.values_list("pk")
        return [
            invoices.filter(number__startswith=term),
            invoices.filter(account_id__in=search.account_ids(term)),
        ]


@admin.register(Subscription, site=site)
class SubscriptionAdmin(BoundedSearchMixin, ConsoleAdmin):
    list_display = (
        "page",
        "status_word",
        "payment_method",
        "current_period_start",
        "current_period_end",
        "renewal",
    )
    more_columns = ("external_payment_id", "created_at")
    list_filter = (
        "status",
        ("payment_method", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("current_period_end", DaysFilter),
        "cancel_at_period_end",
    )
    list_filter_options = {"status": {"horizontal": True, "label": "Status"}}
    list_select_related = ("account",)
    ordering = ("-id",)
    sortable_by = ("current_period_end",)
    search_help_text = "Account, payment id"
    pasted = ("external_payment_id", "stripe_subscription_id")
    fieldsets = (
        (None, {"fields": ("account_link", "status_word", "renewal")}),
        ("Paid period", {"fields": ("current_period_start", "current_period_end")}),
        (
            "Payment",
            {"fields": ("payment_method", "external_payment_id", "stripe_subscription_id")},
        ),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )

    page = columns.text("account.name", "Account")
    account_link = columns.link("account", "Account")
    status_word = columns.state("status", "Status", colors.SUBSCRIPTION)
    renewal = columns.either(
        "cancel_at_period_end", "At its end", yes="Is cancelled", no="Is renewed"
    )

    def ways(self, term: str) -> list[QuerySet]:
        subscriptions = Subscription.objects.values_list("pk")
        return [
            subscriptions.filter(account_id__in=search.account_ids(term)),
            subscriptions.filter(external_payment_id=term),
            subscriptions.filter(stripe_subscription_id=term),
        ]


@admin.register(Activation, site=site)
class ActivationAdmin(ConsoleAdmin):
    list_display = (
        "at",
        "account_link",
        "payment_link",
        "received",
        "plan_link",
        "credits_moved",
        "undoes",
    )
    list_filter = (
        UndoesFilter,
        ("account", AutocompleteSelectFilter),
        ("payment__method", ChoicesDropdownFilter),
        ("at", DaysFilter),
        ByHandTakenBackFilter,
        WrittenOffTakenBackFilter,
    )
    list_select_related = ("account", "payment", "plan", "reverses__payment")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("account_link", "payment_link", "undoes", ("reason",))}),
        ("Set in motion", {"fields": ("plan_link", "credits_moved", "period_start", "period_end")}),
        ("Before", {"fields": ("plan_before_link", "status_before", "status_reason_before")}),
        ("Spent already", {"when": "reverses", "fields": ("credits_short",)}),
        ("Made", {"fields": ("at", "by_link")}),
    )

    account_link = columns.link("account", "Account")
    payment_link = columns.link("payment", "Bank transfer")
    plan_link = columns.link("plan", "Plan")
    plan_before_link = columns.link("plan_before", "Plan")
    undoes = columns.link("reverses", "Undoes")
    received = columns.money("payment.received_total", "Received")
    by_link = columns.link("by", "By")
    credits_moved = columns.credits("credits", "Credits")
    credits_short = columns.credits("shortfall", "Credits that were spent already")
