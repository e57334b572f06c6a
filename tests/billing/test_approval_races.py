"""A request is asked for, decided and closed once, whoever comes at the same moment."""

from collections.abc import Callable
from functools import partial

import pytest

from billing.models import Approval, ApprovalStatus
from billing.services import credits
from billing.services.approval_rules import AlreadyDecided
from billing.services.approvals import OPEN_FOR
from tenancy.models import AuditEvent, User
from tests.billing.approving import approve, ask, decline, withdraw
from tests.conftest import World
from tests.factories import (
    NOW,
    REASON,
    expire_approvals,
    make_staff,
)
from tests.racing import Meeting, Outcome, a_copy, at_once, books_agree, one_wins

CALLERS = 4


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
