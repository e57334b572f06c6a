"""Unapplied money: used for a transfer, returned, never used twice."""

from billing.models import LineState, Payment, PaymentStatus, Place
from billing.services import unapplied
from billing.services.bank_transfers import AlreadyConfirmed, MoneyHasCome
from billing.services.unapplied import MoneyUsed
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AccountStatus, AuditEvent
from tests.billing.reconciliation.acts import (
    apply,
    give_unapplied_back,
    money_agrees,
    places,
    reject,
    reverse,
    usd,
    use,
)
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    make_account,
    make_line,
    make_plan,
    make_user,
    open_transfer,
    put,
    put_unapplied,
)


def test_unapplied_money_pays_the_next_transfer_and_the_rest_stays(world: World) -> None:
    first, plan = open_transfer(world.other), make_plan()
    line = make_line(usd(300), bank_transaction_id="TX-1")
    apply(line=line, payment=first)
    second = open_transfer(world.other, plan=plan)
    waiting = unapplied.of_account(world.other).get()

    done = use(allocation=waiting, payment=second, by=world.fiona)

    assert (done.applied, done.unapplied, done.is_confirmed) == (usd(89), usd(122), True)
    assert second.bank_transaction_id == "TX-1 (2)"
    assert unapplied.total(world.other) == usd(122)
    line.refresh_from_db()
    assert (line.state, places(line)) == (
        LineState.SPLIT,
        {Place.PAYMENT: usd(178), Place.UNAPPLIED: usd(122)},
    )
    event = AuditEvent.objects.get(verb="unapplied_money_used")
    assert (event.before, event.after) == (
        {"unapplied": "211.00"},
        {"unapplied": "122.00", "applied": {second.reference: "89.00"}},
    )
    money_agrees()

    says = "moved by fiona@igny8.example at 2025-11-12 09:30 UTC; nothing was changed"
    with refused(MoneyUsed, says=says):
        use(allocation=waiting, payment=second, by=world.ruth)
    with refused(MoneyUsed, says=says):
        give_unapplied_back(allocation=waiting, by=world.ruth)


def test_too_little_of_it_pays_in_part(world: World) -> None:
    payment = open_transfer(world.other)

    done = use(allocation=put_unapplied(world.other, "9.00"), payment=payment)

    assert (done.applied, done.unapplied, done.is_confirmed) == (usd(9), 0, False)
    assert payment.status == PaymentStatus.PARTIALLY_PAID
    assert unapplied.total(world.other) == 0
    money_agrees()


def test_unapplied_money_is_returned(world: World) -> None:
    waiting = put_unapplied(world.home, "50.00")

    returned = give_unapplied_back(allocation=waiting, by=world.fiona)

    assert (returned.place, returned.account, returned.amount) == (
        Place.RETURNED,
        world.home,
        usd(50),
    )
    assert places(waiting.line) == {Place.RETURNED: usd(50)}
    assert unapplied.total(world.home) == 0
    for allocation in (waiting, returned):
        with refused(MoneyUsed):
            give_unapplied_back(allocation=allocation, by=world.fiona)
    money_agrees()


def test_money_of_one_account_does_not_pay_for_another(world: World) -> None:
    waiting, payment = put_unapplied(world.home, "89.00"), open_transfer(world.other)

    with refused(InvalidValue, says="The money is Home G8's and"):
        use(allocation=waiting, payment=payment, by=world.fiona)


def test_unapplied_money_meets_the_same_refusals(world: World) -> None:
    waiting = put_unapplied(world.other, "89.00")
    payment = open_transfer(world.other)
    put(world.other, status=AccountStatus.CANCELLED)
    with refused(StateConflict, says="is cancelled"):
        use(allocation=waiting, payment=payment, by=world.fiona)
    put(world.other, status=AccountStatus.PENDING_PAYMENT)
    apply(line=make_line(usd(89)), payment=payment)
    with refused(AlreadyConfirmed):
        use(allocation=waiting, payment=payment, by=world.fiona)


def test_a_rejected_transfer_leaves_its_money_on_the_account(world: World) -> None:
    payment = open_transfer(world.other)
    lines = [make_line(usd(40)), make_line(usd(20))]
    for line in lines:
        apply(line=line, payment=payment)

    for nobody_of_staff in (None, make_user(world.other)):
        with refused(MoneyHasCome, says=f"60.00 USD of {payment.reference} have come. A person"):
            reject(payment=payment, by=nobody_of_staff)
    reject(payment=payment, by=world.fiona)

    payment.refresh_from_db()
    assert (payment.status, payment.received_total) == (PaymentStatus.REJECTED, 0)
    assert unapplied.total(world.other) == usd(60)
    for line in lines:
        line.refresh_from_db()
        assert (line.remaining, places(line)) == (0, {Place.UNAPPLIED: line.amount})
    event = AuditEvent.objects.get(verb="bank_transfer_rejected")
    assert (event.before["received_total"], event.after["received_total"]) == ("60.00", "0.00")
    assert event.after["unapplied"] == "60.00"
    money_agrees()

    again = open_transfer(world.other)
    for waiting in unapplied.of_account(world.other):
        use(allocation=waiting, payment=again)
    assert Payment.objects.get(pk=again.pk).received_total == usd(60)
    reject(payment=again)
    assert unapplied.total(world.other) == usd(60)
    money_agrees()


def test_money_of_a_cancelled_account_can_wait_there(db: None) -> None:
    account = make_account(status=AccountStatus.CANCELLED)

    put_unapplied(account, "5.00")

    assert unapplied.total(account) == usd(5)


def test_what_was_used_is_open_again_after_a_reversal(world: World) -> None:
    payment = open_transfer(world.other)
    waiting = put_unapplied(world.other, "100.00")
    use(allocation=waiting, payment=payment)

    reverse(payment=payment)

    assert places(waiting.line) == {Place.UNAPPLIED: usd(11)}
    waiting.line.refresh_from_db()
    assert (waiting.line.state, waiting.line.remaining) == (LineState.NEW, usd(89))
    money_agrees()
