"""Plans from CSV: a known slug is edited, another one is created."""

import re
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Count

from console.imports import cells as read
from console.imports.importer import (
    Column,
    Importer,
    Who,
    as_cells,
    cells_of,
    changed_cells,
    new_cells,
)
from console.imports.outcome import Cell, Change, RowOutcome
from tenancy.errors import InvalidValue
from tenancy.models import Feature, Plan
from tenancy.models.plan import SLUG_PATTERN
from tenancy.services import plans

FEATURES = ", ".join(Feature.values)


class PlanImporter(Importer):
    noun = "plan"
    plural = "plans"
    permission = "tenancy.import_plan"
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

    def lock(self, slugs: Iterable[str]) -> None:
        found = Plan.objects.filter(slug__in=list(slugs)).order_by("id")
        list(found.select_for_update(no_key=True).values_list("pk", flat=True))

    def load(self, rows: Sequence[Mapping[str, str]]) -> None:
        found = Plan.objects.filter(slug__in={read.slug(cells["slug"]) for cells in rows})
        self.existing = {plan.slug: plan for plan in found.annotate(n=Count("accounts"))}

    def clean(self, column: str, value: object, cells: Mapping[str, str]) -> object:
        return _slug(str(value)) if column == "slug" else plans.clean({column: value})[column]

    def foresee(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        slug, facts = self._read(line, cells)
        plan = self.existing.get(slug)
        if plan is None:
            return RowOutcome(line, slug, facts["name"], Change.NEW, new_cells(as_cells(facts)))
        plans.refuse_offered_archived(plan, facts)
        changed = changed_cells(cells_of(plan, facts), as_cells(facts))
        return self._edited(line, plan, facts, changed)

    def do(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        slug, facts = self._read(line, cells)
        plan = self.existing.get(slug)
        told = {"by": who.by, "reason": who.reason, "ticket_url": who.ticket_url}
        if plan is None:
            plan = plans.create(slug=slug, facts=facts, **told)
            after = new_cells(cells_of(plan, facts))
            return RowOutcome(line, slug, plan.name, Change.NEW, after)
        before = cells_of(plan, facts)
        plans.edit(plan=plan, changes=facts, **told)
        done = {field: getattr(plan, field) for field in facts}
        return self._edited(line, plan, done, changed_cells(before, as_cells(done)))

    def _read(self, line: int, cells: Mapping[str, str]) -> tuple[str, dict]:
        facts = self.read(line, cells)
        return str(facts.pop("slug")), facts

    def _edited(
        self, line: int, plan: Plan, facts: Mapping, changed: tuple[Cell, ...]
    ) -> RowOutcome:
        """`facts` are the plan's values afterwards."""
        switched = any(cell.column == "is_active" for cell in changed)
        return RowOutcome(
            line,
            plan.slug,
            facts["name"],
            Change.CHANGED if changed else Change.UNCHANGED,
            changed,
            _warning(plan, facts) if switched else "",
        )


def _warning(plan: Plan, facts: Mapping) -> str:
    if facts["is_active"] or not plan.n:
        return ""
    return f"Switches {facts['name']} off: its accounts ({plan.n:,}) are refused at every door."


def _slug(slug: str) -> str:
    # plans.create looks at it too, but only once everything else in the row is right.
    longest = Plan._meta.get_field("slug").max_length
    if len(slug) > longest or not re.fullmatch(SLUG_PATTERN, slug):
        raise InvalidValue(
            f"“{slug}” is no slug: at most {longest} lower-case letters, digits and single hyphens."
        )
    return slug
