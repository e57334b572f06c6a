"""The plans and their features."""

from django.db.models import Count, Q

from console.survey.markdown import LOOK, bullets, count, number, price, table, verdict
from tenancy.models import Plan
from tenancy.services.plans import FREE_TRIAL_SLUG

COLUMNS = ("ID", "Slug", "Name", "Price/Month", "Credits", "Max Sites", "Max Users", "Active")
# More plans than anybody sells; a bound all the same.
MOST_SHOWN = 100


def section() -> list[str]:
    plans = list(
        Plan.objects.annotate(
            account_count=Count("accounts", filter=Q(accounts__is_deleted=False))
        ).order_by("id")[:MOST_SHOWN]
    )
    unused = [plan.slug for plan in plans if not plan.account_count]
    return [
        "## Existing Plans in Database",
        *table(COLUMNS, [_row(plan) for plan in plans]),
        "### Plan Features",
        *bullets(f"{_short(plan)}: {_features(plan)}" for plan in plans),
        "### Key Observation",
        *bullets(
            [
                *_offers({plan.slug: plan for plan in plans}),
                *([f"{LOOK} Plans without accounts: {', '.join(unused)}"] if unused else []),
            ]
        ),
    ]


def _row(plan: Plan) -> tuple[object, ...]:
    return (
        plan.pk,
        plan.slug,
        plan.name,
        price(plan.price),
        number(plan.included_credits),
        number(plan.max_sites),
        number(plan.max_users),
        plan.is_active,
    )


def _short(plan: Plan) -> str:
    return plan.name.removesuffix(" Plan")


def _features(plan: Plan) -> str:
    return ", ".join(plan.features) or "No features array (empty)"


def _offers(plans: dict[str, Plan]) -> list[str]:
    free, trial = plans.get("free"), plans.get(FREE_TRIAL_SLUG)
    return [
        verdict(
            free is not None,
            f"Free plan exists with {count(free.included_credits, 'credit')}" if free else "",
            "There is no free plan",
        ),
        verdict(
            trial is not None,
            f"Separate '{FREE_TRIAL_SLUG}' plan exists with "
            f"{count(trial.included_credits, 'credit')} and {count(trial.trial_days, 'trial day')}"
            if trial
            else "",
            f"There is no '{FREE_TRIAL_SLUG}' plan; create_free_trial_plan makes it",
        ),
    ]
