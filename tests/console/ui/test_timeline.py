"""The account's one stream of events and ledger rows."""

from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from billing.models import TransactionType
from billing.services import credits
from console.timeline import Asked, Kind, stream
from tenancy.models import AuditEvent
from tenancy.records import record
from tenancy.services import lifecycle
from tests import factories
from tests.conftest import World


def walk(world: World, *, kind: str = "", by: str = "", size: int) -> list[tuple[str, int]]:
    """Every entry over all pages, as (kind, id)."""
    found, before = [], ""
    for _ in range(100):
        page = stream(world.home, Asked(kind, by), before=before, size=size)
        for entry in page.rows:
            if entry.event is not None:
                found.append(("event", entry.event.pk))
            else:
                found.append(("row", entry.row.sequence))
        if not page.older:
            return found
        before = parse_qs(page.older.removeprefix("?"))["before"][0]
    raise AssertionError("the pages have no end")


def a_busy_week(world: World) -> None:
    for number in range(7):
        record(
            "account_edited",
            by=world.sam,
            reason="For a test",
            target=world.home,
            account=world.home,
            before={"name": f"Home G{number}"},
            after={"name": f"Home G{number + 1}"},
        )
        for _ in range(number % 3):
            factories.make_ledger_row(world.home, amount=-1, type=TransactionType.DEDUCTION)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 50])
def test_pages_show_everything_once_and_newest_first(world: World, size: int) -> None:
    a_busy_week(world)
    whole = walk(world, size=1000)
    assert walk(world, size=size) == whole
    assert len(whole) == len(set(whole)) == 7 + 6 + 1  # the opening row too
    for kind in ("event", "row"):
        numbers = [number for what, number in whole if what == kind]
        assert numbers == sorted(numbers, reverse=True)


def test_a_kind_leaves_the_others_out(world: World) -> None:
    a_busy_week(world)
    record(
        "suspend",
        by=world.sam,
        reason="Tried it",
        target=world.home,
        account=world.home,
        result=AuditEvent.Result.REFUSED,
    )
    assert {what for what, _ in walk(world, kind=Kind.CHANGES, size=3)} == {"event"}
    assert {what for what, _ in walk(world, kind=Kind.CREDITS, size=3)} == {"row"}
    assert len(walk(world, kind=Kind.REFUSED, size=3)) == 1


def test_a_grant_is_one_entry_with_its_ledger_row(world: World) -> None:
    credits.grant(account=world.home, amount=50, by=world.fiona, reason="Sorry", now=timezone.now())
    newest = stream(world.home).rows[0]
    assert newest.event.verb == "credits_granted"
    assert newest.row.amount == 50
    assert newest.changes == []
    assert [entry.row.sequence for entry in stream(world.home).rows if entry.row] == [2, 1]


def test_a_change_of_status_reads_as_words(world: World) -> None:
    lifecycle.suspend(
        account=world.home, code="manual", by=world.sam, reason="Asked for", now=timezone.now()
    )
    newest = stream(world.home).rows[0]
    lines = {change.label: (change.before, change.after) for change in newest.changes}
    assert lines == {"Status": ("active", "suspended"), "Status reason": ("–", "manual")}


def test_another_accounts_stream_is_another(world: World) -> None:
    a_busy_week(world)
    assert [entry.row.amount for entry in stream(world.other).rows] == [500]
