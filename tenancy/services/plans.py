"""Plans: create, edit, archive, put back on sale."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction

from tenancy.errors import InvalidValue, NothingChanged, ServiceError, StateConflict, is_whole
from tenancy.models import Feature, Plan, User
from tenancy.models.plan import MAX_CREDITS, MAX_PRICE, SLUG_PATTERN
from tenancy.records import change, clean_reason, lock, record, save_with_history, snapshot

EDITABLE = (
    "name",
    "price",
    "included_credits",
    "max_sites",
    "max_users",
    "features",
    "trial_days",
    "is_active",
    "is_public",
    "position",
)
# The others have defaults.
NEEDED = ("name", "price", "included_credits")
MAX_SLUG = 60
FREE_TRIAL_SLUG = "free-trial"
FREE_TRIAL = {
    "name": "Free Trial",
    "price": Decimal("0.00"),
    "included_credits": 2000,
    "max_sites": 1,
    "max_users": 1,
    "features": [Feature.AI_WRITER, Feature.IMAGE_GEN],
    "trial_days": 14,
    "is_active": True,
    "is_public": False,
    "position": 1,
}
MAX_LIMIT = 1_000_000
MAX_TRIAL_DAYS = 365


class PlanExists(ServiceError):
    code = "plan_exists"


@transaction.atomic
def create(
    *, slug: str, facts: Mapping[str, object], by: User | None, reason: str, ticket_url: str = ""
) -> Plan:
    """Create a plan from `facts` (the names in EDITABLE; price per month, credits per month).

    Raises InvalidValue for a value out of range, PlanExists for a slug that is taken.
    """
    reason = clean_reason(reason)
    if len(slug) > MAX_SLUG or not re.fullmatch(SLUG_PATTERN, slug):
        raise InvalidValue(
            f"“{slug}” is no slug: use lower-case letters, digits and single hyphens, "
            f"at most {MAX_SLUG} characters.",
            field="slug",
        )
    _refuse_taken(slug)
    for name in NEEDED:
        if name not in facts:
            raise InvalidValue(f"A plan needs its {name.replace('_', ' ')}.", field=name)
    plan = Plan(slug=slug, **clean(facts))
    try:
        with transaction.atomic():
            save_with_history(plan, by=by, reason=reason)
    except IntegrityError:
        # Somebody took the slug since we looked.
        _refuse_taken(slug)
        raise
    record(
        "plan_created",
        by=by,
        reason=reason,
        target=plan,
        account=None,
        after=snapshot(plan, ("slug", *EDITABLE)),
        ticket_url=ticket_url,
    )
    return plan


def _refuse_taken(slug: str) -> None:
    if Plan.objects.filter(slug=slug).exists():
        raise PlanExists(
            f"There is a plan “{slug}” already. Edit that one or choose another slug.", slug=slug
        )


@transaction.atomic
def edit(
    *,
    plan: Plan,
    changes: Mapping[str, object],
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Plan:
    """Change the given fields (names in EDITABLE). What was sold keeps its price and credits.

    Raises InvalidValue for a value out of range, NothingChanged when every value is as it was,
    StateConflict when an archived plan would be offered again.
    """
    reason = clean_reason(reason)
    lock(plan)
    cleaned = clean(changes)
    refuse_offered_archived(plan, cleaned)
    changed = {name: value for name, value in cleaned.items() if getattr(plan, name) != value}
    if not changed:
        raise NothingChanged(f"{plan.name} already is as you ask; nothing was changed.")
    change(
        plan,
        changed,
        verb="plan_edited",
        by=by,
        reason=reason,
        account=None,
        ticket_url=ticket_url,
    )
    return plan


def refuse_offered_archived(plan: Plan, values: Mapping[str, object]) -> None:
    """Raises StateConflict when an archived plan would be offered to customers again."""
    if plan.is_archived and values.get("is_public"):
        raise StateConflict(
            f"{plan.name} is archived. Put it back on sale first.", current="archived"
        )


@transaction.atomic
def archive(
    *, plan: Plan, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Plan:
    """Stop selling a plan. Its accounts keep it and keep working.

    Raises StateConflict when it is archived already or is the plan of new trials.
    """
    reason = clean_reason(reason)
    lock(plan)
    if plan.is_archived:
        raise StateConflict(
            f"{plan.name} was archived on {plan.archived_at:%Y-%m-%d}; nothing was changed.",
            current="archived",
        )
    if plan.slug == FREE_TRIAL_SLUG:
        raise StateConflict(
            f"{plan.name} is the plan of every new trial and cannot be archived.", current="in use"
        )
    return _sell(plan, archived_at=now, by=by, reason=reason, ticket_url=ticket_url)


@transaction.atomic
def unarchive(*, plan: Plan, by: User | None, reason: str, ticket_url: str = "") -> Plan:
    """Put an archived plan back on sale. Raises StateConflict when it is not archived."""
    reason = clean_reason(reason)
    lock(plan)
    if not plan.is_archived:
        raise StateConflict(f"{plan.name} is not archived; nothing was changed.", current="on sale")
    return _sell(plan, archived_at=None, by=by, reason=reason, ticket_url=ticket_url)


def _sell(
    plan: Plan, *, archived_at: datetime | None, by: User | None, reason: str, ticket_url: str
) -> Plan:
    change(
        plan,
        {"archived_at": archived_at, "is_public": archived_at is None},
        verb="plan_archived" if archived_at else "plan_unarchived",
        by=by,
        reason=reason,
        account=None,
        ticket_url=ticket_url,
    )
    return plan


def create_free_trial(*, by: User | None, reason: str) -> tuple[Plan, bool]:
    """The plan of new trials, made if it is missing; one that staff edited stays as it is.

    Returns the plan and whether it was made now.
    """
    existing = Plan.objects.filter(slug=FREE_TRIAL_SLUG).first()
    if existing is not None:
        return existing, False
    return create(slug=FREE_TRIAL_SLUG, facts=FREE_TRIAL, by=by, reason=reason), True


def clean(facts: Mapping[str, object]) -> dict[str, object]:
    """Check each value's type and range; raises InvalidValue naming the field and the range."""
    unknown = set(facts) - set(EDITABLE)
    if unknown:
        raise InvalidValue(f"A plan has no field “{min(unknown)}”.", field=min(unknown))
    return {name: _CLEANERS[name](name, value) for name, value in facts.items()}


