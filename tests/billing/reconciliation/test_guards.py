"""What holds whoever writes: allocations, lines and activations in the database."""

import pytest
from django.db import IntegrityError

from billing.models import (
    Activation,
    Allocation,
    LineState,
    Place,
    StatementLine,
)
from tests.billing.reconciliation.acts import apply, ignore, usd
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import (
    NOW,
    REASON,
    confirm,
    make_account,
    make_allocation,
    make_line,
    open_transfer,
)
from tests.sql import in_one_transaction


def allocate(line: StatementLine, **facts: object) -> None:
    ordinary = {
        "place": Place.IGNORED,
        "amount": line.remaining,
        "reason": REASON,
        "created_at": NOW,
        "created_by": line.statement.imported_by,
    }
    in_one_transaction(lambda: Allocation.objects.create(line=line, **ordinary | facts))


def test_a_line_gives_no_more_than_it_has(world: World) -> None:
    line = make_line(usd(100))

    for amount in ("100.01", "1000"):
        with nothing_changes(), pytest.raises(IntegrityError, match="line_state_agrees_with_money"):
            allocate(line, amount=usd(amount))
    allocate(line, amount=usd("99.99"))
    with nothing_changes(), pytest.raises(IntegrityError, match="line_state_agrees_with_money"):
        allocate(line, amount=usd("0.02"))
    for amount in ("0", "-1"):
        with nothing_changes(), pytest.raises(IntegrityError, match="allocation_sign"):
            allocate(line, amount=usd(amount))


def test_lines_without_incoming_money_have_no_places(db: None) -> None:
    for amount in (-89, 0):
        line = make_line(usd(amount))
        with nothing_changes(), pytest.raises(IntegrityError, match="line_state_agrees_with_money"):
            allocate(line, amount=usd(1))


def test_an_allocation_has_the_owner_its_place_asks_for(world: World) -> None:
    line, payment = make_line(usd(100)), open_transfer(world.other)

    for facts in (
        {"place": Place.PAYMENT, "account": world.other},
        {"place": Place.PAYMENT, "payment": payment},
        {"place": Place.UNAPPLIED},
        {"place": Place.IGNORED, "payment": payment},
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match="allocation_place_has_owner"):
            allocate(line, **facts)
    with nothing_changes(), pytest.raises(IntegrityError, match="allocation_payment_same_account"):
        allocate(line, place=Place.PAYMENT, payment=payment, account=world.home)
    with nothing_changes(), pytest.raises(IntegrityError, match="allocation_says_why"):
        allocate(line, place=Place.UNAPPLIED, account=world.home, reason=" ")


def test_a_reversal_undoes_all_of_one_allocation_once(world: World) -> None:
    payment, line = open_transfer(world.other), make_line(usd(100))
    first = make_allocation(line, payment)

    same = {"place": Place.PAYMENT, "payment": payment, "account": world.other, "reverses": first}
    for facts in (
        {"amount": usd(-99)},
        {"amount": usd(-101)},
        {"amount": usd(-100), "place": Place.UNAPPLIED, "payment": None},
        {"amount": usd(-100), "place": Place.IGNORED, "payment": None, "account": None},
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match="undoes all of one allocation"):
            allocate(line, **same | facts)
    other = make_line(usd(100))
    with nothing_changes(), pytest.raises(IntegrityError, match="undoes all of one allocation"):
        allocate(other, **same | {"amount": usd(-100)})
    with nothing_changes(), pytest.raises(IntegrityError, match="allocation_sign"):
        allocate(line, place=Place.IGNORED, amount=usd(-100))

    allocate(line, **same | {"amount": usd(-100)})
    with nothing_changes(), pytest.raises(IntegrityError):
        allocate(line, **same | {"amount": usd(-100)})
    line.refresh_from_db()
    assert (line.state, line.remaining) == (LineState.NEW, usd(100))


def test_allocations_and_activations_are_never_edited(world: World) -> None:
    confirm(open_transfer(world.other), by=world.fiona)
    make_allocation(make_line(usd(10)), open_transfer(make_account()))

    for model, facts in (
        (Allocation, {"amount": usd(1)}),
        (Activation, {"credits": 1}),
        (Activation, {"plan": world.home.plan}),
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match="is append-only"):
            in_one_transaction(lambda m=model, f=facts: m.objects.update(**f))
        with nothing_changes(), pytest.raises(IntegrityError, match="is append-only"):
            in_one_transaction(lambda m=model: m.objects.all()._raw_delete("default"))


def test_what_the_bank_wrote_is_never_edited(db: None) -> None:
    line = make_line(usd(100))
    rows = StatementLine.objects.filter(pk=line.pk)

    for facts in (
        {"amount": usd(99)},
        {"value_date": NOW.date()},
        {"payer_name": "Somebody else"},
        {"reference_raw": "IG-"},
        {"bank_transaction_id": None},
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match="what the bank wrote"):
            in_one_transaction(lambda f=facts: rows.update(**f))
    with nothing_changes(), pytest.raises(IntegrityError, match="only by an allocation"):
        in_one_transaction(lambda: rows.update(remaining=usd(1)))
    with nothing_changes(), pytest.raises(IntegrityError, match="line_state_agrees_with_money"):
        in_one_transaction(lambda: rows.update(state=LineState.APPLIED))
    ignore(line=line)
    with nothing_changes(), pytest.raises(IntegrityError, match="line_state_agrees_with_money"):
        in_one_transaction(lambda: rows.update(state=LineState.NEW))
    with nothing_changes(), pytest.raises(IntegrityError, match="line_ignored_says_why"):
        in_one_transaction(lambda: rows.update(state_reason=""))


def test_a_payment_has_one_activation_and_one_reversal_of_it(world: World) -> None:
    payment = open_transfer(world.other)
    apply(line=make_line(usd(89)), payment=payment)
    activation = Activation.objects.get()

    def again(**facts: object) -> None:
        activation.pk, activation._state.adding = None, True
        for name, value in facts.items():
            setattr(activation, name, value)
        in_one_transaction(activation.save)

    first = activation.pk
    with nothing_changes(), pytest.raises(IntegrityError, match="activation_once_per_payment"):
        again()
    with nothing_changes(), pytest.raises(IntegrityError, match="activation_credits_sign"):
        again(reverses_id=first)
    with nothing_changes(), pytest.raises(IntegrityError, match="activation_payment_same_account"):
        again(reverses_id=first, credits=-1, account=world.home)
    again(reverses_id=first, credits=-1, account=world.other)
    with nothing_changes(), pytest.raises(IntegrityError, match="reverses_id"):
        again()


def test_a_confirmed_payment_is_paid_in_full(world: World) -> None:
    payment = open_transfer(world.other)
    apply(line=make_line(usd(88)), payment=payment)
    payment.refresh_from_db()
    payment.status, payment.confirmed_at, payment.confirmed_by = "confirmed", NOW, world.fiona
    payment.value_date, payment.bank_transaction_id = NOW.date(), "TX"

    with nothing_changes(), pytest.raises(IntegrityError, match="payment_confirmed_in_full"):
        in_one_transaction(payment.save)
