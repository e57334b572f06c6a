"""Filters of the audit trail whose choices are short lists and not a scan of the table."""

from typing import Any, ClassVar

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from console.audit_kinds import KINDS, door_label, words_of
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
        if not self.value():
            return queryset
        seen = _verbs_seen(request)
        return _of_verbs(queryset, {verb: seen[verb] for verb in seen if verb == self.value()})


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
        seen = _verbs_seen(request)
        return _of_verbs(queryset, {verb: seen[verb] for verb in seen if chosen.has(verb)})


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


def _staff() -> list[int]:
    return list(User.objects.filter(is_staff=True).values_list("pk", flat=True))


def _verbs_seen(request: HttpRequest) -> dict[str, int]:
    """Every verb there is, and its newest event; asked once a page.

    From each verb the index leads straight to the next one.
    """
    if not hasattr(request, "verbs_seen"):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH RECURSIVE seen AS (
                    (SELECT verb, id FROM igny8_audit_events ORDER BY verb, id DESC LIMIT 1)
                    UNION ALL
                    SELECT next.verb, next.id
                      FROM seen,
                           LATERAL (SELECT e.verb, e.id FROM igny8_audit_events e
                                     WHERE e.verb > seen.verb
                                     ORDER BY e.verb, e.id DESC LIMIT 1) AS next
                )
                SELECT verb, id FROM seen
                """
            )
            request.verbs_seen = dict(cursor.fetchall())
    return request.verbs_seen


def _of_verbs(events: QuerySet, newest: dict[str, int]) -> QuerySet:
    """The events of these verbs. None of them is newer than the newest: so the database, which
    would rather walk back from the end than use the index of verbs, begins there.
    """
    return events.filter(verb__in=list(newest), pk__lte=max(newest.values(), default=0))
