"""Two people move the same money at the same moment, on a database that really commits.

Beside each race stands what the code would be without its lock.
"""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from billing.models import Activation, Allocation, Payment, PaymentStatus, Place, StatementLine
from billing.services import allocations
from billing.services.allocations import LineTaken
from billing.services.bank_transfers import AlreadyConfirmed
from billing.services.reversals import AlreadyReversed
from billing.services.unapplied import MoneyUsed
from tenancy.models import User
from tests.billing.reconciliation.acts import (
    apply,
    give_unapplied_back,
    ignore,
    money_agrees,
    places,
    reverse,
    split,
    usd,
    use,
)
from tests.conftest import World
from tests.factories import (
    NOW,
    REASON,
    make_account,
    make_line,
    make_staff,
    open_transfer,
    put_unapplied,
)
from tests.racing import Meeting, a_copy, at_once, one_wins


def place_without_a_lock(
    line: StatementLine, place: Place, *, by: User, meeting: Meeting, payment: Payment | None = None
) -> None:
    allocations.refuse_placed(line)
    meeting.wait()
    facts = {"by": by, "reason": REASON, "now": NOW}
    allocations.place(line=line, place=place, amount=line.remaining, payment=payment, **facts)


def test_of_four_on_one_line_one_wins_and_the_others_are_told(committed: None) -> None:
    line, payments = make_line(usd(89)), [open_transfer() for _ in range(4)]
    people = [make_staff() for _ in payments]

    outcomes = at_once(
        *(
            partial(apply, line=a_copy(line), payment=a_copy(payment), by=person)
            for payment, person in zip(payments, people, strict=True)
        )
    )

    won = one_wins(outcomes, refused_with=LineTaken).payment
    told = f"{won.reference} of {won.account.name} by {won.confirmed_by} at 2025-11-12 09:30 UTC"
    assert all(told in outcome.refusal.message for outcome in outcomes if outcome.refusal)
    assert Payment.objects.filter(status=PaymentStatus.CONFIRMED).get() == won
    money_agrees()


def test_without_the_lock_the_database_refuses_the_second(committed: None) -> None:
    line, meeting, fiona = make_line(usd(89)), Meeting(2), make_staff()
    naive = partial(place_without_a_lock, place=Place.IGNORED, by=fiona, meeting=meeting)

    with pytest.raises(IntegrityError, match="line_state_agrees_with_money"):
        at_once(*(partial(naive, a_copy(line)) for _ in range(2)))


@pytest.mark.parametrize("_", range(2))
def test_a_line_is_either_applied_or_ignored(committed: None, _: int) -> None:
    line, payment, staff = make_line(usd(89)), open_transfer(), make_staff()

    outcomes = at_once(
        partial(apply, line=a_copy(line), payment=a_copy(payment), by=staff),
        partial(ignore, line=a_copy(line), by=staff),
    )

    one_wins(outcomes, refused_with=LineTaken)
    assert list(places(line).values()) == [usd(89)]
    money_agrees()


def test_of_two_lines_for_one_transfer_one_pays(committed: None) -> None:
    payment, staff = open_transfer(), make_staff()
    lines = [make_line(usd(89)) for _ in range(2)]

    outcomes = at_once(
        *(partial(apply, line=a_copy(line), payment=a_copy(payment), by=staff) for line in lines)
    )

    one_wins(outcomes, refused_with=AlreadyConfirmed)
    assert sorted(a_copy(line).remaining for line in lines) == [0, usd(89)]
    assert a_copy(payment).account.credits == 1000
    money_agrees()


def test_without_the_lock_both_lines_pay(committed: None) -> None:
    payment, meeting, fiona = open_transfer(), Meeting(2), make_staff()

    def pay_without_a_lock(payment: Payment) -> None:
        line = make_line(usd(89), by=fiona)
        place_without_a_lock(line, Place.PAYMENT, payment=payment, by=fiona, meeting=meeting)
        Payment.objects.filter(pk=payment.pk).update(status="partially_paid", received_total=89)

    at_once(*(partial(pay_without_a_lock, a_copy(payment)) for _ in range(2)))

    with pytest.raises(AssertionError):
        money_agrees()


def test_unapplied_money_is_used_or_returned_once(committed_world: World) -> None:
    waiting = put_unapplied(committed_world.other, "89.00")
    payment, staff = open_transfer(committed_world.other), make_staff()

    outcomes = at_once(
        partial(use, allocation=a_copy(waiting), payment=a_copy(payment), by=staff),
        partial(use, allocation=a_copy(waiting), payment=a_copy(payment), by=staff),
        partial(give_unapplied_back, allocation=a_copy(waiting), by=staff),
    )

    won = [outcome for outcome in outcomes if outcome.refusal is None]
    refusals = {type(outcome.refusal) for outcome in outcomes if outcome.refusal}
    assert len(won) == 1
    assert refusals <= {MoneyUsed}
    assert list(places(waiting.line).values()) == [usd(89)]
    money_agrees()


def test_without_the_lock_the_database_undoes_once(committed: None) -> None:
    waiting, meeting, fiona = put_unapplied(make_account(), "89.00"), Meeting(2), make_staff()

    def undo_without_a_lock(allocation: Allocation) -> None:
        meeting.wait()
        allocations.undo(allocation=allocation, by=fiona, reason=REASON, now=NOW)

    with pytest.raises(IntegrityError, match=r"reverses_id|line_state_agrees"):
        at_once(*(partial(undo_without_a_lock, a_copy(waiting)) for _ in range(2)))


def test_of_two_reversals_one_counts(committed: None) -> None:
    payment = open_transfer()
    apply(line=make_line(usd(89)), payment=payment)
    people = [make_staff() for _ in range(2)]

    outcomes = at_once(*(partial(reverse, payment=a_copy(payment), by=person) for person in people))

    undone = one_wins(outcomes, refused_with=AlreadyReversed)
    told = f"already reversed by {undone.by} at 2025-11-12 09:30 UTC; nothing was changed"
    assert any(told in outcome.refusal.message for outcome in outcomes if outcome.refusal)
    assert a_copy(payment).account.credits == 0
    assert Activation.objects.count() == 2
    money_agrees()


def test_lines_and_accounts_crosswise_never_wait_in_a_circle(committed: None) -> None:
    staff, first, second = make_staff(), make_account(), make_account()
    lines = [make_line(usd(100)) for _ in range(4)]

    def divide(line: StatementLine, order: tuple[object, object]) -> object:
        from billing.services.splits import Part

        parts = [Part(usd(50), account=a_copy(account)) for account in order]
        return split(line=a_copy(line), parts=parts, by=staff)

    outcomes = at_once(
        *(
            partial(divide, line, (first, second) if number % 2 else (second, first))
            for number, line in enumerate(lines)
        )
    )

    assert all(outcome.refusal is None for outcome in outcomes)
    money_agrees()


def test_a_refused_second_leaves_the_first_alone(committed: None) -> None:
    line, payment = make_line(usd(89)), open_transfer()
    apply(line=line, payment=payment)
    rows = Allocation.objects.count()

    with pytest.raises(LineTaken), transaction.atomic():
        ignore(line=a_copy(line))

    assert Allocation.objects.count() == rows
