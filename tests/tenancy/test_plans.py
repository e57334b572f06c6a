"""Creating, editing, archiving plans, and the plan of new trials."""

from decimal import Decimal

import pytest

from tenancy.errors import InvalidValue, NothingChanged, StateConflict
from tenancy.models import AuditEvent, Plan, User
from tenancy.services import plans
from tests.digest import nothing_changes, refused
from tests.factories import NOW, REASON, make_account, make_plan, make_staff

FACTS = {"name": "Solo", "price": "19.00", "included_credits": 300}
OUT_OF_RANGE = (
    ("name", ""),
    ("name", "  "),
    ("name", "x" * 101),
    ("price", "-0.01"),
    ("price", "100000.01"),
    ("price", "0.001"),
    ("price", "NaN"),
    ("price", "Infinity"),
    ("price", "19,00"),
    ("price", True),
    ("price", None),
    ("included_credits", -1),
    ("included_credits", 10_000_001),
    ("included_credits", 1.9),
    ("included_credits", "300"),
    ("included_credits", True),
    ("max_sites", 0),
    ("max_users", 0),
    ("max_users", 1_000_001),
    ("features", ["time_travel"]),
    ("trial_days", -1),
    ("trial_days", 366),
    ("is_active", "yes"),
    ("is_public", 1),
    ("position", 1001),
    ("slug", "other"),
    ("archived_at", NOW),
)


def create(*, slug: str = "solo", by: User | None = None, **facts: object) -> Plan:
    return plans.create(slug=slug, facts=FACTS | facts, by=by, reason=REASON)


def edit(plan: Plan, **changes: object) -> Plan:
    return plans.edit(plan=plan, changes=changes, by=None, reason=REASON)


def test_a_new_plan_has_its_facts_and_says_so(db: None) -> None:
    fiona = make_staff()

    plan = create(by=fiona, features=["image_gen", "ai_writer", "ai_writer"])

    plan.refresh_from_db()
    event = AuditEvent.objects.get(verb="plan_created")
    assert (plan.price, plan.included_credits, plan.max_sites) == (Decimal("19.00"), 300, 1)
    assert plan.features == ["ai_writer", "image_gen"]
    assert plan.get_effective_credits_per_month() == 300
    assert (event.actor, event.account, event.after["price"]) == (fiona, None, "19.00")


@pytest.mark.parametrize("slug", ["", "Solo", "so lo", "-solo", "solo-", "so--lo", "x" * 61])
def test_a_slug_has_one_form(db: None, slug: str) -> None:
    with refused(InvalidValue, says="is no slug"):
        create(slug=slug)


@pytest.mark.parametrize("missing", ["name", "price", "included_credits"])
def test_a_plan_needs_its_facts(db: None, missing: str) -> None:
    facts = {name: value for name, value in FACTS.items() if name != missing}

    with refused(InvalidValue, says="A plan needs") as caught:
        plans.create(slug="solo", facts=facts, by=None, reason=REASON)

    assert caught.value.facts == {"field": missing}


def test_a_taken_slug_is_refused(db: None) -> None:
    make_plan(slug="solo")

    with refused(plans.PlanExists, says="There is a plan “solo” already"):
        create()


def test_a_slug_taken_since_we_looked_is_refused_too(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_plan(slug="solo")
    looks = iter([lambda slug: None, plans._refuse_taken])
    monkeypatch.setattr(plans, "_refuse_taken", lambda slug: next(looks)(slug))

    with refused(plans.PlanExists):
        create()


@pytest.mark.parametrize(("field", "value"), OUT_OF_RANGE)
def test_a_value_out_of_range_is_refused_by_name(db: None, field: str, value: object) -> None:
    plan = make_plan()

    with refused(InvalidValue) as in_edit:
        edit(plan, **{"position": 7, field: value})
    with refused(InvalidValue) as in_create:
        create(**{field: value} if field != "slug" else {"color": "red"})

    assert in_edit.value.facts["field"] == field
    assert in_create.value.facts["field"] in (field, "color")


@pytest.mark.parametrize("price", ["0", "0.00", 0, "100000", Decimal("89.0"), "-0"])
def test_a_price_is_kept_with_two_decimals(db: None, price: object) -> None:
    plan = create(price=price)

    plan.refresh_from_db()
    assert plan.price == Decimal(str(price)).copy_abs()
    assert plan.price.as_tuple().exponent == -2


def test_an_edit_writes_what_changed_and_nothing_else(db: None) -> None:
    plan = make_plan()

    edit(plan, price="99.00", included_credits=1000)

    event = AuditEvent.objects.get(verb="plan_edited")
    assert (event.before, event.after) == ({"price": "89.00"}, {"price": "99.00"})
    assert plan.history.latest().price == Decimal("99.00")


def test_an_edit_of_a_stale_copy_keeps_what_others_changed(db: None) -> None:
    plan = make_plan()
    stale = Plan.objects.get(pk=plan.pk)
    edit(plan, price="99.00")

    edit(stale, max_sites=3)

    plan.refresh_from_db()
    assert (plan.price, plan.max_sites) == (Decimal("99.00"), 3)


def test_an_edit_to_the_same_values_is_refused(db: None) -> None:
    plan = make_plan()

    with refused(NothingChanged, says="nothing was changed"):
        edit(plan, price="89", max_sites=1)


def test_an_archived_plan_is_not_sold_but_keeps_its_accounts(db: None) -> None:
    account = make_account()

    plans.archive(plan=account.plan, by=None, reason=REASON, now=NOW)

    account.plan.refresh_from_db()
    assert (account.plan.archived_at, account.plan.is_public) == (NOW, False)
    assert account.plan.is_active
    with refused(StateConflict, says="Put it back on sale first"):
        edit(account.plan, is_public=True)


def test_an_archived_plan_is_put_back_on_sale(db: None) -> None:
    plan = make_plan(archived_at=NOW, is_public=False)

    plans.unarchive(plan=plan, by=None, reason=REASON)

    plan.refresh_from_db()
    assert (plan.archived_at, plan.is_public) == (None, True)


def test_the_plan_of_new_trials_is_not_archived(db: None) -> None:
    plan = make_plan(slug="free-trial")

    with refused(StateConflict, says="the plan of every new trial"):
        plans.archive(plan=plan, by=None, reason=REASON, now=NOW)


def test_the_free_trial_plan_is_made_once_and_never_overwritten(db: None) -> None:
    plan, made = plans.create_free_trial(by=None, reason=REASON)
    assert (made, plan.included_credits, plan.trial_days) == (True, 2000, 14)
    edit(plan, included_credits=1500)

    with nothing_changes():
        plan, made = plans.create_free_trial(by=None, reason=REASON)

    assert (made, plan.included_credits) == (False, 1500)


@pytest.mark.parametrize(
    ("facts", "credits"),
    [
        ({"price": "0", "trial_days": 14, "is_public": False}, 1000),
        ({"price": "0"}, 1000),
        ({"price": "89", "trial_days": 14}, 1000),
        ({"price": "89"}, 0),
        ({"price": "0", "is_public": False}, 0),
    ],
)
def test_only_trials_and_the_public_free_plan_start_with_credits(
    db: None, facts: dict[str, object], credits: int
) -> None:
    plan = make_plan(**facts)
    plan.refresh_from_db()

    assert plan.credits_at_start == credits
