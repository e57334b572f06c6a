"""Filters of the audit trail whose choices are short lists and not a scan of the table."""

from typing import Any, ClassVar

from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from console.audit_kinds import KINDS, door_label, words_of

DOORS = ("console", "api", "import", "job", "command", "shell")


class VerbFilter(DropdownFilter):
    """The verbs of the newest 5,000 events: a DISTINCT over all would read the whole table."""

    title = "verb"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(
            ((verb, words_of(verb)) for verb in _verbs_seen()), key=lambda choice: choice[1].lower()
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(verb=self.value()) if self.value() else queryset


class KindFilter(DropdownFilter):
    """Verbs that belong together, such as everything about credits."""

    title = "kind"
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.code, kind.title) for kind in KINDS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = next((kind for kind in KINDS if kind.code == self.value()), None)
        return queryset.filter(verb__regex=chosen.regex) if chosen else queryset


class ByFilter(DropdownFilter):
    """Whose hand it was; the computer's own doing has no actor."""

    title = "by"
    parameter_name = "by"
    CONDITIONS: ClassVar[dict[str, tuple[str, Q]]] = {
        "staff": ("Staff", Q(actor__is_staff=True)),
        "customers": ("Customers", Q(actor__is_staff=False)),
        "system": ("The system, or nobody signed in", Q(actor=None)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, title) for code, (title, _) in self.CONDITIONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in self.CONDITIONS:
            return queryset
        return queryset.filter(self.CONDITIONS[self.value()][1])


class DoorFilter(DropdownFilter):
    title = "door"
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(door, door_label(door)) for door in DOORS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(door=self.value()) if self.value() else queryset


def _verbs_seen() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT verb
              FROM (SELECT verb FROM igny8_audit_events ORDER BY id DESC LIMIT 5000) AS newest
             ORDER BY verb
            """
        )
        return [verb for (verb,) in cursor.fetchall()]
