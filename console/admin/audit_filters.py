"""Filters of the audit trail whose choices are short lists and not a scan of the table."""

from typing import Any, ClassVar

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from console.audit_kinds import KINDS, words_of
from tenancy.models import User

DOORS = ("console", "api", "import", "job", "command", "shell")


class VerbFilter(DropdownFilter):
    title = "verb"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(
            ((verb, words_of(verb)) for verb in _verbs_seen(request)),
            key=lambda choice: choice[1].lower(),
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
        if chosen is None:
            return queryset
        # The verbs by name, which are found by an index; their pattern would be tried on each row.
        return queryset.filter(verb__in=[verb for verb in _verbs_seen(request) if chosen.has(verb)])


class ByFilter(DropdownFilter):
    """Whose hand it was; the computer's own doing has no actor.

    Staff are few, and named by number: joined, a million customers would be looked at.
    """

    title = "by"
    parameter_name = "by"
    TITLES: ClassVar[dict[str, str]] = {
        "staff": "Staff",
        "customers": "Customers",
        "system": "The system, or nobody signed in",
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.TITLES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "staff":
                return queryset.filter(actor__in=_staff())
            case "customers":
                return queryset.filter(actor__isnull=False).exclude(actor__in=_staff())
            case "system":
                return queryset.filter(actor=None)
        return queryset


class DoorFilter(DropdownFilter):
    title = "door"
    parameter_name = "door"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(door, door_label(door)) for door in DOORS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(door=self.value()) if self.value() else queryset


def door_label(door: str) -> str:
    return "API" if door == "api" else door.capitalize()


def _staff() -> list[int]:
    return list(User.objects.filter(is_staff=True).values_list("pk", flat=True))


def _verbs_seen(request: HttpRequest) -> list[str]:
    """Every verb there is, asked once a page: from each the index leads straight to the next."""
    if not hasattr(request, "verbs_seen"):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH RECURSIVE seen AS (
                    SELECT min(verb) AS verb FROM igny8_audit_events
                    UNION ALL
                    SELECT (SELECT min(e.verb) FROM igny8_audit_events e WHERE e.verb > seen.verb)
                      FROM seen WHERE seen.verb IS NOT NULL
                )
                SELECT verb FROM seen WHERE verb IS NOT NULL
                """
            )
            request.verbs_seen = [verb for (verb,) in cursor.fetchall()]
    return request.verbs_seen
