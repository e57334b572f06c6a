"""Reversals with spent credits and write-offs above the tolerance, through an approval."""

from functools import partial

import pytest

from billing.models import Approval, CreditTransaction, Payment, PaymentStatus
from billing.services import approvals, reversals, write_offs
from billing.services.approval_commands import effects
from billing.services.approvals import NotNeeded
from billing.services.reversals import CreditsSpent
from billing.services.write_offs import OverTolerance
from tenancy.errors import InvalidValue, NotPermitted, StateConflict
from tenancy.models import AuditEvent, User
from tests.conftest import World
from tests.digest import changed_since, digest, nothing_changes, refused
from tests.factories import DAY, NOW, REASON, confirm, make_ledger_row, make_staff, open_transfer
from tests.racing import a_copy, books_agree
from tests.verbs import partly_paid


def ask(world: World, verb: str, payment: Payment, by: User | None = None) -> Approval:
    return approvals.request(
        account=payment.account, verb=verb, facts={"payment": payment.pk}, by=by or world.fiona,
        reason=REASON, now=NOW,
    )  # fmt: skip


def approve(approval: Approval, by: User | None = None) -> Approval:
    return approvals.approve(
        approval=approval, by=by or make_staff("Approver"), reason="Seen the mail", now=NOW + DAY
    )


def told(approval: Approval) -> dict[str, tuple[str, str]]:
    return {line.label: (line.before, line.after) for line in effects(approval, now=NOW)}


@pytest.fixture
def spent(world: World) -> Payment:
    """A confirmed transfer of which 1,300 of 1,000 + 500 credits are spent."""
    payment = confirm(open_transfer(world.other), by=world.fiona)
    make_ledger_row(world.other, amount=-1300, type="deduction")
    return payment


def test_a_reversal_with_spent_credits_takes_back_what_is_left(
    world: World, spent: Payment
) -> None:
    with refused(CreditsSpent):
        reversals.reverse(payment=spent, by=world.fiona, reason=REASON, now=NOW)
    approval = ask(world, "reverse_transfer", spent)
    assert approval.summary == f"Reverse bank transfer {spent.reference} over 89.00 USD"
    assert told(approval)["Credits to spend"] == ("200", "0")
    assert told(approval)["Spent and lost"] == ("", "800 of 1,000 granted")
    assert told(approval)["Invoice"] == (f"{spent.invoice.number} paid", "void")

    done = approve(approval)

    assert (done.status, a_copy(spent).status) == ("approved", PaymentStatus.REVERSED)
    assert done.outcome == (
        f"{spent.reference} is reversed: 200 credits taken back, 800 were spent."
    )
    row = CreditTransaction.objects.get(account=world.other, type="reversal")
    assert (row.amount, row.created_by) == (-200, world.fiona)
    assert "asked for by fiona@igny8.example" in row.reason
    assert AuditEvent.objects.get(verb="bank_transfer_reversed").actor == world.fiona
    books_agree()


def test_a_transfer_reversed_meanwhile_fails(world: World, spent: Payment) -> None:
    approval = ask(world, "reverse_transfer", spent)
    make_ledger_row(world.other, amount=1300, type="grant", created_by=world.fiona, reason="Sorry")
    reversals.reverse(payment=a_copy(spent), by=world.fiona, reason=REASON, now=NOW)
    ann = make_staff("Approver")
    before = digest()

    failed = approve(approval, ann)

    assert failed.status == "failed"
    assert "already reversed by fiona@igny8.example" in failed.outcome
    assert "already reversed" in told(approval)["Would be refused"][1]
    assert changed_since(before) == ["igny8_approvals", "igny8_audit_events"]


def test_a_shortfall_above_the_tolerance_is_written_off(world: World) -> None:
    payment = partly_paid(world.other, amount="70.00")
    with refused(OverTolerance):
        write_offs.write_off(payment=payment, by=world.fiona, reason=REASON, now=NOW)
    approval = ask(world, "write_off", payment)
    assert approval.summary == f"Write off 19.00 USD missing for {payment.reference}"
    assert told(approval)["Received"] == ("", "70.00 of 89.00")
    assert told(approval)["Credits"] == ("500", "1,500")

    done = approve(approval)

    payment = a_copy(payment)
    assert (done.status, payment.status) == ("approved", PaymentStatus.CONFIRMED)
    assert (str(payment.written_off), payment.confirmed_by) == ("19.00", world.fiona)
    assert done.outcome == f"{payment.reference} is confirmed, 19.00 USD written off."
    assert a_copy(world.other).credits == 1500
    books_agree()


def test_what_one_person_may_do_alone_is_not_asked_for(world: World) -> None:
    small = partly_paid(world.other, amount="86.00")
    with refused(NotNeeded):
        ask(world, "write_off", small)
    write_offs.write_off(payment=small, by=world.fiona, reason=REASON, now=NOW)
    with refused(NotNeeded):
        ask(world, "reverse_transfer", small)


def test_what_cannot_be_done_is_not_asked_for(world: World) -> None:
    waiting, foreign = open_transfer(world.home), open_transfer(world.other)
    for verb in ("reverse_transfer", "write_off"):
        with refused(StateConflict):
            ask(world, verb, waiting)
        with refused(NotPermitted):
            ask(world, verb, waiting, by=world.sam)
    for number in (foreign.pk, 0, -1, 2**63 - 1):
        with refused(InvalidValue, says="Home G8 has no such payment"):
            foreign_ask = partial(approvals.request, account=world.home, verb="write_off")
            foreign_ask(facts={"payment": number}, by=world.fiona, reason=REASON, now=NOW)
    with nothing_changes(), pytest.raises(InvalidValue):
        approvals.request(
            account=world.home, verb="write_off", facts={"payment": 2**63}, by=world.fiona,
            reason=REASON, now=NOW,
        )  # fmt: skip
