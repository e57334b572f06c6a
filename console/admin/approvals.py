"""Requests that wait for a second pair of eyes, and what was decided."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from billing.models import Approval
from console.admin import colors, columns
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.queues import QueueFilter
from console.site import site


@admin.register(Approval, site=site)
class ApprovalAdmin(ConsoleAdmin):
    list_display = (
        "what",
        "account_link",
        "status_word",
        "why",
        "asked_by",
        "requested_at",
        "expires_at",
    )
    list_filter = (
        QueueFilter,
        "status",
        ("account", AutocompleteSelectFilter),
        ("requested_by", AutocompleteSelectFilter),
        ("requested_at", DaysFilter),
    )
    list_filter_options = {"status": {"horizontal": True, "label": "Status"}}
    list_select_related = ("account", "requested_by")
    search_fields = ("account__name", "account__slug", "requested_by__email")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("what", "account_link", "status_word")}),
        ("The request", {"fields": (("facts_table",), ("reason",), "asked_by", "requested_at")}),
        (
            "The decision",
            {"fields": (("decision_reason",), "decided_by", "decided_at")},
        ),
    )

    account_link = columns.link("account", "Account")
    asked_by = columns.link("requested_by", "Asked by")
    status_word = columns.state("status", "Status", colors.APPROVAL)
    why = columns.text("reason", "Why")
    facts_table = columns.table("facts", "Exactly this")

    @display(description="What")
    def what(self, approval: Approval) -> str:
        return approval.verb.replace("_", " ").replace(".", ": ").capitalize()
