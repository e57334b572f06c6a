"""The plan column of accounts: a plan on sale for new ones, their own for the others."""

from difflib import get_close_matches

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, Plan

SHOWN = 20


class PlanChanged(StateConflict):
    code = "plan_changed"


class PlanChoice:
    def __init__(self) -> None:
        self.plans = {plan.slug: plan for plan in Plan.objects.all()}
        self.chosen: set[str] = set()

    def of(self, account: Account | None, cell: str) -> Plan:
        """The plan a cell names. Raises InvalidValue, naming the plans there are."""
        slug = cell.lower()
        if account is not None:
            return self._own(account, slug)
        if not slug:
            raise InvalidValue(f"This cell is empty. Write a plan: {self._on_sale()}.")
        plan = self.plans.get(slug)
        if plan is None:
            close = get_close_matches(slug, self.plans, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise InvalidValue(f"There is no plan “{cell}”.{hint} There are {self._on_sale()}.")
        if plan.is_archived or not plan.is_active:
            raise InvalidValue(
                f"The plan {plan.name} is not sold any more. On sale are {self._on_sale()}."
            )
        self.chosen.add(slug)
        return plan

    def recheck(self) -> None:
        """Lock the plans that new accounts got, and see that they give what they gave before.

        Raises PlanChanged.
        """
        chosen = Plan.objects.filter(slug__in=self.chosen).order_by("id")
        for plan in chosen.select_for_update(no_key=True):
            if _gives(plan) != _gives(self.plans[plan.slug]):
                raise PlanChanged(
                    f"The plan {plan.name} was changed while the import ran.", current="changed"
                )

    def _own(self, account: Account, slug: str) -> Plan:
        if slug and slug != account.plan.slug:
            raise InvalidValue(
                f"{account.name} is on {account.plan.slug}; an import changes no plans. Leave this "
                "cell empty."
            )
        return account.plan

    def _on_sale(self) -> str:
        slugs = [p.slug for p in self.plans.values() if p.is_active and not p.is_archived]
        more = f" and {len(slugs) - SHOWN:,} more" if len(slugs) > SHOWN else ""
        return ", ".join(slugs[:SHOWN]) + more


def _gives(plan: Plan) -> tuple[object, ...]:
    """What of a plan goes into a new account."""
    return plan.is_active, plan.is_archived, plan.credits_at_start, plan.trial_days
