"""Plans from CSV: a known slug is edited, another one is created."""

import re
from collections.abc import Iterable, Mapping

from django.db.models import Count

from console.imports import cells as read
from console.imports.importer import Column, Importer, Who, changed_cells, new_cells
from console.imports.outcome import Change, RowOutcome
from tenancy.errors import InvalidValue
from tenancy.models import Feature, Plan
from tenancy.models.plan import SLUG_PATTERN
from tenancy.services import plans

FEATURES = ", ".join(Feature.values)


class PlanImporter(Importer):
    noun = "plan"
    plural = "plans"
    max_rows = 5_000
    columns = (
        Column(
            "slug",
            "The plan’s key, for ever: lower-case letters, digits, hyphens.",
            "starter",
            read.slug,
            unique="slug",
        ),
        Column("name", "At most 100 characters.", "Starter"),
        Column("price", "US dollars a month, with a point before the cents.", "89.00", read.price),
        Column("included_credits", "Credits for each paid month.", "1000", read.whole),
        Column("max_sites", "At least 1.", "1", read.whole),
        Column("max_users", "At least 1.", "2", read.whole),
        Column(
            "features",
            f"Codes with | between them; empty for none. Known: {FEATURES}.",
            "ai_writer|image_gen",
            read.codes,
        ),
        Column("trial_days", "Days of 24 hours; 0 for no trial.", "0", read.whole),
        Column("is_public", "Offered to customers: yes or no.", "yes", read.yes_no),
        Column("position", "Order in lists, lowest first.", "10", read.whole),
        Column(
            "is_active",
            "In service: yes or no. Optional: without this column nothing is switched on or off, "
            "and new plans are in service.",
            "yes",
            read.yes_no,
            is_required=False,
        ),
    )
    refused_columns = {
        "id": "Plans are known by their slug. Take this column out.",
        "currency": "Prices are in US dollars. Take this column out.",
        "archived_at": "Plans are archived on their own page. Take this column out.",
        "accounts": "A plan’s accounts are not imported here. Take this column out.",
    }
    column_of_refusal = {"plan_exists": "slug", "state_conflict": "is_public"}

    def prepare(self, slugs: Iterable[str], *, lock: bool) -> None:
        found = Plan.objects.filter(slug__in=list(slugs)).order_by("id")
        if lock:
            found = found.select_for_update(no_key=True)
        self.existing = {plan.slug: plan for plan in found}
        counted = Plan.objects.filter(pk__in=[plan.pk for plan in self.existing.values()])
        self.accounts = dict(counted.annotate(n=Count("accounts")).values_list("slug", "n"))

    def clean(self, column: str, value: object, cells: Mapping[str, str]) -> object:
        return _slug(str(value)) if column == "slug" else plans.clean({column: value})[column]

    def do(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        facts = self.read(line, cells)
        slug = str(facts.pop("slug"))
        plan = self.existing.get(slug)
        if plan is None:
            plan = plans.create(
                slug=slug, facts=facts, by=who.by, reason=who.reason, ticket_url=who.ticket_url
            )
            after = new_cells(_written(plan, facts))
            return RowOutcome(line, slug, plan.name, Change.NEW, after)
        before = _written(plan, facts)
        try:
            plan = plans.edit(
                plan=plan,
                changes=facts,
                by=who.by,
                reason=who.reason,
                ticket_url=who.ticket_url,
            )
        except plans.NothingChanged:
            return RowOutcome(line, slug, plan.name, Change.UNCHANGED)
        changed = changed_cells(before, _written(plan, facts))
        warning = self._warning(plan) if any(c.column == "is_active" for c in changed) else ""
        return RowOutcome(line, slug, plan.name, Change.CHANGED, changed, warning)

    def _warning(self, plan: Plan) -> str:
        accounts = self.accounts.get(plan.slug, 0)
        if plan.is_active or not accounts:
            return ""
        return f"Switches {plan.name} off: its accounts ({accounts:,}) are refused at every door."


def _slug(slug: str) -> str:
    # plans.create looks at it too, but only once everything else in the row is right.
    longest = Plan._meta.get_field("slug").max_length
    if len(slug) > longest or not re.fullmatch(SLUG_PATTERN, slug):
        raise InvalidValue(
            f"“{slug}” is no slug: at most {longest} lower-case letters, digits and single hyphens."
        )
    return slug


def _written(plan: Plan, fields: Iterable[str]) -> dict[str, str]:
    return {field: read.written(getattr(plan, field)) for field in fields}
