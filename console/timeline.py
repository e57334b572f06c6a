"""One stream of all that happened to an account: audit events and ledger rows, newest first."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import models

from billing.models import CreditTransaction
from console.diffs import Change, changes
from console.history import web_address
from console.paging import Slice, query, whole_number
from tenancy.models import Account, AuditEvent

PAGE = 30
# What the entry tells anyhow: its own time, and the status on the left of the arrow.
TOLD_ANYHOW = frozenset({"status_changed_at", "status_before"})


class Kind(models.TextChoices):
    ALL = "", "Everything"
    CHANGES = "changes", "Changes"
    CREDITS = "credits", "Credits"
    NOTES = "notes", "Notes"
    REFUSED = "refused", "Refused"


@dataclass
class Entry:
    """Either an event, with the ledger row it posted when there is one, or a row of its own."""

    at: datetime
    event: AuditEvent | None = None
    row: CreditTransaction | None = None
    changes: list[Change] = field(default_factory=list)

    @property
    def ticket(self) -> str:
        return web_address(self.event.ticket_url) if self.event else ""


@dataclass(frozen=True)
class Position:
    """Where a page begins: below this event id and this ledger sequence; None is the newest."""

    event: int | None = None
    row: int | None = None

    @classmethod
    def read(cls, text: str) -> "Position":
        """From the address; anything unreadable means the start."""
        event, _, row = text.partition("-")
        return cls(whole_number(event), whole_number(row))

    def __str__(self) -> str:
        return f"{self.event or ''}-{self.row or ''}" if self.event or self.row else ""


def stream(account: Account, *, kind: str = "", before: str = "", size: int = PAGE) -> Slice:
    """A page of the stream; costs the same however long it is.

    Both halves are walked along their own index and merged by time, so that a page needs no sort.
    """
    start = Position.read(before)
    events = _events(account, kind, start.event, size + 1)
    rows = _rows(account, kind, start.row, size + 1)
    entries: list[Entry] = []
    event_at, row_at = start.event, start.row
    while len(entries) < size and (events or rows):
        if events and (not rows or events[0].at >= rows[0].created_at):
            event = events.pop(0)
            event_at = event.pk
            entries.append(
                Entry(event.at, event=event, changes=changes(event, without=TOLD_ANYHOW))
            )
        else:
            row = rows.pop(0)
            row_at = row.sequence
            entries.append(Entry(row.created_at, row=row))
    older = str(Position(event_at, row_at)) if events or rows else ""
    return Slice(
        rows=_fold(entries),
        newest=query(tab="timeline", kind=kind) if before else "",
        older=query(tab="timeline", kind=kind, before=older) if older else "",
    )


def _events(account: Account, kind: str, before: int | None, size: int) -> list[AuditEvent]:
    if kind == Kind.CREDITS:
        return []
    events = account.audit_events.order_by("-id")
    if kind == Kind.REFUSED:
        events = events.filter(result=AuditEvent.Result.REFUSED)
    elif kind == Kind.NOTES:
        events = events.filter(target_type="note")
    if before is not None:
        events = events.filter(pk__lt=before)
    return list(events[:size])


def _rows(account: Account, kind: str, before: int | None, size: int) -> list[CreditTransaction]:
    if kind in (Kind.CHANGES, Kind.NOTES, Kind.REFUSED):
        return []
    rows = account.credit_transactions.select_related("created_by").order_by("-sequence")
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    return list(rows[:size])


def _fold(entries: list[Entry]) -> list[Entry]:
    """A grant is one entry and not two: its event takes in the ledger row that it names."""
    named = {
        entry.event.after["ledger_row"]: entry
        for entry in entries
        if entry.event is not None and "ledger_row" in entry.event.after
    }
    folded = []
    for entry in entries:
        owner = named.get(entry.row.sequence) if entry.row is not None else None
        if owner is None:
            folded.append(entry)
        else:
            owner.row = entry.row
            # The row says it better: “+2,000, balance 2,454”.
            owner.changes = []
    return folded
