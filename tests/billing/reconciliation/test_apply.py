"""A line applied to a transfer: too little, exactly, too much, and what is refused."""

from datetime import date

from billing.models import (
    Activation,
    CreditTransaction,
    LineState,
    PayerLink,
    PaymentStatus,
    Place,
)
from billing.services import payer_links, unapplied
from billing.services.allocations import LineTaken
from billing.services.bank_transfers import AlreadyConfirmed
from billing.services.receipts import BankIdUsed
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AccountStatus, AuditEvent
from tenancy.records import OwnAccount
from tests.billing.reconciliation.acts import apply, hold, money_agrees, places, reverse, usd
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    NOW,
    confirm,
    make_account,
    make_line,
    make_staff,
    open_transfer,
    put,
)

S = AccountStatus


def test_the_exact_amount_confirms_and_activates(world: World) -> None:
    payment = open_transfer(world.other)
    line = make_line(usd(89), bank_transaction_id="TX-7", value_date=date(2025, 11, 10))

    done = apply(line=line, payment=payment, by=world.fiona)

    payment.refresh_from_db()
    world.other.refresh_from_db()
    assert (done.payment, done.applied, done.unapplied, done.is_confirmed) == (
        payment,
        usd(89),
        0,
        True,
    )
    assert (payment.status, payment.received_total) == (PaymentStatus.CONFIRMED, usd(89))
    assert (payment.bank_transaction_id, payment.payer) == ("TX-7", "Home G8 Ltd")
    assert (payment.value_date, payment.confirmed_by) == (date(2025, 11, 10), world.fiona)
    assert (world.other.status, world.other.credits) == (S.ACTIVE, 1500)
    assert (line.state, line.remaining, places(line)) == (
        LineState.APPLIED,
        0,
        {Place.PAYMENT: usd(89)},
    )
    link = PayerLink.objects.get()
    assert (link.payer_key, link.account) == ("home g8 ltd", world.other)
    event = AuditEvent.objects.get(verb="line_applied")
    assert (event.account, event.target_id) == (world.other, str(line.pk))
    assert (event.before, event.after) == (
        {"state": "new", "remaining": "89.00"},
        {"state": "applied", "remaining": "0.00", "applied": {payment.reference: "89.00"}},
    )
    money_agrees()


def test_too_little_waits_for_the_rest_and_activates_nothing(world: World) -> None:
    payment = open_transfer(world.other)

    done = apply(line=make_line(usd("40.50")), payment=payment, by=world.fiona)

    payment.refresh_from_db()
    world.other.refresh_from_db()
    assert (done.applied, done.is_confirmed) == (usd("40.50"), False)
    assert (payment.status, payment.received_total) == (
        PaymentStatus.PARTIALLY_PAID,
        usd("40.50"),
    )
    assert (payment.outstanding, payment.confirmed_at) == (usd("48.50"), None)
    assert (world.other.status, world.other.credits) == (S.PENDING_PAYMENT, 500)
    event = AuditEvent.objects.get(verb="bank_transfer_partly_paid")
    assert event.after == {
        "status": "partially_paid",
        "received_total": "40.50",
        "outstanding": "48.50",
    }
    assert not Activation.objects.exists()
    money_agrees()

    second = make_line(usd("60.00"), bank_transaction_id="TX-2")
    done = apply(line=second, payment=payment, by=world.fiona)

    payment.refresh_from_db()
    assert (done.applied, done.unapplied, done.is_confirmed) == (usd("48.50"), usd("11.50"), True)
    assert (payment.status, payment.bank_transaction_id) == (PaymentStatus.CONFIRMED, "TX-2")
    assert CreditTransaction.objects.get(payment=payment).amount == 1000
    assert places(second) == {Place.PAYMENT: usd("48.50"), Place.UNAPPLIED: usd("11.50")}
    assert second.state == LineState.SPLIT
    money_agrees()


def test_too_much_is_unapplied_money_and_never_credits(world: World) -> None:
    payment = open_transfer(world.other)
    line = make_line(usd("1089.00"))

    done = apply(line=line, payment=payment)

    assert (done.applied, done.unapplied) == (usd(89), usd(1000))
    assert unapplied.total(world.other) == usd(1000)
    assert [a.line for a in unapplied.of_account(world.other)] == [line]
    assert payment.credit_transactions.get().amount == 1000
    assert AuditEvent.objects.get(verb="line_applied").after["unapplied"] == "1000.00"
    money_agrees()


