"""Notes of staff: kept as written, one pinned, never by members of the account."""

from functools import partial

import pytest
from django.db import IntegrityError

from tenancy.errors import StateConflict
from tenancy.models import Account, AuditEvent, Note
from tenancy.records import OwnAccount, ReasonRequired
from tenancy.services import notes
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_account, make_staff
from tests.racing import a_copy, at_once
from tests.sql import run


def write(account: Account, text: str = "Pays late.", **facts: object) -> Note:
    by = facts.pop("by", None) or make_staff("Support")
    return notes.write(account=account, text=text, by=by, now=NOW, **facts)


def test_a_note_is_kept_and_told(world: World) -> None:
    note = write(world.home, " Call before suspending. ", by=world.sam)

    assert (note.text, note.written_by, note.is_pinned) == (
        "Call before suspending.",
        world.sam,
        False,
    )
    event = AuditEvent.objects.get(verb="note_written")
    assert (event.account, event.reason, event.actor) == (
        world.home,
        "Call before suspending.",
        world.sam,
    )


def test_one_note_is_pinned(world: World) -> None:
    first = write(world.home, pinned=True)
    second = write(world.home, "Prefers mail.", pinned=True)
    elsewhere = write(world.other, pinned=True)

    assert set(Note.objects.filter(is_pinned=True)) == {second, elsewhere}
    notes.pin(note=a_copy(first), by=world.sam, reason=REASON)
    assert set(Note.objects.filter(is_pinned=True)) == {first, elsewhere}
    notes.unpin(note=a_copy(first), by=world.sam, reason=REASON)
    assert set(Note.objects.filter(is_pinned=True)) == {elsewhere}


def test_what_is_refused_changes_nothing(world: World) -> None:
    pinned, other = write(world.home, pinned=True), write(world.home)
    member = make_staff("Support", account=world.home)
    facts = {"by": world.fiona, "reason": REASON}

    with refused(ReasonRequired):
        write(world.home, " \n ", by=world.fiona)
    with refused(ReasonRequired):
        write(world.home, "x" * 1001, by=world.fiona)
    with refused(OwnAccount):
        write(world.home, by=member)
    with refused(OwnAccount):
        notes.pin(note=other, by=member, reason=REASON)
    with refused(StateConflict):
        notes.pin(note=pinned, **facts)
    with refused(StateConflict):
        notes.unpin(note=other, **facts)


@pytest.mark.parametrize("column", ["text = 'other'", "written_by_id = -1", "account_id = -1"])
def test_the_database_keeps_what_was_written(world: World, column: str) -> None:
    write(world.home)
    with pytest.raises(IntegrityError, match="never edited"):
        run(f"UPDATE igny8_notes SET {column}")  # noqa: S608


def test_of_eight_pinned_at_once_one_is(committed: None) -> None:
    account, people = make_account(), [make_staff() for _ in range(8)]

    outcomes = at_once(*(partial(write, a_copy(account), pinned=True, by=one) for one in people))

    assert [outcome.refusal for outcome in outcomes] == [None] * 8
    assert Note.objects.filter(account=account).count() == 8
    assert Note.objects.filter(account=account, is_pinned=True).count() == 1
