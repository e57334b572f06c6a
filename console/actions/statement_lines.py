"""Dialogs of a statement line without a transfer, and of unapplied money."""

from typing import Any

from django import forms
from django.utils import timezone

from billing.models import OPEN_PAYMENT, Allocation, LineState, Payment, Place, StatementLine
from billing.services import allocations, line_verbs, reconciliation, unapplied
from console.actions.base import Consequence, Done, Verb
from console.actions.choices import LineVerb, choice_of
from console.actions.figures import money_text
from console.actions.forms import VerbForm
from tenancy.errors import ServiceError, StateConflict
from tenancy.models import Account, User


class OnLine(LineVerb):
    """What the verbs of an open line share."""

    def refusal(self, target: StatementLine) -> str:
        try:
            allocations.refuse_placed(target)
        except ServiceError as refusal:
            return refusal.message
        return ""


def _remaining(line: StatementLine) -> str:
    return money_text(line.remaining, line.currency)


class HoldLine(OnLine):
    name = "hold_line"
    label = "Hold"
    submit = "Hold line"
    permission = "billing.hold_statementline"
    icon = "pause_circle"

    def refusal(self, target: StatementLine) -> str:
        return "The line is held already." if _is_held(target) else super().refusal(target)

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [Consequence("State", "new", "held: open, and out of the way until released")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        line_verbs.hold(line=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The line {target} is held.")


class ReleaseLine(OnLine):
    name = "release_line"
    label = "Release"
    submit = "Release line"
    permission = "billing.hold_statementline"
    icon = "play_circle"

    def refusal(self, target: StatementLine) -> str:
        return "" if _is_held(target) else "The line is not held."

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [Consequence("State", "held", "new")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        line_verbs.release(line=target, by=by, reason=reason, ticket_url=ticket_url)
        return Done(f"The line {target} is among the new ones again.")


class IgnoreLine(OnLine):
    name = "ignore_line"
    label = "Ignore"
    submit = "Ignore line"
    permission = "billing.ignore_statementline"
    icon = "visibility_off"
    is_dangerous = True

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [Consequence("Money", _remaining(target), "ignored: no customer's, as you say why")]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        placed = line_verbs.ignore(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{money_text(placed.amount, target.currency)} of {target} are ignored.")


class ReturnLine(OnLine):
    name = "return_line"
    label = "Mark as returned"
    submit = "It was returned"
    permission = "billing.return_statementline"
    icon = "keyboard_return"
    is_dangerous = True

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        payer = target.payer_name or "its payer"
        return [
            Consequence("Money", _remaining(target), f"returned to {payer}"),
            Consequence("At the bank", "", "you send it back yourself; this only keeps it"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        placed = line_verbs.give_back(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{money_text(placed.amount, target.currency)} of {target} are returned.")


class AccountField(forms.CharField):
    """An account by its slug, as its page shows it."""

    def clean(self, value: Any) -> Account | None:
        slug = super().clean(value).strip().lower()
        account = Account.objects.filter(slug=slug).first()
        if account is None:
            raise forms.ValidationError(f"There is no account with the slug “{slug}”.")
        return account


class PutOnAccountForm(VerbForm):
    account = AccountField(
        max_length=100, help_text="Its slug, as on the account's page: such as home-g8."
    )


class PutOnAccount(OnLine):
    name = "put_on_account"
    label = "Put on an account"
    submit = "Put on the account"
    permission = "billing.apply_statementline"
    icon = "savings"
    form_class = PutOnAccountForm

    def initial(self, target: StatementLine) -> dict[str, Any]:
        chosen = choice_of(target).account
        return {"account": chosen.slug} if chosen else {}

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence("Money", _remaining(target), "unapplied, on the account you name"),
            Consequence("Credits", "", "none, until it is used for a bank transfer"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        placed = reconciliation.put_on_account(
            line=target,
            account=facts["account"],
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        amount = money_text(placed.amount, target.currency)
        return Done(f"{amount} wait on the account {placed.account.name}.")


class ReopenLine(LineVerb):
    name = "reopen_line"
    label = "Reopen"
    submit = "Reopen line"
    permission = "billing.apply_statementline"
    icon = "undo"

    def refusal(self, target: StatementLine) -> str:
        try:
            line_verbs.to_take_back(target)
        except ServiceError as refusal:
            return refusal.message
        return ""

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence(
                "Money",
                f"{money_text(taken.amount, target.currency)} "
                f"{taken.get_place_display().lower()}"
                f"{f' ({taken.account.name})' if taken.account else ''}",
                "open again",
            )
            for taken in line_verbs.to_take_back(target)
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        line_verbs.reopen(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{_remaining(target)} of {target} are open again.")


def _is_held(line: StatementLine) -> bool:
    return line.state == LineState.HELD


class OnUnapplied(Verb):
    """What the verbs of an account's unapplied money share."""

    related = ("line", "account", "reversed_by")

    def refusal(self, target: Allocation) -> str:
        if target.place != Place.UNAPPLIED or target.reverses_id is not None:
            return "This is no unapplied money."
        if hasattr(target, "reversed_by"):
            return "This money was used, returned or reopened already."
        return ""


class UseUnappliedForm(VerbForm):
    payment = forms.ModelChoiceField(
        Payment.objects.none(),
        empty_label=None,
        label="For the bank transfer",
        help_text="Open ones of this account, each with what is still missing.",
    )

    def __init__(self, *args: Any, target: Allocation, **kwargs: Any) -> None:
        super().__init__(*args, target=target, **kwargs)
        field = self.fields["payment"]
        field.queryset = _open_transfers(target)
        field.label_from_instance = lambda payment: (
            f"{payment.reference}: {money_text(payment.outstanding, payment.currency)}"
        )


def _open_transfers(allocation: Allocation) -> Any:
    return Payment.objects.filter(account=allocation.account_id, status__in=OPEN_PAYMENT)


class UseUnapplied(OnUnapplied):
    name = "use_unapplied"
    label = "Use for a transfer"
    submit = "Use it"
    permission = "billing.use_unapplied_money"
    icon = "task_alt"
    is_main = True
    form_class = UseUnappliedForm

    def consequences(self, target: Allocation, by: User) -> list[Consequence]:
        payment = _open_transfers(target).first()
        if payment is None:
            raise StateConflict(
                f"{target.account.name} has no open bank transfer to use it for. Open one first.",
                current=target.account.status,
            )
        waits = money_text(target.amount, target.line.currency)
        left = target.amount - payment.outstanding
        if left < 0:
            lacks = money_text(-left, payment.currency)
            return [
                Consequence("Unapplied", waits, "nothing"),
                Consequence(payment.reference, "", f"partly paid, {lacks} still outstanding"),
            ]
        return [
            Consequence("Unapplied", waits, money_text(left, payment.currency)),
            Consequence(payment.reference, "", "confirmed, with all that it pays for"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        done = unapplied.use(
            allocation=target,
            payment=facts["payment"],
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        amount = money_text(done.applied, target.line.currency)
        word = "confirmed" if done.is_confirmed else "partly paid"
        return Done(
            f"{done.payment.reference} is {word} with {amount} that waited.", target=target.account
        )


class ReturnUnapplied(OnUnapplied):
    name = "return_unapplied"
    label = "Mark as returned"
    submit = "It was returned"
    permission = "billing.return_statementline"
    icon = "keyboard_return"
    is_dangerous = True

    def consequences(self, target: Allocation, by: User) -> list[Consequence]:
        waits = money_text(target.amount, target.line.currency)
        payer = target.line.payer_name or "its payer"
        return [
            Consequence("Unapplied", waits, f"returned to {payer}"),
            Consequence("At the bank", "", "you send it back yourself; this only keeps it"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        returned = unapplied.give_back(
            allocation=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        amount = money_text(returned.amount, target.line.currency)
        return Done(f"{amount} of {target.account.name} are returned.", target=target.account)
