"""One stream of all that happened to an account: audit events and ledger rows, newest first."""

from console.paging import Slice
from console.timeline.asked import Asked
from console.timeline.walk import Entry, Position, read
from tenancy.models import Account

PAGE = 30
EVERYTHING = Asked()


def stream(
    account: Account, asked: Asked = EVERYTHING, *, before: str = "", size: int = PAGE
) -> Slice:
    """A page of the stream; costs the same however long it is. It may show none and lead on."""
    entries, older = read(account, asked, Position.read(before), size=size)
    return Slice(
        rows=_fold(entries),
        newest=asked.query() if before else "",
        older=asked.query(before=older) if older else "",
    )


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