def _name(field: str, value: object) -> str:
    name = str(value).strip()
    if not name or len(name) > 100:
        raise InvalidValue("A plan needs a name of at most 100 characters.", field=field)
    return name


def _price(field: str, value: object) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        raise InvalidValue(f"“{value}” is not a price; write it like 89.00.", field=field) from None
    if not price.is_finite() or not 0 <= price <= MAX_PRICE or price != round(price, 2):
        raise InvalidValue(
            f"A price is between 0.00 and {MAX_PRICE:,}.00 with at most two decimals, not {value}.",
            field=field,
        )
    return round(price, 2)


def _whole(low: int, high: int):
    def check(field: str, value: object) -> int:
        if not is_whole(value, low=low, high=high):
            label = field.replace("_", " ")
            raise InvalidValue(
                f"{label.capitalize()} is a whole number from {low:,} to {high:,}, not {value}.",
                field=field,
            )
        return value

    return check


def _features(field: str, value: object) -> list[str]:
    chosen = set(value)
    unknown = chosen - set(Feature.values)
    if unknown:
        raise InvalidValue(
            f"“{min(unknown)}” is no known feature; known are {', '.join(Feature.values)}.",
            field=field,
        )
    return [code for code in Feature.values if code in chosen]


def _yes_no(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue(f"{field.replace('_', ' ').capitalize()} is yes or no.", field=field)
    return value


_CLEANERS = {
    "name": _name,
    "price": _price,
    "included_credits": _whole(0, MAX_CREDITS),
    "max_sites": _whole(1, MAX_LIMIT),
    "max_users": _whole(1, MAX_LIMIT),
    "features": _features,
    "trial_days": _whole(0, MAX_TRIAL_DAYS),
    "is_active": _yes_no,
    "is_public": _yes_no,
    "position": _whole(0, 1000),
}
