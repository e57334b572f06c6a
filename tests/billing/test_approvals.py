"""What is above a person's limit is asked for, and another person decides: once, and for good."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from billing.models import Approval, ApprovalStatus, CreditTransaction
from billing.services import credits, grant_limits, reversals, write_offs
from billing.services.approval_commands import COMMANDS
from billing.services.approval_rules import AlreadyDecided, RequestExpired
from billing.services.approvals import OPEN_FOR, NotNeeded, RequestChanged
from billing.services.ledger import InsufficientCredits
from billing.services.second_person import SelfApproval
from tenancy.errors import InvalidValue, NotPermitted, ServiceError, StateConflict
from tenancy.models import AccountStatus, AuditEvent, User
from tests.billing.approving import LATER, WHY, approve, ask, decline, withdraw
from tests.conftest import World
from tests.digest import changed_since, digest, nothing_changes, refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    TICKET,
    confirm,
    expire_approvals,
    make_staff,
    open_transfer,
    put,
)
from tests.racing import a_copy, books_agree
from tests.sql import run

# Asking.


def test_a_request_keeps_the_exact_command_and_moves_nothing(world: World) -> None:
    approval = Approval.objects.get(pk=ask(world, ticket_url=TICKET).pk)

    assert (approval.verb, approval.facts) == ("grant_credits", {"amount": 5000})
    assert (approval.status, approval.requested_by) == (ApprovalStatus.AWAITING, world.sam)
    assert approval.expires_at == NOW + OPEN_FOR == NOW + timedelta(days=7)
    assert str(approval) == "Grant 5,000 credits for Home G8"
    assert not CreditTransaction.objects.filter(created_by=world.sam).exists()
    event = AuditEvent.objects.get(verb="approval_requested")
    assert (event.account, event.actor, event.reason) == (world.home, world.sam, REASON)
    assert event.after["asked_for"] == "Grant 5,000 credits"
    assert (approval.ticket_url, event.ticket_url) == (TICKET, TICKET)


def test_asked_twice_by_whomever_is_one_request(world: World) -> None:
    first = ask(world)

    with nothing_changes():
        assert ask(world, reason="Again", now=LATER) == first
        assert ask(world, world.fiona, now=LATER) == first
    assert ask(world, amount=5001) != first


@pytest.mark.parametrize("ended", ["declined", "expired", "overdue"])
def test_what_has_ended_can_be_asked_for_anew(world: World, ann: User, ended: str) -> None:
    first, now = ask(world), NOW + OPEN_FOR
    if ended == "declined":
        decline(first, ann)
    elif ended == "expired":
        expire_approvals(now)

    second = ask(world, now=now)

    assert second != first
    assert a_copy(first).status == ("declined" if ended == "declined" else "expired")
    assert second.expires_at == now + OPEN_FOR


def test_what_the_verb_refuses_anyway_is_refused_when_asked(world: World) -> None:
    sam, adam = world.sam, world.adam
    with refused(NotNeeded, says="within your limit"):
        ask(world, amount=200)
    with refused(NotPermitted, says="Your groups may not do this: grant credits"):
        ask(world, adam)
    with refused(NotPermitted, says="adjust credits"):
        ask(world, verb="adjust_credits")
    with refused(InvalidValue, says="nothing called delete_account"):
        ask(world, verb="delete_account")
    for facts in ({}, {"amount": "5000"}, {"amount": True}, {"amount": 5000, "by": 1}):
        with refused(InvalidValue, says="exactly its amount"):
            ask(world, facts=facts)
    for amount, says in ((-5000, "Use Adjust credits"), (10_000_001, "10,000,000 credits")):
        with refused(InvalidValue, says=says):
            ask(world, amount=amount)
    with refused(InvalidValue, says="is no link to a ticket"):
        ask(world, ticket_url="4711")
    sam.is_active = False
    sam.save()
    with refused(NotPermitted):
        ask(world)


def test_a_cancelled_account_is_asked_nothing_for(world: World) -> None:
    put(world.home, status=AccountStatus.CANCELLED)

    with refused(StateConflict, says="Reactivate it"):
        ask(world)


def test_more_than_there_is_cannot_be_asked_away(world: World) -> None:
    adjust = partial(ask, world, world.fiona, verb="adjust_credits")

    with refused(InsufficientCredits, says="has 1,000 to spend"):
        adjust(amount=-2500)
    assert adjust(amount=2500).summary == "Add 2,500 credits"


# Deciding.


def test_approving_runs_the_verb_as_the_requester(world: World, ann: User) -> None:
    approval = approve(ask(world, ticket_url=TICKET), ann)

    row = CreditTransaction.objects.get(created_by=world.sam)
    assert (row.type, row.amount, row.balance_after) == ("grant", 5000, 6000)
    assert row.reason == (
        f"Approved by ann@igny8.example, asked for by sam@igny8.example: {REASON}"
    )
    assert row.metadata == {"approved_by": "ann@igny8.example"}
    kept = a_copy(approval)
    assert (kept.status, kept.decided_by, kept.decided_at) == ("approved", ann, LATER)
    assert (kept.decision_reason, kept.outcome) == (
        WHY,
        "Credits 1,000 → 6,000, ledger row 2.",
    )
    granted = AuditEvent.objects.get(verb="credits_granted")
    assert (granted.actor, granted.ticket_url) == (world.sam, TICKET)
    assert granted.after["approved_by"] == "ann@igny8.example"
    decided = AuditEvent.objects.get(verb="approval_approved")
    assert (decided.actor, decided.account, decided.reason) == (ann, world.home, WHY)
    assert decided.after["requested_by"] == "sam@igny8.example"
    assert decided.after["decided_by"] == "ann@igny8.example"
    books_agree()


def test_what_was_approved_takes_nothing_from_the_requesters_day(world: World, ann: User) -> None:
    approve(ask(world), ann, now=NOW)

    assert grant_limits.allowance(by=world.sam, now=NOW).left_today == 500
    credits.grant(account=world.home, amount=200, by=world.sam, reason=REASON, now=NOW)


def test_the_verbs_themselves_take_no_approval_of_ones_own(world: World) -> None:
    payment = confirm(open_transfer(world.other), by=world.fiona)
    both = {"by": world.sam, "approved_by": world.sam, "reason": REASON, "now": NOW}

    for give_or_take in (credits.grant, credits.adjust):
        for amount in (5000, 1):
            with refused(SelfApproval):
                give_or_take(account=world.home, amount=amount, **both)
    for verb in (reversals.reverse, write_offs.write_off):
        with refused(SelfApproval):
            verb(payment=payment, **both)


def test_the_longest_reason_still_names_both(world: World, ann: User) -> None:
    approve(ask(world, reason="x" * 1000), ann)

    reason = CreditTransaction.objects.get(created_by=world.sam).reason
    assert len(reason) == 1000
    assert reason.startswith("Approved by ann@igny8.example, asked for by sam@igny8.example: xxx")


def test_declining_and_withdrawing_move_nothing(world: World, ann: User) -> None:
    declined, withdrawn = ask(world), ask(world, amount=6000)
    before = digest()

    decline(declined, ann)
    withdraw(withdrawn, world.sam)

    assert changed_since(before) == ["igny8_approvals", "igny8_audit_events"]
    assert (a_copy(declined).status, declined.decided_by) == ("declined", ann)
    assert (a_copy(withdrawn).status, withdrawn.decided_by) == ("withdrawn", None)
    assert set(AuditEvent.objects.filter(account=world.home).values_list("verb", "actor")) >= {
        ("approval_declined", ann.pk),
        ("approval_withdrawn", world.sam.pk),
    }


ENDED_BY = {
    "approved": "approved by ann@igny8.example at 2025-11-13 09:30 UTC",
    "declined": "declined by ann@igny8.example",
    "failed": "failed by ann@igny8.example",
    "withdrawn": "withdrawn by sam@igny8.example",
    "expired": "expired at 2025-11-19 09:30 UTC",
}


def ended(world: World, ann: User, status: str) -> Approval:
    approval = ask(world)
    if status == "failed":
        put(world.home, status=AccountStatus.CANCELLED)
    if status in ("approved", "failed"):
        approve(approval, ann)
    elif status == "expired":
        expire_approvals(NOW + OPEN_FOR)
    else:
        (decline if status == "declined" else withdraw)(
            approval, ann if status == "declined" else world.sam
        )
    return a_copy(approval)


@pytest.mark.parametrize("status", sorted(set(ApprovalStatus.values) - {"awaiting"}))
def test_what_is_decided_is_final(world: World, ann: User, status: str) -> None:
    approval, bea = ended(world, ann, status), make_staff("Approver")
    assert approval.status == status

    for verb, by in ((approve, bea), (approve, ann), (decline, bea), (withdraw, world.sam)):
        with refused(AlreadyDecided, says=f"already {ENDED_BY[status]}"):
            verb(approval, by)
    assert expire_approvals(NOW + 30 * DAY) == []
    with nothing_changes(), pytest.raises(IntegrityError, match=f"stays {status}"):
        run("UPDATE igny8_approvals SET status = 'awaiting', decided_at = NULL")


# Too late.


def test_a_request_is_open_for_seven_days_and_not_a_moment_longer(world: World, ann: User) -> None:
    moment = timedelta(microseconds=1)
    approval = ask(world)
    for verb, by in ((approve, ann), (decline, ann), (withdraw, world.sam)):
        with refused(RequestExpired, says="expired at 2025-11-19 09:30 UTC"):
            verb(approval, by, now=NOW + OPEN_FOR)
    assert approve(approval, ann, now=NOW + OPEN_FOR - moment).status == "approved"


def test_what_nobody_decided_is_closed_once(world: World, ann: User) -> None:
    due, other = ask(world), ask(world, amount=6000, now=NOW + DAY)

    with nothing_changes():
        assert expire_approvals(NOW + OPEN_FOR - timedelta(seconds=1)) == []
    assert expire_approvals(NOW + OPEN_FOR) == [due]
    with nothing_changes():
        assert expire_approvals(NOW + OPEN_FOR) == []

    event = AuditEvent.objects.get(verb="approval_expired")
    assert (event.actor_label, event.reason) == ("system", "Nobody decided within 7 days.")
    assert (a_copy(due).status, a_copy(other).status) == ("expired", "awaiting")


def test_refusals_are_of_one_family_and_commands_name_real_permissions(world: World) -> None:
    for error in (NotNeeded, AlreadyDecided, RequestExpired, SelfApproval, RequestChanged):
        assert issubclass(error, ServiceError)
    for command in COMMANDS.values():
        assert world.fiona.has_perm(command.permission)
