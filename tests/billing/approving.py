"""Asking for what is above one's limit, and deciding on it."""

from collections.abc import Callable
from functools import partial

from billing.models import Approval
from billing.services import approvals
from tenancy.models import User
from tests.conftest import World
from tests.factories import DAY, NOW, REASON

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
