"""The two halves of a timeline, each read along its own index, and merged by time without a sort.

A filter may leave out nearly everything. So a page looks through a bounded number of events and
rows, shows what it found, and leads on from where it stopped looking: it costs the same however
long the stream is and however rare what is asked for.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from billing.models import CreditTransaction
from console.diffs import NOTHING, Change, changes
from console.history import web_address
from console.paging import whole_number
from console.timeline.asked import Asked
from tenancy.models import Account, AuditEvent

# Events, and ledger rows, that one page looks through at most.
LOOKED_THROUGH = 20_000
CHUNK = 1_000  # rows of an export fetched at a time
# The columns of a ledger row that an export has.
OF_A_ROW = (
    "account",
    "sequence",
    "type",
    "amount",
    "balance_after",
    "operation",
    "description",
    "reason",
    "created_at",
    "created_by__email",
)
# What the entry tells anyhow: its own time, and the status on the left of the arrow.
TOLD_ANYHOW = frozenset({"status_changed_at", "status_before"})


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


@dataclass
class Half:
    """What was found, newest first, and below which key the next page goes on.

    `stopped_at` is the time of the last one looked at, where there may be more below it.
    """

    found: list[Any]
    key: str
    moment: str
    below: int | None
    floor: int | None = None
    stopped_at: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        return getattr(self.found[0], self.moment) if self.found else None

    def take(self) -> Any:
        taken = self.found.pop(0)
        self.below = getattr(taken, self.key)
        return taken

    def may_come_before(self, moment: datetime) -> bool:
        """Whether one from after this moment may lie where nobody looked yet."""
        return not self.found and self.stopped_at is not None and moment < self.stopped_at

    def end(self) -> None:
        """Nothing found is left: go on below what was looked at."""
        if not self.found and self.floor is not None:
            self.below = self.floor

    @property
    def has_more(self) -> bool:
        return bool(self.found) or self.floor is not None


def read(
    account: Account, asked: Asked, start: Position, *, size: int
) -> tuple[list[Entry], Position | None]:
    """At most `size` entries, and where the next page begins; None at the end of the stream."""
    events = _half(
        asked.events(account),
        account.audit_events.all() if asked.leaves_out_events else None,
        key="pk",
        moment="at",
        below=start.event,
        size=size + 1,
    )
    rows = _half(
        asked.rows(account).select_related("created_by"),
        account.credit_transactions.all() if asked.leaves_out_rows else None,
        key="sequence",
        moment="created_at",
        below=start.row,
        size=size + 1,
    )
    entries: list[Entry] = []
    while len(entries) < size:
        # An event goes before the row it posted.
        is_event = events.newest is not None and (
            rows.newest is None or events.newest >= rows.newest
        )
        half, other = (events, rows) if is_event else (rows, events)
        if half.newest is None or other.may_come_before(half.newest):
            break
        taken = half.take()
        if is_event:
            entries.append(_of_event(taken))
        else:
            entries.append(Entry(taken.created_at, row=taken))
    has_more = events.has_more or rows.has_more
    events.end()
    rows.end()
    return entries, Position(events.below, rows.below) if has_more else None


def everything(account: Account, asked: Asked, *, before: int) -> Iterator[Entry]:
    """The whole stream below the event of this id, in the same order; as much memory for a million
    entries as for a thousand.
    """
    events = asked.events(account).filter(pk__lt=before).order_by("-pk")
    rows = asked.rows(account).select_related("created_by").only(*OF_A_ROW).order_by("-sequence")
    return heapq.merge(
        (_of_event(event) for event in events.iterator(chunk_size=CHUNK)),
        (Entry(row.created_at, row=row) for row in rows.iterator(chunk_size=CHUNK)),
        key=lambda entry: entry.at,
        reverse=True,
    )


def _of_event(event: AuditEvent) -> Entry:
    return Entry(event.at, event=event, changes=_changes(event))


def _changes(event: AuditEvent) -> list[Change]:
    """Without what was given nothing when a thing was made: it tells nobody anything."""
    told = changes(event, without=TOLD_ANYHOW)
    return [change for change in told if change.before or change.after != NOTHING]


def _half(
    wanted: QuerySet,
    all_of_them: QuerySet | None,
    *,
    key: str,
    moment: str,
    below: int | None,
    size: int,
) -> Half:
    """`all_of_them` is given where `wanted` leaves out some: it says how far to look."""
    if below is not None:
        wanted = wanted.filter(**{f"{key}__lt": below})
    last = None
    if all_of_them is not None and not wanted.query.is_empty():
        if below is not None:
            all_of_them = all_of_them.filter(**{f"{key}__lt": below})
        newest = all_of_them.order_by(f"-{key}").values_list(key, moment)
        last = newest[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    if last is not None:
        wanted = wanted.filter(**{f"{key}__gte": last[0]})
    found = list(wanted.order_by(f"-{key}")[:size])
    if last is None or len(found) == size:
        return Half(found, key, moment, below)
    return Half(found, key, moment, below, floor=last[0], stopped_at=last[1])
