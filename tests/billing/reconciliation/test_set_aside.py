"""Lines without a transfer: held, ignored, returned, put on an account, opened again."""

from billing.models import LineState, Place
from billing.services import unapplied
from billing.services.allocations import LineTaken
from tenancy.errors import StateConflict
from tenancy.models import AuditEvent
from tenancy.records import OwnAccount
from tests.billing.reconciliation.acts import (
    apply,
    give_back,
    hold,
    ignore,
    money_agrees,
    places,
    put_on_account,
    release,
    reopen,
    reverse,
    usd,
)
from tests.conftest import World
from tests.digest import refused
from tests.factories import REASON, make_account, make_line, make_staff, open_transfer


def test_a_held_line_is_open_and_says_why(world: World) -> None:
    line = make_line(usd(50))

    hold(line=line, by=world.fiona)

    line.refresh_from_db()
    event = AuditEvent.objects.get(verb="line_held")
    assert (line.state, line.state_reason, line.remaining) == (LineState.HELD, REASON, usd(50))
    assert (event.account, event.before["state"], event.after["state"]) == (None, "new", "held")
    with refused(StateConflict, says="held already, by fiona@igny8.example at 20"):
        hold(line=line, by=world.ruth)

    release(line=line, by=world.fiona)
    line.refresh_from_db()
    assert line.state == LineState.NEW
    with refused(StateConflict, says="is new already, by fiona@igny8.example at"):
        release(line=line, by=world.ruth)


def test_ignored_and_returned_money_says_where_it_is(world: World) -> None:
    for verb, state, words in (
        (ignore, LineState.IGNORED, "line_ignored"),
        (give_back, LineState.RETURNED, "line_returned"),
    ):
        line = make_line(usd(50))

        allocation = verb(line=line, by=world.fiona)

        assert (allocation.place, allocation.amount, allocation.account) == (state, usd(50), None)
        assert (line.state, line.state_reason, line.remaining) == (state, REASON, 0)
        assert AuditEvent.objects.get(verb=words).after == {
            "state": state,
            "remaining": "0.00",
            "amount": "50.00",
        }
        for again in (ignore, give_back, hold, release):
            with refused(LineTaken, says=f"{state} by fiona@igny8.example at 2025-11-12 09:30"):
                again(line=line, by=world.ruth)
    money_agrees()


def test_only_what_remains_is_set_aside(world: World) -> None:
    payment, line = open_transfer(world.other), make_line(usd(100))
    apply(line=line, payment=payment)
    reverse(payment=payment)
    line.refresh_from_db()
    assert line.remaining == usd(89)

    ignore(line=line)

    assert places(line) == {Place.UNAPPLIED: usd(11), Place.IGNORED: usd(89)}
    assert line.state == LineState.SPLIT
    money_agrees()


def test_money_waits_on_an_account(world: World) -> None:
    line = make_line(usd(50))

    allocation = put_on_account(line=line, account=world.home, by=world.fiona)

    assert (allocation.account, allocation.place) == (world.home, Place.UNAPPLIED)
    assert unapplied.total(world.home) == usd(50)
    assert unapplied.total(world.other) == 0
    event = AuditEvent.objects.get(verb="money_put_on_account")
    assert (event.account, event.after["unapplied"]) == (world.home, "50.00")
    with refused(LineTaken, says="50.00 USD put on the account Home G8 by fiona"):
        put_on_account(line=line, account=world.other, by=world.fiona)
    gone, insider = make_account(deleted=True), make_staff(account=world.home, role="viewer")
    other = make_line(usd(5))
    with refused(StateConflict, says="deleted"):
        put_on_account(line=other, account=gone, by=world.fiona)
    with refused(OwnAccount):
        put_on_account(line=other, account=world.home, by=insider)


def test_a_line_is_opened_again(world: World) -> None:
    ignored, on_account = make_line(usd(50)), make_line(usd(60))
    ignore(line=ignored)
    put_on_account(line=on_account, account=world.home)

    reopen(line=ignored, by=world.fiona)
    reopen(line=on_account, by=world.fiona)

    for line in (ignored, on_account):
        assert (line.state, line.remaining, places(line)) == (LineState.NEW, line.amount, {})
    assert unapplied.total(world.home) == 0
    assert [
        event.account for event in AuditEvent.objects.filter(verb="line_reopened").order_by("id")
    ] == [None, world.home]
    with refused(StateConflict, says="is new; nothing was changed"):
        reopen(line=ignored, by=world.fiona)
    money_agrees()


def test_what_a_line_paid_is_not_reopened(world: World) -> None:
    payment, line = open_transfer(world.other), make_line(usd(100))
    apply(line=line, payment=payment)
    insider = make_staff(account=world.other, role="viewer")
    with refused(OwnAccount):
        reopen(line=line, by=insider)

    reopen(line=line, by=world.fiona)

    assert (line.remaining, places(line)) == (usd(11), {Place.PAYMENT: usd(89)})
    with refused(StateConflict, says=f"paid {payment.reference}. Reverse that bank transfer"):
        reopen(line=line, by=world.fiona)
    money_agrees()


def test_a_line_that_changed_since_the_look_is_looked_at_again(
    world: World, monkeypatch: object
) -> None:
    from billing.services import line_verbs

    line, fiona = make_line(usd(50)), world.fiona
    put_on_account(line=line, account=world.home)
    looks = iter([[], line_verbs._set_aside_of(line)])
    monkeypatch.setattr(line_verbs, "_set_aside_of", lambda line: next(looks))

    with refused(StateConflict, says="changed a moment ago"):
        reopen(line=line, by=fiona)
