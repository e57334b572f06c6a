"""How much a person may give in a day, and what staff set: limits and costs."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from billing.models import CreditCost, GrantLimit, Operation
from billing.services import credit_costs, credits, grant_limits, spending
from billing.services.grant_limits import OverLimit
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AuditEvent, User
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_group, make_ledger_row, make_staff


def grant(world: World, by: User, amount: int, now: datetime = NOW) -> None:
    credits.grant(account=world.home, amount=amount, by=by, reason=REASON, now=now)


def adjust(world: World, by: User, amount: int) -> None:
    credits.adjust(account=world.home, amount=amount, by=by, reason=REASON, now=NOW)


@pytest.mark.parametrize("verb", [grant, adjust])
@pytest.mark.parametrize(("name", "most"), [("sam", 200), ("fiona", 2000), ("ruth", 2000)])
def test_one_grant_is_within_the_limit(world: World, verb: object, name: str, most: int) -> None:
    person = getattr(world, name)

    with refused(OverLimit, says=f"over your limit of {most:,} a time") as caught:
        verb(world, person, most + 1)
    verb(world, person, most)

    assert caught.value.facts == {"limit": most, "asked": most + 1, "used_today": 0}


def test_many_small_grants_do_not_pass_the_day(world: World) -> None:
    for _ in range(4):
        grant(world, world.sam, 124)

    with refused(OverLimit, says="so 4 are left"):
        grant(world, world.sam, 5)
    grant(world, world.sam, 4)
    with refused(OverLimit, says="so 0 are left"):
        grant(world, world.sam, 1)


def test_taking_counts_like_giving(world: World) -> None:
    adjust(world, world.sam, -200)
    adjust(world, world.sam, 200)

    with refused(OverLimit, says="you have moved 400 today"):
        grant(world, world.sam, 101)


def test_every_account_counts_and_everybody_for_themselves(world: World) -> None:
    for account in (world.home, world.other):
        credits.grant(account=account, amount=200, by=world.sam, reason=REASON, now=NOW)

    with refused(OverLimit):
        grant(world, world.sam, 101)
    grant(world, make_staff("Support"), 200)


def given(world: World, amount: int, at: datetime) -> None:
    make_ledger_row(
        world.home, amount=amount, type="grant", created_by=world.sam, reason=REASON, created_at=at
    )


MIDNIGHT = datetime(2025, 11, 13, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def test_the_day_begins_at_midnight_utc(world: World) -> None:
    given(world, 300, at=MIDNIGHT - MICROSECOND)
    given(world, 150, at=MIDNIGHT)

    before = grant_limits.allowance(by=world.sam, now=MIDNIGHT - MICROSECOND)
    after = grant_limits.allowance(by=world.sam, now=MIDNIGHT)

    assert (before.used_today, before.left_today) == (450, 50)
    assert (after.used_today, after.left_today) == (150, 350)


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_a_day_is_one_of_utc_wherever_the_clock_stands(world: World, hours: int) -> None:
    given(world, 200, at=MIDNIGHT - MICROSECOND)
    elsewhere = MIDNIGHT.astimezone(timezone(timedelta(hours=hours)))

    assert grant_limits.allowance(by=world.sam, now=elsewhere).used_today == 0


@pytest.mark.parametrize("name", ["adam", "olga"])
def test_without_a_limit_nobody_grants(world: World, name: str) -> None:
    person = getattr(world, name)

    with refused(OverLimit, says="Your groups may not give or take credits"):
        grant(world, person, 1)


def test_the_widest_group_counts(world: World) -> None:
    world.sam.groups.add(make_group("Finance"))

    grant(world, world.sam, 2000)

    assert grant_limits.allowance(by=world.sam, now=NOW).left_today == 8000


def test_an_edited_limit_counts_from_now_on(world: World) -> None:
    limit = GrantLimit.objects.get(group__name="Support")

    grant_limits.edit(limit=limit, per_grant=50, per_day=60, by=world.adam, reason=REASON)

    event = AuditEvent.objects.get(verb="grant_limit_edited")
    assert event.before == {"per_grant": 200, "per_day": 500}
    assert event.after == {"per_grant": 50, "per_day": 60}
    with refused(OverLimit):
        grant(world, world.sam, 51)


@pytest.mark.parametrize(
    ("per_grant", "per_day", "field"),
    [
        (-1, 500, "per_grant"),
        (10_000_001, 10_000_001, "per_grant"),
        (200, 10_000_001, "per_day"),
        (200, 199, "per_day"),
        (True, 500, "per_grant"),
        (1.5, 500, "per_grant"),
        (200, "500", "per_day"),
    ],
)
def test_a_limit_is_whole_and_in_range(
    world: World, per_grant: object, per_day: object, field: str
) -> None:
    limit = GrantLimit.objects.get(group__name="Support")

    with refused(InvalidValue) as caught:
        grant_limits.edit(
            limit=limit, per_grant=per_grant, per_day=per_day, by=world.adam, reason=REASON
        )

    assert caught.value.facts["field"] == field


def edit_cost(cost: CreditCost, unit: str, credits: object) -> None:
    credit_costs.edit(cost=cost, unit=unit, credits=credits, by=make_staff(), reason=REASON)


@pytest.fixture
def cost(db: None) -> CreditCost:
    cost, _ = CreditCost.objects.update_or_create(
        operation=Operation.IMAGE_GENERATION, defaults={"unit": "image", "credits": 5}
    )
    return cost


def test_an_edited_cost_counts_for_the_next_deduction(world: World, cost: CreditCost) -> None:
    edit_cost(cost, "image", 6)

    posted = spending.deduct(
        account=world.home, operation=Operation.IMAGE_GENERATION, units=2, idempotency_key=None
    )
    event = AuditEvent.objects.get(verb="credit_cost_edited")
    assert posted.amount == -12
    assert (event.before, event.after) == ({"credits": 5}, {"credits": 6})


@pytest.mark.parametrize(
    ("unit", "credits"),
    [("hour", 5), ("image", 0), ("image", -1), ("image", 10_001), ("image", True), ("image", 1.5)],
)
def test_a_cost_is_whole_and_in_range(cost: CreditCost, unit: str, credits: object) -> None:
    staff = make_staff()

    with refused(InvalidValue):
        credit_costs.edit(cost=cost, unit=unit, credits=credits, by=staff, reason=REASON)


def test_the_same_cost_again_is_refused(cost: CreditCost) -> None:
    staff = make_staff()

    with refused(StateConflict, says="nothing was changed"):
        credit_costs.edit(cost=cost, unit="image", credits=5, by=staff, reason=REASON)
