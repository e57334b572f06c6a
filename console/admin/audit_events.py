"""The audit trail: who did what, to what, when and why; also what was refused."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from console import words
from console.admin import colors, columns, search
from console.admin.audit_filters import (
    ByFilter,
    DoorFilter,
    KindFilter,
    VerbFilter,
)
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.admin.search import BoundedSearchMixin
from console.audit_kinds import door_label, words_of
from console.diffs import Change, changes
from console.exports import CsvExportMixin
from console.queues import QueueFilter
from console.saved_views.tabs import ViewsMixin
from console.site import site
from console.targets import page_of_target
from tenancy.models import AuditEvent, User

# Labels have no index: the newest are read one by one, older ones are found by whom they concern.
LABELS_READ = 100_000
# Changes that a row of the list shows at once; the others open below them.
LINES = 3


def _newest() -> int:
    return AuditEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(ViewsMixin, CsvExportMixin, BoundedSearchMixin, ConsoleAdmin):
    list_display = (
        "when",
        "who",
        "what_link",
        "result_word",
        "target_link",
        "why",
        "changed_lines",
    )
    more_columns = ("account_link", "door_word", "ticket", "address", "request_code")
    # The link to the event is on what was done, and not on when.
    list_display_links = None
    lasting_columns = ("what_link",)
    csv_only = more_columns
    csv_values: ClassVar = {
        "who": "actor_label",
        "what_link": lambda event: words_of(event.verb),
        "target_link": "target_label",
        "ticket": "ticket_url",
        "changed_lines": lambda event: "; ".join(_line(change) for change in changes(event)),
    }
    views = (
        ("By staff", "by=staff"),
        ("Refused", "result__exact=refused"),
        ("Credits", "group=credits"),
        ("Money", "group=money"),
        ("Sign-ins", "group=sign-in"),
        ("Exports and imports", "group=files"),
        ("Staff", "group=staff"),
    )
    list_filter = (
        QueueFilter,
        "result",
        KindFilter,
        ByFilter,
        VerbFilter,
        DoorFilter,
        ("actor", AutocompleteSelectFilter),
        ("account", AutocompleteSelectFilter),
        ("at", DaysFilter),
    )
    # By number, which is the order of time too.
    ordering = ("-id",)
    ordered_by_day = ("at",)
    search_help_text = "E-mail, account, what it was done to"
    pasted = ("request_code",)
    fieldsets = (
        (None, {"fields": ("what", "result_word", "at", "who", "target_link", "account_link")}),
        ("Why", {"fields": (("reason",), ("ticket",))}),
        ("What changed", {"fields": (("changed",),)}),
        ("Where from", {"fields": ("door_word", "address", "request_code")}),
    )

    account_link = columns.link("account", "Account")
    result_word = columns.state("result", "Result", colors.AUDIT)
    address = columns.text("ip", "IP address")
    request_code = columns.text("request_id", "Request", length=64)
    why = columns.text("reason", "Why", length=120)
    when = columns.moment("at", "When")

    def ways(self, term: str) -> list[QuerySet]:
        events = AuditEvent.objects.values_list("pk")
        return [
            events.filter(actor_id__in=words.ids(User, term)),
            events.filter(account_id__in=search.account_ids(term)),
            events.filter(target_label__icontains=term, pk__gt=_newest() - LABELS_READ),
            events.filter(request_id=term),
        ]

    @display(description="Who")
    def who(self, event: AuditEvent) -> str:
        if event.actor is None:
            return event.actor_label
        return columns.link_to(event.actor, event.actor_label)

    @display(description="What")
    def what(self, event: AuditEvent) -> str:
        return words_of(event.verb)

    @display(description="What")
    def what_link(self, event: AuditEvent) -> str:
        return columns.link_to(event, words_of(event.verb))

    @display(description="To what")
    def target_link(self, event: AuditEvent) -> str:
        url = page_of_target(event)
        if not url:
            return event.target_label
        return format_html('<a class="text-link" href="{}">{}</a>', url, event.target_label)

    @display(description="Door")
    def door_word(self, event: AuditEvent) -> str:
        return door_label(event.door)

    @display(description="Ticket")
    def ticket(self, event: AuditEvent) -> str:
        return columns.web_link(event.ticket_url)

    @display(description="Changed")
    def changed_lines(self, event: AuditEvent) -> str:
        told = changes(event)
        return render_to_string(
            "console/detail/changed.html",
            {"changes": told, "shown": told[:LINES], "more": told[LINES:]},
        )

    @display(description="Changes")
    def changed(self, event: AuditEvent) -> str:
        shown = changes(event)
        if not shown:
            return "Nothing."
        return render_to_string("console/history/changes.html", {"changes": shown})

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        events = super().get_queryset(request).select_related("account", "actor")
        return events.defer("actor__password")


def _line(change: Change) -> str:
    """“Status: trial → active”, for the export."""
    before = f"{change.before} → " if change.before else ""
    return f"{change.label}: {before}{change.after}"
