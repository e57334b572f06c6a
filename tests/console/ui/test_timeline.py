"""The account's one stream of events and ledger rows."""

from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from billing.models import TransactionType
from billing.services import credits
from console.timeline import SYSTEM, Asked, Kind, people, stream
from console.timeline import walk as walking
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


def happen(world: World, verb: str, target_type: str, **facts: object) -> None:
    """An event as some verb leaves it."""
    by = facts.pop("by", world.sam)
    AuditEvent.objects.create(
        actor=by,
        actor_label=by.email if by else "system",
        verb=verb,
        account=world.home,
        target_type=target_type,
        target_label=world.home.name,
        reason="For a test",
        **{"door": "console"} | facts,
    )


OF_KIND = {
    Kind.CREDITS: [("credits_frozen", "account")],
    Kind.PAYMENTS: [("bank_transfer_opened", "payment"), ("line_applied", "statementline")],
    Kind.STATUS: [("trial_extended", "account"), ("subscription_ended", "subscription")],
    Kind.PEOPLE: [("role_changed", "user")],
    Kind.SITES: [("site_edited", "site"), ("sector_created", "sector")],
    Kind.NOTES: [("note_pinned", "note")],
    Kind.APPROVALS: [("approval_requested", "approval")],
    Kind.MAILS: [("email_sent", "payment"), ("email_failed", "account")],
    Kind.ACCESS: [("sign_in_link_made", "user"), ("acted_for_account", "account")],
}


def test_each_event_is_of_one_kind(world: World) -> None:
    for events in OF_KIND.values():
        for verb, target_type in events:
            happen(world, verb, target_type)
    for kind, events in OF_KIND.items():
        page = stream(world.home, Asked(kind))
        assert [entry.event.verb for entry in page.rows if entry.event] == [
            verb for verb, _ in reversed(events)
        ], kind
    # That somebody signed in changed nothing.
    happen(world, "signed_in", "user", by=world.alice, door="api")
    told = [entry.event.verb for entry in stream(world.home, Asked(Kind.ACCESS)).rows]
    assert told[0] == "signed_in"
    assert "signed_in" not in [e.event.verb for e in stream(world.home, Asked(Kind.CHANGES)).rows]
    assert (str(world.alice.pk), world.alice.email) in people(world.home, Asked())
    happen(world, "account_created", "account", door="import")
    imported = stream(world.home, Asked(Kind.IMPORTS)).rows
    assert [entry.event.verb for entry in imported] == ["account_created"]


def test_a_person_leaves_the_others_out(world: World) -> None:
    happen(world, "site_edited", "site")
    happen(world, "site_edited", "site", by=None)
    happen(world, "role_changed", "user", by=world.fiona)
    credits.grant(account=world.home, amount=5, by=world.fiona, reason="Sorry", now=timezone.now())
    fiona, system = str(world.fiona.pk), SYSTEM
    assert [what for what, _ in walk(world, by=fiona, size=9)] == ["event", "event"]
    assert stream(world.home, Asked(by=fiona)).rows[0].row.amount == 5
    assert [what for what, _ in walk(world, kind=Kind.SITES, by=system, size=9)] == ["event"]
    assert [what for what, _ in walk(world, kind=Kind.CREDITS, by=system, size=9)] == ["row"]
    assert walk(world, kind=Kind.PEOPLE, by=str(world.sam.pk), size=9) == []
    chosen = dict(people(world.home, Asked(by=str(world.adam.pk))))
    assert list(chosen.values()) == [world.adam.email, world.fiona.email, world.sam.email]


@pytest.mark.parametrize("looked_through", [2, 7])
def test_a_page_looks_through_so_many_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, looked_through: int
) -> None:
    for number in range(12):
        happen(world, "site_edited" if number % 5 else "role_changed", "site")
        by = {"created_by": world.fiona, "reason": "For a test"} if number % 4 == 0 else {}
        kind = TransactionType.ADJUSTMENT if by else TransactionType.DEDUCTION
        factories.make_ledger_row(world.home, amount=-1, type=kind, **by)
        happen(world, "note_written", "note", by=world.fiona)
    asked = [
        {"kind": Kind.NOTES},
        {"kind": Kind.REFUSED},
        {"kind": Kind.CREDITS},
        {"by": str(world.fiona.pk)},
        {"kind": Kind.CREDITS, "by": str(world.fiona.pk)},
        {"by": SYSTEM},
    ]
    whole = [walk(world, **one, size=1000) for one in asked]
    monkeypatch.setattr(walking, "LOOKED_THROUGH", looked_through)
    for one, expected in zip(asked, whole, strict=True):
        for size in (1, 4, 50):
            assert walk(world, **one, size=size) == expected, (one, size)


def test_the_filter_stays_over_the_pages(world: World) -> None:
    for _ in range(3):
        happen(world, "site_edited", "site")
    sam = str(world.sam.pk)
    first = stream(world.home, Asked(Kind.SITES, sam), size=1)
    older = parse_qs(first.older.removeprefix("?"))
    assert (older["tab"], older["kind"], older["by"]) == (["timeline"], ["sites"], [sam])
    second = stream(world.home, Asked(Kind.SITES, sam), before=older["before"][0], size=1)
    assert second.newest == f"?tab=timeline&kind=sites&by={sam}"


def test_another_accounts_stream_is_another(world: World) -> None:
    a_busy_week(world)
    assert [entry.row.amount for entry in stream(world.other).rows] == [500]
