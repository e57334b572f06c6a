"""Notes of staff on accounts."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from console.actions.notes import PinNote, UnpinNote
from console.admin import columns
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.site import site
from tenancy.models import Note


@admin.register(Note, site=site)
class NoteAdmin(ConsoleAdmin):
    verbs = (PinNote, UnpinNote)

    list_display = ("written_at", "account_link", "start", "pinned_word", "by")
    list_filter = (
        "is_pinned",
        ("account", AutocompleteSelectFilter),
        ("written_at", DaysFilter),
    )
    list_filter_options = {"is_pinned": {"horizontal": True, "label": "Pinned"}}
    list_select_related = ("account", "written_by")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("whole",), "account_link", "pinned_word")}),
        ("Written", {"fields": ("written_at", "by")}),
    )

    account_link = columns.link("account", "Account")
    by = columns.link("written_by", "By")
    start = columns.text("text", "Note")
    whole = columns.text("text", "Note", length=1000)
    pinned_word = columns.either("is_pinned", "Pinned", yes="Pinned", no="No")
