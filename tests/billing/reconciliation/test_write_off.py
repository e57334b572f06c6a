"""A small shortfall is written off within the tolerance, or with a second person's approval."""

from decimal import Decimal

from django.conf import LazySettings

from billing.models import PaymentStatus
from billing.services.bank_transfers import AlreadyConfirmed
from billing.services.write_offs import OverTolerance
from tenancy.errors import StateConflict
from tenancy.models import AccountStatus, AuditEvent
from tenancy.records import OwnAccount
from tests.billing.reconciliation.acts import apply, money_agrees, reverse, usd, write_off
from tests.conftest import World
from tests.digest import refused
from tests.factories import make_line, make_staff, open_transfer, put


def test_a_shortfall_within_the_tolerance_is_written_off(world: World) -> None:
    payment = open_transfer(world.other)
    apply(line=make_line(usd(80), bank_transaction_id="TX-1"), payment=payment)
    apply(line=make_line(usd(4), bank_transaction_id="TX-2"), payment=payment)

    write_off(payment=payment, by=world.fiona)

    payment.refresh_from_db()
    world.other.refresh_from_db()
    assert (payment.status, payment.received_total, payment.written_off) == (
        PaymentStatus.CONFIRMED,
        usd(84),
        usd(5),
    )
    assert (payment.bank_transaction_id, payment.outstanding) == ("TX-2", 0)
    assert (world.other.status, world.other.credits) == (AccountStatus.ACTIVE, 1500)
    event = AuditEvent.objects.get(verb="shortfall_written_off")
    assert (event.before, event.after) == ({"written_off": "0.00"}, {"written_off": "5.00"})
    money_agrees()

    with refused(AlreadyConfirmed):
        write_off(payment=payment, by=world.ruth)
    reverse(payment=payment)
    money_agrees()


def test_above_the_tolerance_a_second_person_approves(world: World, settings: LazySettings) -> None:
    payment, approver = open_transfer(world.other), make_staff("Approver", email="ann@igny8.test")
    apply(line=make_line(usd("83.99")), payment=payment)

    with refused(OverTolerance, says="lacks 5.01 USD; up to 5.00 are written off") as caught:
        write_off(payment=payment, by=world.fiona)
    assert caught.value.facts == {"tolerance": "5.00", "shortfall": "5.01"}
    insider = make_staff("Approver", account=world.other, role="viewer")
    with refused(OwnAccount):
        write_off(payment=payment, by=world.fiona, approved_by=insider)
    settings.WRITE_OFF_TOLERANCE = Decimal(0)
    with refused(OverTolerance):
        write_off(payment=payment, by=world.fiona)

    write_off(payment=payment, by=world.fiona, approved_by=approver)

    assert payment.written_off == usd("5.01")
    event = AuditEvent.objects.get(verb="shortfall_written_off")
    assert (event.actor, event.after["approved_by"]) == (world.fiona, "ann@igny8.test")
    money_agrees()


def test_what_cannot_be_written_off(world: World) -> None:
    payment = open_transfer(world.other)
    with refused(StateConflict, says="Nothing has come for"):
        write_off(payment=payment, by=world.fiona)
    apply(line=make_line(usd(88)), payment=payment)
    put(world.other, status=AccountStatus.CANCELLED)
    with refused(StateConflict, says="is cancelled"):
        write_off(payment=payment, by=world.fiona)
    rejected = open_transfer(status=PaymentStatus.REJECTED)
    with refused(StateConflict, says="was rejected"):
        write_off(payment=rejected, by=world.fiona)
