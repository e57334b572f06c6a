"""What is above a person's limit is asked for, and another person decides: once, and for good."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from billing.models import Approval, ApprovalStatus, CreditTransaction
from billing.services import approvals, credits, grant_limits, holds, reversals, write_offs
from billing.services.approval_commands import COMMANDS, effects
from billing.services.approval_rules import DECIDE, AlreadyDecided, RequestExpired
from billing.services.approvals import OPEN_FOR, NotNeeded, RequestChanged
from billing.services.ledger import InsufficientCredits
from billing.services.second_person import SelfApproval
from tenancy.errors import InvalidValue, NotPermitted, ServiceError, StateConflict
from tenancy.models import AccountStatus, AuditEvent, User
from tenancy.records import OwnAccount
from tests.conftest import World
from tests.digest import changed_since, digest, nothing_changes, refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    TICKET,
    confirm,
    expire_approvals,
    make_account,
    make_approval,
    make_group,
    make_ledger_row,
    make_staff,
    open_transfer,
    put,
)
from tests.planting import plant
from tests.racing import Meeting, Outcome, a_copy, at_once, books_agree, one_wins
from tests.sql import run

CALLERS = 4
WHY = "Checked with the team lead"
LATER = NOW + DAY


def ask(world: World, by: User | None = None, *, amount: int = 5000, **more: object) -> Approval:
    facts = {
        "account": world.home,
        "verb": "grant_credits",
        "facts": {"amount": amount},
        "reason": REASON,
        "now": NOW,
    }
    return approvals.request(by=by or world.sam, **facts | more)


def decide(verb: Callable[..., Approval], approval: Approval, by: User, **more: object) -> Approval:
    return verb(approval=approval, by=by, **{"reason": WHY, "now": LATER} | more)


approve = partial(decide, approvals.approve)
decline = partial(decide, approvals.decline)
withdraw = partial(decide, approvals.withdraw)


@pytest.fixture
def ann(db: None) -> User:
    return make_staff("Approver", email="ann@igny8.example")


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


# Who may not.


def test_nobody_decides_on_their_own_request(world: World) -> None:
    """Neither a superuser nor an approver who may ask as well; they can withdraw it."""
    both = make_staff("Support")
    both.groups.add(make_group("Approver"))

    for amount, person in enumerate((world.ruth, both), start=5000):
        approval = ask(world, person, amount=amount)
        for verb in (approve, decline):
            with refused(SelfApproval, says="You asked for this yourself"):
                verb(approval, person)
        assert withdraw(approval, person).status == "withdrawn"


def test_only_approvers_decide(world: World) -> None:
    approval = ask(world)

    for group in ("Support", "Finance", "Auditor", "Administrator", None):
        person = make_staff(group)
        for verb in (approve, decline):
            with refused(NotPermitted, says="Ask an approver"):
                verb(approval, person)
    with refused(NotPermitted, says="sam@igny8.example asked for this and alone can withdraw"):
        withdraw(approval, person)


def test_who_was_taken_off_the_approvers_decides_no_more(world: World, ann: User) -> None:
    approval = ask(world)
    assert ann.has_perm(DECIDE)  # remembered by this object
    User.objects.get(pk=ann.pk).groups.clear()

    with refused(NotPermitted):
        approve(approval, ann)


def test_nobody_of_the_account_takes_part(world: World, ann: User) -> None:
    approval = ask(world)
    put(world.home, owner=None)
    for person in (ann, world.sam):
        person.account = world.home
        person.role = "viewer"
        person.save()

    for verb, person in ((approve, ann), (decline, ann), (withdraw, world.sam)):
        with refused(OwnAccount):
            verb(approval, person)
    with refused(OwnAccount):
        ask(world, amount=6000)
    failed = approve(approval, make_staff("Approver"))
    assert (failed.status, failed.outcome) == (
        "failed",
        "sam@igny8.example belongs to Home G8: somebody else must ask.",
    )


SQL_FRAUD = {
    "approved by the requester": "SET status = 'approved', decided_at = now(), "
    "decided_by_id = requested_by_id",
    "approved by nobody": "SET status = 'approved', decided_at = now()",
    "declined without a reason": "SET status = 'declined', decided_at = now(), "
    "decided_by_id = (SELECT id FROM igny8_users WHERE email = 'ann@igny8.example')",
    "another requester": "SET requested_by_id = requested_by_id + 1",
    "other facts": """SET facts = '{"amount": 9000}'""",
    "another verb": "SET verb = 'adjust_credits'",
    "other words": "SET summary = 'Nothing much'",
    "another ticket": "SET ticket_url = 'https://x.example'",
    "more time": "SET expires_at = expires_at + interval '1 year'",
    "an unknown status": "SET status = 'done', decided_at = now()",
    "failed for no reason": "SET status = 'failed', decided_at = now(), "
    "decided_by_id = (SELECT id FROM igny8_users WHERE email = 'ann@igny8.example')",
}


@pytest.mark.parametrize("fraud", SQL_FRAUD)
def test_the_database_refuses_what_goes_around_the_services(
    world: World, ann: User, fraud: str
) -> None:
    ask(world)

    with nothing_changes(), pytest.raises(IntegrityError):
        run(f"UPDATE igny8_approvals {SQL_FRAUD[fraud]}")


def test_facts_changed_by_a_database_superuser_are_not_run(world: World, ann: User) -> None:
    approval = ask(world)
    plant("UPDATE igny8_approvals SET facts = %s", '{"amount": 9000000}')

    with refused(RequestChanged, says="not the one that was asked for"):
        approve(a_copy(approval), ann)
    assert decline(a_copy(approval), ann).status == "declined"


# What changed since.


def lose(world: World, what: str) -> str:
    """Something changes after asking; returns what the approver is told."""
    if what == "group":
        world.sam.groups.clear()
        return "sam@igny8.example may not do this any more: grant credits."
    if what == "work":
        world.sam.is_active = False
        world.sam.save()
        return "may not do this any more"
    if what == "status":
        put(world.home, status=AccountStatus.CANCELLED)
        return "Home G8 is cancelled."
    put(world.home, is_deleted=True, deleted_at=NOW, restore_until=NOW + DAY)
    return "Home G8 is deleted"


@pytest.mark.parametrize("what", ["group", "work", "status", "account"])
def test_a_request_that_became_impossible_fails_and_leaves_only_that(
    world: World, ann: User, what: str
) -> None:
    approval = ask(world)
    told = lose(world, what)
    before = digest()

    failed = approve(approval, ann)

    assert changed_since(before) == ["igny8_approvals", "igny8_audit_events"]
    assert (failed.status, failed.decided_by) == ("failed", ann)
    assert told in failed.outcome
    event = AuditEvent.objects.get(verb="approval_failed")
    assert (event.actor, event.after["outcome"]) == (ann, failed.outcome)
    assert a_copy(approval).outcome == failed.outcome


def test_credits_spent_meanwhile_cannot_be_taken(world: World, ann: User) -> None:
    rich = make_account(credits=5000)
    approval = ask(world, world.fiona, account=rich, verb="adjust_credits", amount=-4000)
    make_ledger_row(rich, amount=-2000, type="deduction")

    failed = approve(approval, ann)

    assert failed.status == "failed"
    assert "has 3,000 to spend" in failed.outcome
    assert a_copy(rich).credits == 3000


def test_what_will_happen_is_told_from_the_facts_of_now(world: World) -> None:
    approval = ask(world)
    told = [(line.label, line.before, line.after) for line in effects(approval, now=NOW)]
    assert told == [("Credits", "1,000", "6,000")]

    holds.reserve(
        account=world.home, operation="image_generation", units=8, idempotency_key="h", now=NOW
    )
    credits.adjust(account=world.home, amount=-100, by=world.fiona, reason=REASON, now=NOW)

    told = [(line.label, line.before, line.after) for line in effects(approval, now=NOW)]
    assert told == [("Credits", "900", "5,900"), ("Held of them", "", "40")]
    unreadable = make_approval(world.home, verb="x", facts={"y": "z"})
    assert effects(unreadable, now=NOW) == []


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


# At the same moment.


def credited_once(outcomes: list[Outcome], approval: Approval) -> None:
    winner = one_wins(outcomes, refused_with=AlreadyDecided)
    told = f"already approved by {winner.decided_by} at 2025-11-13 09:30 UTC"
    assert all(told in outcome.refusal.message for outcome in outcomes if outcome.refusal)
    assert a_copy(approval.account).credits == 6000
    assert AuditEvent.objects.filter(verb="approval_approved").count() == 1
    books_agree()


def test_of_four_approvals_one_runs(committed_world: World) -> None:
    approval = ask(committed_world)
    people = [make_staff("Approver") for _ in range(CALLERS)]

    outcomes = at_once(*(partial(approve, a_copy(approval), person) for person in people))

    credited_once(outcomes, approval)


def test_without_the_lock_all_four_run(committed_world: World) -> None:
    approval, meeting = ask(committed_world), Meeting(CALLERS)
    people = [make_staff("Approver") for _ in range(CALLERS)]

    def approve_without_a_lock(approval: Approval, by: User) -> Approval:
        if approval.status != ApprovalStatus.AWAITING:
            raise AlreadyDecided("decided")
        meeting.wait()
        approval.decided_by = by
        credits.grant(
            account=approval.account, amount=5000, by=approval.requested_by, approved_by=by,
            reason=REASON, now=NOW,
        )  # fmt: skip
        return approval

    outcomes = at_once(
        *(partial(approve_without_a_lock, a_copy(approval), person) for person in people)
    )

    with pytest.raises(AssertionError, match="4 of 4 got through"):
        credited_once(outcomes, approval)
    assert a_copy(approval.account).credits == 21_000


@pytest.mark.parametrize("other", [decline, withdraw])
def test_a_request_is_either_approved_or_not(
    committed_world: World, other: Callable[..., Approval]
) -> None:
    world, ann, bea = committed_world, make_staff("Approver"), make_staff("Approver")
    by = world.sam if other is withdraw else bea
    for amount in range(5000, 5003):
        before, approval = world.home.credits, ask(world, amount=amount)

        outcomes = at_once(
            partial(approve, a_copy(approval), ann), partial(other, a_copy(approval), by)
        )

        one_wins(outcomes, refused_with=AlreadyDecided)
        given = amount if a_copy(approval).status == ApprovalStatus.APPROVED else 0
        world.home = a_copy(world.home)
        assert world.home.credits == before + given
    books_agree()


def test_asked_for_at_once_by_four_it_is_one_request(committed_world: World) -> None:
    world = committed_world
    people = [make_staff("Support") for _ in range(CALLERS)]

    outcomes = at_once(
        *(partial(ask, world, person, account=a_copy(world.home)) for person in people)
    )

    assert {outcome.refusal for outcome in outcomes} == {None}
    assert len({outcome.result.pk for outcome in outcomes}) == Approval.objects.count() == 1
    assert AuditEvent.objects.filter(verb="approval_requested").count() == 1


def test_two_jobs_at_once_close_once(committed_world: World) -> None:
    ask(committed_world)
    late = partial(expire_approvals, NOW + OPEN_FOR)

    closed = [len(outcome.result) for outcome in at_once(late, late)]

    assert sorted(closed) == [0, 1]
    assert AuditEvent.objects.filter(verb="approval_expired").count() == 1


def test_refusals_are_of_one_family_and_commands_name_real_permissions(world: World) -> None:
    for error in (NotNeeded, AlreadyDecided, RequestExpired, SelfApproval, RequestChanged):
        assert issubclass(error, ServiceError)
    for command in COMMANDS.values():
        assert world.fiona.has_perm(command.permission)
