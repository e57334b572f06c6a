"""The five plans of the survey under their ids, and the plan of new trials."""

from dataclasses import dataclass, field
from decimal import Decimal

from console.demo.rows import REASON, continue_ids, insert
from tenancy.models import Feature, Plan
from tenancy.records import SYSTEM
from tenancy.services import plans


@dataclass(frozen=True)
class DemoPlan:
    """`price` in US dollars a month."""

    id: int
    slug: str
    name: str
    price: int
    credits: int
    max_sites: int
    max_users: int
    position: int
    features: tuple[Feature, ...] = field(default=())


WRITER = (Feature.AI_WRITER, Feature.IMAGE_GEN)
GROWTH = (*WRITER, Feature.AUTO_PUBLISH)
SCALE = (*GROWTH, Feature.CUSTOM_PROMPTS)

# Position 1 is the free trial's.
PLANS = (
    DemoPlan(1, "free", "Free Plan", 0, 100, 1, 1, 0),
    DemoPlan(2, "starter", "Starter", 89, 1_000, 1, 2, 2, WRITER),
    DemoPlan(4, "growth", "Growth", 139, 2_000, 3, 3, 3, GROWTH),
    DemoPlan(5, "scale", "Scale", 229, 4_000, 5, 5, 4, SCALE),
    DemoPlan(
        6, "enterprise", "Enterprise Plan", 0, 10_000, 20, 10_000, 5, (*SCALE, Feature.UNLIMITED)
    ),
)


def add_plans() -> None:
    for plan in PLANS:
        insert(
            Plan(
                id=plan.id,
                slug=plan.slug,
                name=plan.name,
                price=Decimal(plan.price),
                included_credits=plan.credits,
                max_sites=plan.max_sites,
                max_users=plan.max_users,
                features=list(plan.features),
                position=plan.position,
                # At no price and with 10,000 credits: agreed on by hand, not offered.
                is_public=plan.slug != "enterprise",
            ),
            verb="plan_created",
            account=None,
            fields=("slug", *plans.EDITABLE),
        )
    continue_ids(Plan)
    plans.create_free_trial(by=SYSTEM, reason=REASON)
