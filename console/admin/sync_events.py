"""What the WordPress bridge reports."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from console.admin import columns
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.site import site
from tenancy.models import SyncEvent


@admin.register(SyncEvent, site=site)
class SyncEventAdmin(ConsoleAdmin):
    list_display = (
        "created_at",
        "site_link",
        "account_link",
        "event_type",
        "action",
        "outcome",
        "message_start",
    )
    list_filter = (
        "success",
        ("site", AutocompleteSelectFilter),
        ("account", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    )
    list_filter_options = {"success": {"horizontal": True, "label": "Succeeded"}}
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("created_at", "site_link", "account_link", "outcome")}),
        ("Event", {"fields": ("event_type", "action", "external_id", "took", ("message",))}),
        ("Details", {"fields": (("details_table",),)}),
    )

    site_link = columns.link("site", "Site")
    account_link = columns.link("account", "Account")
    outcome = columns.either("success", "Result", yes="Succeeded", no="Failed", good=True)
    message_start = columns.text("message", "Message")
    details_table = columns.table("details", "Details")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncEvent]:
        return (
            super()
            .get_queryset(request)
            .select_related("site", "account")
            .defer("site__wp_app_password")
        )

    @display(description="Took")
    def took(self, event: SyncEvent) -> str:
        return columns.EMPTY if event.duration_ms is None else f"{event.duration_ms:,} ms"
