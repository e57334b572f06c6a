"""Who may not decide on a request, and what must not have changed since it was made."""

import pytest
from django.db import IntegrityError

from billing.services import credits, holds
from billing.services.approval_commands import effects
from billing.services.approval_rules import DECIDE
from billing.services.approvals import RequestChanged
from billing.services.second_person import SelfApproval
from tenancy.errors import NotPermitted
from tenancy.models import AccountStatus, AuditEvent, User
from tenancy.records import OwnAccount
from tests.billing.approving import approve, ask, decline, withdraw
from tests.conftest import World
from tests.digest import changed_since, digest, nothing_changes, refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    make_account,
    make_approval,
    make_group,
    make_ledger_row,
    make_staff,
    put,
)
from tests.planting import plant
from tests.racing import a_copy
from tests.sql import run

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
