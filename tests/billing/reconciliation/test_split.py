"""One line divided over transfers and accounts: all of its parts or none."""

from decimal import Decimal

import pytest

from billing.models import LineState, PaymentStatus, Place
from billing.services import unapplied
from billing.services.allocations import LineTaken
from billing.services.bank_transfers import AlreadyConfirmed
from billing.services.splits import Part, SplitDiffers
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AuditEvent
from tenancy.records import OwnAccount
from tests.billing.reconciliation.acts import money_agrees, places, split, usd
from tests.conftest import World
from tests.digest import refused
from tests.factories import make_account, make_line, make_staff, open_transfer


def test_a_line_pays_several_and_leaves_the_rest_on_an_account(world: World) -> None:
    first, second = open_transfer(world.other), open_transfer()
    line = make_line(usd(200), bank_transaction_id="TX-1")

    done = split(
        line=line,
        parts=[
            Part(usd(100), payment=first),
            Part(usd("39.5"), payment=second),
            Part(usd("60.5"), account=world.home),
        ],
        by=world.fiona,
    )

    assert [(one.payment, one.applied, one.unapplied, one.is_confirmed) for one in done] == [
        (first, usd(89), usd(11), True),
        (second, usd("39.5"), 0, False),
        (None, 0, usd("60.5"), False),
    ]
    assert line.state == LineState.SPLIT
    assert places(line) == {Place.PAYMENT: usd("128.5"), Place.UNAPPLIED: usd("71.5")}
    assert unapplied.total(world.home) == usd("60.5")
    told = {event.account: event.after for event in AuditEvent.objects.filter(verb="line_split")}
    settled = {"state": "split", "remaining": "0.00"}
    assert told == {
        world.other: {**settled, "applied": {first.reference: "89.00"}, "unapplied": "11.00"},
        second.account: {**settled, "applied": {second.reference: "39.50"}},
        world.home: {**settled, "unapplied": "60.50"},
    }
    money_agrees()


def test_one_line_that_confirms_two_has_two_bank_ids(db: None) -> None:
    payments = [open_transfer() for _ in range(3)]
    line = make_line(usd(267), bank_transaction_id="X" * 100)

    split(line=line, parts=[Part(usd(89), payment=payment) for payment in payments])

    assert [payment.bank_transaction_id for payment in payments] == [
        "X" * 100,
        "X" * 96 + " (2)",
        "X" * 96 + " (3)",
    ]
    assert {payment.status for payment in payments} == {PaymentStatus.CONFIRMED}
    money_agrees()


def test_parts_must_make_up_what_there_is(world: World) -> None:
    line, payment = make_line(usd(100)), open_transfer(world.other)

    for amount, difference, says in (
        ("10.99", "0.01", "0.01 have no part yet"),
        ("11.01", "-0.01", "0.01 are more than there is"),
    ):
        parts = [Part(usd(89), payment=payment), Part(usd(amount), account=world.home)]
        with refused(SplitDiffers, says=says) as caught:
            split(line=line, parts=parts, by=world.fiona)
        assert caught.value.facts == {
            "line": "100.00",
            "parts": str(usd(89) + usd(amount)),
            "difference": difference,
        }


def test_parts_that_cannot_be(world: World) -> None:
    line, payment, home = make_line(usd(100)), open_transfer(world.other), world.home

    for parts in (
        [Part(usd(100))],
        [Part(usd(100), payment=payment, account=home)],
        [Part(usd(50), payment=payment), Part(usd(50), payment=payment)],
        [Part(usd(50), account=home), Part(usd(50), account=home)],
        [Part(usd(0), payment=payment), Part(usd(100), account=home)],
        [Part(usd(-1), payment=payment), Part(usd(101), account=home)],
        [Part(Decimal("99.999"), payment=payment), Part(Decimal("0.001"), account=home)],
        [Part(Decimal("NaN"), payment=payment)],
        [Part(Decimal("Infinity"), payment=payment)],
    ):
        with refused(InvalidValue) as caught:
            split(line=line, parts=parts, by=world.fiona)
        assert caught.value.facts == {"field": "parts"}
    with refused(SplitDiffers):
        split(line=line, parts=[], by=world.fiona)


def test_one_part_that_is_refused_refuses_all(world: World) -> None:
    line, good = make_line(usd(178)), open_transfer(world.other)

    confirmed = open_transfer(status=PaymentStatus.CONFIRMED)
    with refused(AlreadyConfirmed):
        split(
            line=line,
            parts=[Part(usd(89), payment=good), Part(usd(89), payment=confirmed)],
            by=world.fiona,
        )
    gone = make_account(deleted=True)
    with refused(StateConflict, says="deleted"):
        split(
            line=line,
            parts=[Part(usd(89), payment=good), Part(usd(89), account=gone)],
            by=world.fiona,
        )
    insider = make_staff(account=world.home, role="viewer")
    for mine in (
        Part(usd(89), account=world.home),
        Part(usd(89), payment=open_transfer(world.home)),
    ):
        with refused(OwnAccount):
            split(line=line, parts=[Part(usd(89), payment=good), mine], by=insider)


def test_a_failure_midway_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = open_transfer(world.other), open_transfer(world.home)
    line, fiona = make_line(usd(178)), world.fiona
    activated = []

    def fails_the_second_time(**facts: object) -> object:
        activated.append(facts)
        if len(activated) == 2:
            raise StateConflict("The power went.")
        return activate(**facts)

    from billing.services import confirmations

    activate = confirmations.activate
    monkeypatch.setattr(confirmations, "activate", fails_the_second_time)

    with refused(StateConflict):
        split(
            line=line,
            parts=[Part(usd(89), payment=first), Part(usd(89), payment=second)],
            by=fiona,
        )
    assert len(activated) == 2


def test_a_line_is_split_once(world: World) -> None:
    line = make_line(usd(20))
    parts = [Part(usd(15), account=world.home), Part(usd(5), account=world.other)]
    split(line=line, parts=parts, by=world.fiona)

    with refused(LineTaken, says="15.00 USD put on the account Home G8 by fiona@igny8.example"):
        split(line=line, parts=parts, by=world.fiona)
