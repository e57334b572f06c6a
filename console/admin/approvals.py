"""Requests that wait for a second pair of eyes, and what was decided."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from billing.models import Approval
from console.account_page import pending
from console.actions.approvals import Approve, Decline, Withdraw
from console.actions.decide_several import DecideSeveral
from console.admin import colors, columns
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.queues import QueueFilter
from console.site import site


@admin.register(Approval, site=site)
class ApprovalAdmin(ConsoleAdmin):
    verbs = (Approve, Withdraw, Decline)
    list_verbs = (DecideSeveral,)
    change_form_outer_before_template = "console/approvals/before.html"

    list_display = (
        "what",
        "account_link",
        "status_word",
        "why",
        "asked_by",
        "requested_at",
        "expires_at",
    )
    more_columns = ("decider", "decided_at")
    list_filter = (
        QueueFilter,
        "status",
        ("account", AutocompleteSelectFilter),
        ("requested_by", AutocompleteSelectFilter),
        ("requested_at", DaysFilter),
    )
    list_filter_options = {"status": {"horizontal": True, "label": "Status"}}
    list_select_related = ("account", "requested_by", "decided_by")
    search_fields = ("account__name", "account__slug", "requested_by__email")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("what", "account_link", "status_word", "expires_at")}),
        (
            "The request",
            {"fields": ("asked_by", "requested_at", ("reason",), ("ticket",), ("facts_table",))},
        ),
        (
            "How it ended",
            {
                "when": "decided_at",
                "fields": ("decider", "decided_at", ("decision_reason",), ("outcome",)),
            },
        ),
    )

    account_link = columns.link("account", "Account")
    asked_by = columns.link("requested_by", "Asked by")
    decider = columns.link("decided_by", "Decided by")
    ticket = columns.web("ticket_url", "Ticket")
    status_word = columns.state("status", "Status", colors.APPROVAL)
    why = columns.text("reason", "Why")
    facts_table = columns.table("facts", "Exactly this")

    @display(description="What")
    def what(self, approval: Approval) -> str:
        return approval.summary or approval.verb.replace("_", " ").capitalize()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        approval = self.get_object(request, object_id)
        is_waiting = approval is not None and approval.is_waiting(timezone.now())
        shown = pending.of_request(approval, person=request.user) if is_waiting else None
        return super().change_view(
            request, object_id, form_url, {"pending": shown, **(extra_context or {})}
        )