def test_a_line_without_a_bank_id_is_named_by_its_statement(db: None) -> None:
    line = make_line(usd(89), bank_transaction_id=None, payer_name="", payer_iban="GB82 WEST 1")
    payment = open_transfer()

    apply(line=line, payment=payment)

    assert payment.bank_transaction_id == f"STMT-{line.statement_id}/2"
    assert payment.payer == "GB82 WEST 1"
    assert PayerLink.objects.get().payer_key == "GB82WEST1"


def test_a_payer_whose_name_grows_in_its_plain_form_is_remembered(db: None) -> None:
    name = "\ufdfa" * 255  # one character, which stands for eighteen
    apply(line=make_line(usd(89), payer_name=name), payment=open_transfer())

    link = PayerLink.objects.get()
    assert len(link.payer_key) == 255
    assert link.payer_key == payer_links.key_of_name(name)


def test_a_payer_without_a_name_is_not_remembered(db: None) -> None:
    apply(line=make_line(usd(89), payer_name=" - "), payment=open_transfer())

    assert not PayerLink.objects.exists()


def test_a_held_line_can_be_applied(db: None) -> None:
    line = make_line(usd(89))
    hold(line=line)

    apply(line=line, payment=open_transfer())

    assert line.state == LineState.APPLIED


def test_the_second_of_two_is_told_who_and_where(world: World) -> None:
    payment, other = open_transfer(world.other), open_transfer(world.home)
    line = make_line(usd(89))
    apply(line=line, payment=payment, by=world.fiona)

    told = (
        "The line 2025-11-11 89.00 USD is applied already: 89.00 USD to "
        f"{payment.reference} of TacBit by fiona@igny8.example at 2025-11-12 09:30 UTC. "
        "Nothing was changed."
    )
    for target in (payment, other):
        with refused(LineTaken, says=told) as caught:
            apply(line=line, payment=target, by=world.ruth)
        assert caught.value.facts == {"current": "applied"}


def test_what_cannot_be_applied(world: World) -> None:
    fiona, line = world.fiona, make_line(usd(89))
    payment = open_transfer(world.other)
    outgoing, zero = make_line(usd(-89)), make_line(usd(0))
    euros = make_line(usd(89), currency="EUR")
    tomorrows = make_line(usd(89), value_date=date(2025, 11, 13))

    with refused(StateConflict, says="left the bank account; there is nothing to place"):
        apply(line=outgoing, payment=payment, by=fiona)
    with refused(StateConflict, says="carries no money"):
        apply(line=zero, payment=payment, by=fiona)
    with refused(InvalidValue, says="is in USD, the line") as caught:
        apply(line=euros, payment=payment, by=fiona)
    assert caught.value.facts == {"field": "payment"}
    with refused(InvalidValue, says="2025-11-13 is in the future; today is 2025-11-12"):
        apply(line=tomorrows, payment=payment, by=fiona)
    insider = make_staff(account=world.other, role="viewer")
    with refused(OwnAccount):
        apply(line=line, payment=payment, by=insider)

    rejected = open_transfer(status=PaymentStatus.REJECTED)
    with refused(StateConflict, says="was rejected by"):
        apply(line=line, payment=rejected, by=fiona)
    confirmed = open_transfer(status=PaymentStatus.CONFIRMED)
    with refused(AlreadyConfirmed, says="was already confirmed by"):
        apply(line=line, payment=confirmed, by=fiona)
    for facts, says in (
        ({"status": S.CANCELLED}, "cancelled. Reactivate it first, or return the money"),
        ({"status": S.SUSPENDED, "status_reason": "abuse"}, "suspended by a person (abuse)"),
        ({"is_deleted": True, "deleted_at": NOW, "restore_until": NOW}, "deleted"),
    ):
        waiting = open_transfer(make_account())
        put(waiting.account, **facts)
        with refused(StateConflict, says=says):
            apply(line=line, payment=waiting, by=fiona)


def test_a_line_that_was_booked_by_hand_is_not_booked_again(world: World) -> None:
    by_hand = confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")
    line = make_line(usd(89), bank_transaction_id="TX-1")
    second = open_transfer(world.home)

    with refused(BankIdUsed, says=f"{by_hand.reference} of TacBit was confirmed by hand") as caught:
        apply(line=line, payment=second, by=world.fiona)

    assert caught.value.facts == {"payment": by_hand.pk}
    reverse(payment=by_hand)
    apply(line=line, payment=second, by=world.fiona)
    second.refresh_from_db()
    assert second.bank_transaction_id == "TX-1"
    money_agrees()
