"""Who imported what, when and why; and what workers made of large imports."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from console.admin import colors, columns
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.imports.opened import IMPORTERS
from console.imports.standing import state_of, summary_of
from console.models import ImportFile, ImportRun
from console.site import site


def _previewed(name: str, label: str) -> columns.Column:
    """A figure of the preview; none where a file was not checked, or was forgotten."""

    @display(description=label, formatting="price", wrapper_class="console-amount")
    def column(self: ConsoleAdmin, file: ImportFile) -> str:
        summary = summary_of(file)
        return f"{getattr(summary, name):,}" if summary else columns.EMPTY

    return column


@admin.register(ImportFile, site=site)
class ImportFileAdmin(ConsoleAdmin):
    list_display = (
        "uploaded_at",
        "file",
        "state_word",
        "new",
        "changed",
        "uploader",
        "imported_at",
        "importer",
        "why",
    )
    list_filter = (
        "kind",
        ("uploaded_by", AutocompleteSelectFilter),
        ("imported_by", AutocompleteSelectFilter),
        ("uploaded_at", DaysFilter),
    )
    list_filter_options = {"kind": {"horizontal": True, "label": "What"}}
    search_fields = ("name", "sha256", "reason")
    search_help_text = "File, SHA-256, reason"
    ordering = ("-id",)
    pasted = ("content_hash",)
    fieldsets = (
        (None, {"fields": ("file", "state_word", "kind", "every_row")}),
        ("Uploaded", {"fields": ("uploaded_at", "uploader", ("content_hash",), "bytes")}),
        ("Preview", {"fields": ("previewed_at", "previewer", "new", "changed", "unchanged")}),
        (
            "Imported",
            {"when": "imported_at", "fields": ("imported_at", "importer", ("reason",))},
        ),
        ("By a worker", {"fields": ("runs_link",)}),
    )

    file = columns.text("name", "File")
    uploader = columns.link("uploaded_by", "Uploaded by")
    previewer = columns.link("previewed_by", "Checked by")
    importer = columns.link("imported_by", "Imported by")
    why = columns.text("reason", "Why")
    bytes = columns.number("size", "Bytes")
    content_hash = columns.text("sha256", "SHA-256", length=64)
    new = _previewed("new", "New")
    changed = _previewed("changed", "Changed")
    unchanged = _previewed("unchanged", "As they were")
    runs_link = columns.rows_of("import_file", "console.ImportRun", "Runs")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportFile]:
        people = ("uploaded_by", "previewed_by", "imported_by")
        last_runs = ImportRun.objects.order_by("-id")
        return (
            super()
            .get_queryset(request)
            .select_related(*people)
            .defer("content")
            .prefetch_related(Prefetch("runs", last_runs))
        )

    def get_fieldsets(self, request: HttpRequest, obj: ImportFile | None = None) -> Any:
        """The link to the rows leads to who may import: others would be turned away there."""
        first, *others = super().get_fieldsets(request, obj)
        if obj is None or request.user.has_perm(IMPORTERS[obj.kind].permission):
            return [first, *others]
        return [(None, {"fields": ("file", "state_word", "kind")}), *others]

    @display(description="State")
    def state_word(self, file: ImportFile) -> str:
        run = next(iter(file.runs.all()), None)
        state = state_of(file, run, now=timezone.now())
        return columns.badge(state.label, colors.IMPORT.get(state.code, ""))

    @display(description="Every row")
    def every_row(self, file: ImportFile) -> str:
        noun = IMPORTERS[file.kind].noun
        address = reverse(f"admin:tenancy_{noun}_import_file", args=(file.pk,))
        return format_html('<a class="text-link" href="{}">Show the preview</a>', address)


@admin.register(ImportRun, site=site)
class ImportRunAdmin(ConsoleAdmin):
    list_display = (
        "confirmed_at",
        "file",
        "state_word",
        "rows",
        "person",
        "finished_at",
        "workers",
        "why",
    )
    list_filter = (
        "state",
        ("import_file", AutocompleteSelectFilter),
        ("confirmed_by", AutocompleteSelectFilter),
        ("queued_at", DaysFilter),
    )
    list_filter_options = {"state": {"horizontal": True, "label": "State"}}
    ordering = ("-id",)
    pasted = ("request_code",)
    fieldsets = (
        (None, {"fields": ("file", "state_word", "rows", "workers")}),
        (
            "Confirmed",
            {"fields": ("confirmed_at", "person", ("reason",), ("ticket",), "request_code")},
        ),
        ("The worker", {"fields": ("began_at", "last_sign")}),
        (
            "How it ended",
            {"when": "finished_at", "fields": ("finished_at", "canceller", ("whole_failure",))},
        ),
    )

    file = columns.link("import_file", "File")
    person = columns.link("confirmed_by", "Confirmed by")
    canceller = columns.link("cancelled_by", "Cancelled by")
    ticket = columns.web("ticket_url", "Ticket")
    why = columns.text("reason", "Why")
    workers = columns.number("attempts", "Workers")
    confirmed_at = columns.moment("queued_at", "Confirmed at")
    last_sign = columns.moment("heartbeat_at", "Last sign of life")
    began_at = columns.moment("started_at", "Began at")
    request_code = columns.text("request_id", "Request")
    whole_failure = columns.text("failure", "Why it failed", length=1000)
    state_word = columns.state("state", "State", colors.IMPORT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        people = ("confirmed_by", "cancelled_by")
        found = super().get_queryset(request).select_related("import_file", *people)
        return found.defer("import_file__content", "import_file__preview")

    @display(description="Rows done", formatting="price", wrapper_class="console-amount")
    def rows(self, run: ImportRun) -> str:
        return f"{run.rows_done:,} of {run.rows_total:,}"
