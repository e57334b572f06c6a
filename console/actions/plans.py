"""Dialogs of plans: create, edit, archive, put back on sale."""

from typing import Any

from django import forms
from django.utils import timezone

from console.actions.base import Consequence, Done, Verb
from console.actions.figures import credits_text, money_text
from console.actions.forms import CreditsField, VerbForm
from tenancy.models import Feature, Plan, User
from tenancy.models.plan import MAX_CREDITS, MAX_PRICE
from tenancy.services import plans


class EditPlanForm(VerbForm):
    name = forms.CharField(max_length=100)
    price = forms.DecimalField(
        min_value=0,
        max_value=MAX_PRICE,
        decimal_places=2,
        label="Price a month",
        help_text="In US dollars, such as 89.00.",
    )
    included_credits = CreditsField(
        min_value=0,
        max_value=MAX_CREDITS,
        label="Credits a month",
        help_text="Booked whenever a month is paid.",
    )
    max_sites = forms.IntegerField(
        min_value=1,
        max_value=plans.MAX_LIMIT,
        help_text="Who has more already keeps them, and adds none.",
    )
    max_users = forms.IntegerField(min_value=1, max_value=plans.MAX_LIMIT)
    features = forms.MultipleChoiceField(choices=Feature.choices, required=False)
    trial_days = forms.IntegerField(
        min_value=0, max_value=plans.MAX_TRIAL_DAYS, initial=0, help_text="0 means no trial."
    )
    position = forms.IntegerField(
        min_value=0, max_value=1000, initial=0, help_text="Lowest first in lists."
    )
    is_public = forms.BooleanField(required=False, initial=True, label="Offered to customers")
    is_active = forms.BooleanField(
        required=False,
        initial=True,
        label="In service",
        help_text="Switched off, every account on this plan is refused at once.",
    )


class CreatePlanForm(EditPlanForm):
    slug = forms.CharField(max_length=60, help_text="Lower-case letters, digits, hyphens. Fixed.")
    field_order = ("name", "slug")


class CreatePlan(Verb):
    name = "create_plan"
    label = "Create plan"
    submit = "Create plan"
    permission = "tenancy.create_plan"
    icon = "add"
    form_class = CreatePlanForm

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        slug = facts.pop("slug")
        plan = plans.create(slug=slug, facts=facts, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The plan {plan.name} was created.", target=plan)


class EditPlan(Verb):
    name = "edit_plan"
    label = "Edit plan"
    submit = "Save plan"
    permission = "tenancy.edit_plan"
    icon = "edit"
    form_class = EditPlanForm

    def initial(self, target: Plan) -> dict[str, Any]:
        return {field: getattr(target, field) for field in plans.EDITABLE}

    def consequences(self, target: Plan, by: User) -> list[Consequence]:
        price = money_text(target.price, target.currency)
        sold = f"{price} and {credits_text(target.included_credits)} credits"
        return [Consequence("Invoices already issued", "", f"keep {sold}")]

    def warning(self, target: Plan, by: User) -> str:
        count = target.accounts.filter(is_deleted=False).count()
        if not count:
            return ""
        accounts = "1 account is" if count == 1 else f"{count:,} accounts are"
        return f"{accounts} on this plan; limits change for them at once."

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        plans.edit(plan=target, changes=facts, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The plan {target.name} was saved.")


class ArchivePlan(Verb):
    name = "archive_plan"
    label = "Archive plan"
    submit = "Archive plan"
    permission = "tenancy.archive_plan"
    icon = "archive"
    is_dangerous = True

    def refusal(self, target: Plan) -> str:
        if target.slug == plans.FREE_TRIAL_SLUG:
            return f"{target.name} is the plan of every new trial and cannot be archived."
        return f"{target.name} is archived already." if target.is_archived else ""

    def consequences(self, target: Plan, by: User) -> list[Consequence]:
        count = target.accounts.filter(is_deleted=False).count()
        return [
            Consequence("Sale", "open", "closed: no new account, no new invoice"),
            Consequence("Accounts on it", "", f"{count:,} keep it and keep working"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        plans.archive(plan=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url)
        return Done(f"The plan {target.name} is archived.")


class UnarchivePlan(Verb):
    name = "unarchive_plan"
    label = "Put back on sale"
    submit = "Put back on sale"
    permission = "tenancy.archive_plan"
    icon = "unarchive"

    def refusal(self, target: Plan) -> str:
        return "" if target.is_archived else f"{target.name} is not archived."

    def consequences(self, target: Plan, by: User) -> list[Consequence]:
        return [Consequence("Sale", "closed", "open, offered to customers")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        plans.unarchive(plan=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The plan {target.name} is on sale again.")
