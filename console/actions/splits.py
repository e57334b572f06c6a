"""The dialog that divides a statement line over bank transfers and accounts."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from billing.models import Payment, StatementLine
from billing.services import splits
from billing.services.splits import Part
from console.actions.applying import told, waits
from console.actions.base import Consequence, Done
from console.actions.choices import choice_of, code_of
from console.actions.figures import money_text
from console.actions.forms import VerbForm
from console.actions.statement_lines import OnLine
from tenancy.errors import InvalidValue
from tenancy.models import Account, User


class SplitForm(VerbForm):
    """An amount for each chosen part; together they are the money of the line."""

    def __init__(self, *args: Any, target: StatementLine, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        left = target.remaining
        parts = choice_of(target).parts
        for number, part in enumerate(parts, start=1):
            amount = left if number == len(parts) else min(left, _asked_by(part, left))
            left -= amount
            self.fields[code_of(part)] = forms.DecimalField(
                max_digits=12,
                decimal_places=2,
                localize=False,
                initial=amount,
                label=_name_of(part),
                help_text=_help_of(part),
                # The script adds the parts up before they are sent.
                widget=forms.NumberInput(
                    attrs={"data-part-of": target.remaining, "data-currency": target.currency}
                ),
                error_messages={"invalid": "Write the amount with a point, such as 89.00."},
            )
            self._dress(self.fields[code_of(part)])
        self.order_fields([*map(code_of, parts), "reason", "ticket_url", "token"])


TOO_FEW = "Choose at least two parts on the Reconcile screen: bank transfers or accounts."


class Split(OnLine):
    name = "split"
    label = "Split"
    submit = "Split"
    permission = "billing.apply_statementline"
    icon = "call_split"
    form_class = SplitForm

    def refusal(self, target: StatementLine) -> str:
        has_parts = len(choice_of(target).parts) > 1
        return super().refusal(target) or ("" if has_parts else TOO_FEW)

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence("To divide", "", money_text(target.remaining, target.currency)),
            Consequence("Each part", "", "is booked as if it had come alone; all of them or none"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        chosen = choice_of(target).parts
        if len(chosen) < 2:
            raise InvalidValue(TOO_FEW, field="parts")
        done = splits.split(
            line=target,
            parts=[_part(part, facts[code_of(part)]) for part in chosen],
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        told_of = [
            told(one) if one.payment is not None else waits(one.unapplied, part, target.currency)
            for part, one in zip(chosen, done, strict=True)
        ]
        return Done(" ".join(told_of))


def _part(part: Payment | Account, amount: Decimal) -> Part:
    if isinstance(part, Payment):
        return Part(amount, payment=part)
    return Part(amount, account=part)


def _asked_by(part: Payment | Account, left: Decimal) -> Decimal:
    return part.outstanding if isinstance(part, Payment) else left


def _name_of(part: Payment | Account) -> str:
    return f"{part.reference}, {part.account.name}" if isinstance(part, Payment) else part.name


def _help_of(part: Payment | Account) -> str:
    if isinstance(part, Payment):
        return f"{money_text(part.outstanding, part.currency)} outstanding."
    return "Waits on the account, unapplied."
