"""What happened to one object: its audit events, and the history rows that no event tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import BigIntegerField, CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from console import row_diffs
from console.audit_kinds import words_of
from console.diffs import Change, changes
from tenancy.models import Account, AuditEvent, User

# A verb writes its history row and its audit event in one transaction, so within moments.
SAME_MOMENT = timedelta(seconds=5)
EVENT, ROW = "event", "row"
CREATED = "+"
KINDS = {CREATED: "Created", "~": "Changed", "-": "Deleted"}
NOBODY = 0


@dataclass(frozen=True)
class Entry:
    """One change. `who` is the e-mail as it was then; `person` is who that is today."""

    at: datetime
    who: str
    person: User | None
    what: str
    why: str
    changes: list[Change]
    ticket_url: str = ""
    refused: bool = False
    event: AuditEvent | None = None


def entries_of(target: models.Model) -> QuerySet:
    """Time, kind and key of every entry, newest first; `read` makes entries of a page of them."""
    events = _keys(_events_of(target), EVENT, moment="at")
    if not hasattr(target, "history"):
        return events.order_by("-moment", "-key")
    rows = _rows_of(target).filter(~Exists(_same_change(_events_of(target))))
    return events.union(_keys(rows, ROW, moment="history_date"), all=True).order_by(
        "-moment", "-key"
    )


def read(target: models.Model, page: Iterable[dict[str, Any]]) -> list[Entry]:
    keys = list(page)
    events = AuditEvent.objects.select_related("actor").in_bulk(
        [key["key"] for key in keys if key["kind"] == EVENT]
    )
    rows = _with_predecessors(target, [key["key"] for key in keys if key["kind"] == ROW])
    causes = _causes(target, [row for row, _ in rows.values()])
    return [
        _of_event(events[key["key"]])
        if key["kind"] == EVENT
        else _of_row(target, *rows[key["key"]], cause=causes.get(key["key"]))
        for key in keys
    ]


def web_address(address: str) -> str:
    """The address, if following it is harmless: a link may run a script instead."""
    return address if address.startswith(("https://", "http://")) else ""


def _events_of(target: models.Model) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(
        target_type=target._meta.model_name, target_id=str(target.pk)
    ).order_by()


def _rows_of(target: models.Model) -> QuerySet:
    return target.history.model.objects.filter(**{target._meta.pk.attname: target.pk}).order_by()


def _keys(queryset: QuerySet, kind: str, *, moment: str) -> QuerySet:
    return queryset.annotate(
        moment=F(moment),
        kind=Value(kind, output_field=CharField()),
        key=Cast(F("pk"), BigIntegerField()),
    ).values("moment", "kind", "key")


def _same_change(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Those of the events that tell the same as the history row of the outer query."""
    return events.alias(by=Coalesce("actor_id", NOBODY)).filter(
        by=Coalesce(OuterRef("history_user_id"), NOBODY),
        reason=OuterRef("history_change_reason"),
        at__gte=OuterRef("history_date") - SAME_MOMENT,
        at__lte=OuterRef("history_date") + SAME_MOMENT,
    )


def _with_predecessors(
    target: models.Model, keys: list[int]
) -> dict[int, tuple[models.Model, models.Model | None]]:
    """Each history row with the one before it; None before the first."""
    if not keys:
        return {}
    rows = _rows_of(target)
    before = rows.filter(history_id__lt=OuterRef("history_id")).order_by("-history_id")
    wanted = {
        row.history_id: row
        for row in rows.filter(history_id__in=keys)
        .select_related("history_user")
        .annotate(before_id=before.values("history_id")[:1])
    }
    earlier = rows.in_bulk([row.before_id for row in wanted.values() if row.before_id])
    return {key: (row, earlier.get(row.before_id)) for key, row in wanted.items()}


def _causes(target: models.Model, rows: list[models.Model]) -> dict[int, AuditEvent]:
    """The event, about another object of the same account, by which each history row came about.

    A confirmed transfer pays its invoice too: the invoice's row then leads to that event.
    """
    account_id = target.pk if isinstance(target, Account) else getattr(target, "account_id", None)
    if not rows or account_id is None:
        return {}
    moments = [row.history_date for row in rows]
    nearby = AuditEvent.objects.filter(
        account_id=account_id,
        at__gte=min(moments) - SAME_MOMENT,
        at__lte=max(moments) + SAME_MOMENT,
        reason__in={row.history_change_reason or "" for row in rows},
    ).order_by("-id")[: 10 * len(rows)]
    return {
        row.history_id: event
        for event in nearby
        for row in rows
        if event.reason == row.history_change_reason
        and event.actor_id == row.history_user_id
        and abs(event.at - row.history_date) <= SAME_MOMENT
    }


def _of_event(event: AuditEvent) -> Entry:
    return Entry(
        at=event.at,
        who=event.actor_label,
        person=event.actor,
        what=words_of(event.verb),
        why=event.reason,
        changes=changes(event),
        ticket_url=web_address(event.ticket_url),
        refused=event.result == AuditEvent.Result.REFUSED,
        event=event,
    )


def _of_row(
    target: models.Model,
    row: models.Model,
    before: models.Model | None,
    *,
    cause: AuditEvent | None,
) -> Entry:
    # A first row that is no creation: what was there before, nobody knows.
    is_comparable = before is not None or row.history_type == CREATED
    return Entry(
        at=row.history_date,
        who=row.history_user.email if row.history_user else "system",
        person=row.history_user,
        what=words_of(cause.verb) if cause else KINDS[row.history_type],
        why=row.history_change_reason or "",
        changes=row_diffs.between(type(target), before, row) if is_comparable else [],
        ticket_url=web_address(cause.ticket_url) if cause else "",
        event=cause,
    )
