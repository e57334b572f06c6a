"""Dialogs of credits: grant, adjust, reverse, unfreeze, costs and limits."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from billing.models import MAX_AMOUNT, CostUnit, CreditCost, CreditTransaction, GrantLimit
from billing.services import credit_costs, credits, grant_limits, proof
from billing.services.grant_limits import Allowance, OverLimit
from billing.services.ledger import Posted
from console.actions import asking
from console.actions.base import Consequence, Done, Verb
from console.actions.figures import credits_text
from console.actions.forms import CreditsField, VerbForm
from tenancy.models import Account, AccountStatus, User


def _balance_refusal(target: Account) -> str:
    if target.is_deleted:
        return f"{target.name} is deleted. Restore it first."
    if target.status == AccountStatus.CANCELLED:
        return f"{target.name} is cancelled. Reactivate it first."
    return ""


class GrantForm(VerbForm):
    amount = CreditsField(min_value=1, max_value=MAX_AMOUNT, label="Credits")


class Grant(Verb):
    """Above the person's limit it becomes a request that somebody else approves."""

    name = "grant"
    label = "Grant credits"
    submit = "Grant credits"
    permission = "billing.grant_credits"
    icon = "add_circle"
    form_class = GrantForm
    related = ("credit_balance",)
    command = "grant_credits"
    change = "the grant"
    sign = "+"

    def refusal(self, target: Account) -> str:
        return _balance_refusal(target)

    def form(self, target: Account, by: User, data: QueryDict | None = None) -> VerbForm:
        form = super().form(target, by, data)
        asking.tell_limit(form.fields["amount"], _allowance(by))
        return form

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        now = credits_text(target.credits)
        return [
            Consequence("Credits", now, f"{now} {self.sign} {self.change}", plus="amount"),
            Consequence("Your limit", "", asking.limit_text(_allowance(by))),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        try:
            posted = self.post(
                account=target,
                amount=facts["amount"],
                by=by,
                reason=reason,
                now=timezone.now(),
                ticket_url=ticket_url,
                idempotency_key=f"console:{token}",
            )
        except OverLimit as over:
            return asking.send(
                verb=self.command,
                account=target,
                facts=facts,
                by=by,
                reason=reason,
                ticket_url=ticket_url,
                why=asking.over_text(over),
            )
        return self.done(target, posted)

    def post(self, **call: Any) -> Posted:
        return credits.grant(**call)

    def done(self, target: Account, posted: Posted) -> Done:
        return Done(
            f"{target.name} got {credits_text(posted.amount)} credits: {_before_after(posted)}."
        )


def _allowance(by: User) -> Allowance:
    return grant_limits.allowance(by=by, now=timezone.now())


def _before_after(posted: Posted) -> str:
    before = credits_text(posted.balance_after - posted.amount)
    return f"{before} → {credits_text(posted.balance_after)}"


class AdjustForm(VerbForm):
    amount = CreditsField(
        min_value=-MAX_AMOUNT,
        max_value=MAX_AMOUNT,
        label="Credits",
        help_text="Negative takes credits, positive adds them.",
    )


class Adjust(Grant):
    name = "adjust"
    label = "Adjust credits"
    submit = "Adjust credits"
    permission = "billing.adjust_credits"
    icon = "tune"
    form_class = AdjustForm
    command = "adjust_credits"
    change = "the correction"
    sign = "±"

    def post(self, **call: Any) -> Posted:
        return credits.adjust(**call)

    def done(self, target: Account, posted: Posted) -> Done:
        return Done(f"The credits of {target.name} were adjusted: {_before_after(posted)}.")


class ReverseEntry(Verb):
    name = "reverse_entry"
    label = "Reverse this row"
    submit = "Reverse row"
    permission = "billing.reverse_credits"
    icon = "undo"
    is_dangerous = True
    related = ("account__credit_balance", "payment")

    def refusal(self, target: CreditTransaction) -> str:
        if target.reverses_id is not None:
            return f"Row {target.sequence} is itself a reversal. Grant or adjust credits instead."
        if target.payment_id is not None:
            return f"Row {target.sequence} belongs to a payment and is undone together with it."
        if target.reversals.exists():
            return f"Row {target.sequence} is reversed already."
        return ""

    def consequences(self, target: CreditTransaction, by: User) -> list[Consequence]:
        now = target.account.credits
        return [
            Consequence("Row", f"{target.amount:+,}", f"{-target.amount:+,} in a new, linked row"),
            Consequence("Credits", credits_text(now), credits_text(now - target.amount)),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        posted = credits.reverse(entry=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(
            f"Row {target.sequence} is reversed by row {posted.sequence}: {target.account.name} "
            f"has {credits_text(posted.balance_after)} credits."
        )


class Unfreeze(Verb):
    name = "unfreeze"
    label = "Unfreeze credits"
    submit = "Let it spend again"
    permission = "billing.unfreeze_balance"
    icon = "lock_open"
    related = ("credit_balance",)

    def refusal(self, target: Account) -> str:
        if not target.credit_balance.frozen:
            return f"The credits of {target.name} are not frozen."
        return ""

    def consequences(self, target: Account, by: User) -> list[Consequence]:
        return [Consequence("Spending", "frozen", "open, if the ledger proves right now")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        proof.unfreeze(account=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"{target.name} can spend credits again.")


class EditCreditCostForm(VerbForm):
    unit = forms.ChoiceField(choices=CostUnit.choices, help_text="What one price is for.")
    credits = CreditsField(
        min_value=1,
        max_value=credit_costs.MAX_COST,
        help_text="For each unit, from the next run on. What ran already keeps its price.",
    )


class EditCreditCost(Verb):
    name = "edit_credit_cost"
    label = "Edit cost"
    submit = "Save cost"
    permission = "billing.edit_credit_cost"
    icon = "edit"
    form_class = EditCreditCostForm

    def initial(self, target: CreditCost) -> dict[str, Any]:
        return {"unit": target.unit, "credits": target.credits}

    def consequences(self, target: CreditCost, by: User) -> list[Consequence]:
        return [Consequence("From now on", str(target), "what you enter; past rows keep theirs")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        credit_costs.edit(
            cost=target,
            unit=CostUnit(facts["unit"]),
            credits=facts["credits"],
            by=by,
            reason=reason,
            ticket_url=ticket_url,
        )
        return Done(f"The cost is now {target}.")


class EditGrantLimitForm(VerbForm):
    per_grant = CreditsField(
        min_value=0,
        max_value=grant_limits.MAX_LIMIT,
        label="Credits a time",
        help_text="What is above must be approved by another person.",
    )
    per_day = CreditsField(
        min_value=0,
        max_value=grant_limits.MAX_LIMIT,
        label="Credits a day",
        help_text="All grants and adjustments of one person together.",
    )


class EditGrantLimit(Verb):
    name = "edit_grant_limit"
    label = "Edit limit"
    submit = "Save limit"
    permission = "billing.edit_grant_limit"
    icon = "edit"
    form_class = EditGrantLimitForm
    related = ("group",)

    def initial(self, target: GrantLimit) -> dict[str, Any]:
        return {"per_grant": target.per_grant, "per_day": target.per_day}

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        grant_limits.edit(limit=target, by=by, reason=reason, ticket_url=ticket_url, **facts)
        return Done(f"The limit is now {target}.")
