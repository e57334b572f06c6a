"""Dialogs that give all the money of a statement line one place: apply, link, put on an account.

What it is for stands in the address, chosen on the Reconcile screen.
"""

from django.contrib.admin import ModelAdmin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.models import Payment, StatementLine
from billing.services import allocations, reconciliation
from billing.services.bookings import refuse_unbookable
from billing.services.matching import suggest
from console.actions.applying import linked, more_unapplied, told, waits, what_applying_does
from console.actions.base import Consequence, Done, Verb
from console.actions.choices import choice_of, chosen_account, chosen_payment, read_choice
from tenancy.errors import ServiceError
from tenancy.models import Account, User


class LineVerb(Verb):
    """A verb of a line with money that has no place; leads back to where it was opened."""

    permission = "billing.apply_statementline"
    related = ("statement",)

    def next_page(
        self, model_admin: ModelAdmin, request: HttpRequest, target: models.Model | None
    ) -> str:
        back = request.GET.get("back", "")
        if back.startswith(reverse("admin:reconcile")):
            return back
        return reverse("admin:reconcile_line", args=(target.pk,))

    def refusal(self, target: StatementLine) -> str:
        try:
            allocations.refuse_placed(target)
            self.refuse(target)
        except ServiceError as refusal:
            return refusal.message
        return ""

    def refuse(self, target: StatementLine) -> None:
        """Raise what the service would, as far as it can be told now."""

    def _target(
        self, model_admin: ModelAdmin, request: HttpRequest, object_id: str | None
    ) -> StatementLine:
        line = super()._target(model_admin, request, object_id)
        # Read with the line by all that follows: refusals, consequences, the form, the service.
        line.choice = read_choice(request.GET)
        return line


class Apply(LineVerb):
    name = "apply"
    label = "Apply to a bank transfer"
    submit = "Apply"
    icon = "check_circle"

    def refuse(self, target: StatementLine) -> None:
        refuse_unbookable(target, chosen_payment(target), by=None, now=timezone.now())

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        payment = chosen_payment(target)
        return [
            Consequence("Match", "", why(target, payment)),
            *what_applying_does(payment, target.remaining),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        applied = reconciliation.apply(
            line=target,
            payment=chosen_payment(target),
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(told(applied), target=target)

    def account_of(self, target: StatementLine) -> Account | None:
        payment = choice_of(target).payment
        return payment.account if payment else None


class Link(LineVerb):
    name = "link"
    label = "Link to what was booked by hand"
    submit = "Link"
    icon = "link"

    def refuse(self, target: StatementLine) -> None:
        chosen_payment(target)

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        payment = chosen_payment(target)
        return [
            Consequence("Match", "", why(target, payment)),
            Consequence("Status and credits", "", "stay: it was carried out when it was booked"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        payment = chosen_payment(target)
        reconciliation.link(
            line=target,
            payment=payment,
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(linked(payment), target=target)

    def account_of(self, target: StatementLine) -> Account | None:
        payment = choice_of(target).payment
        return payment.account if payment else None


class PutOnAccount(LineVerb):
    name = "put_on_account"
    label = "Put on an account"
    submit = "Put on the account"
    icon = "savings"

    def refuse(self, target: StatementLine) -> None:
        chosen_account(target)

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        account = chosen_account(target)
        return [
            Consequence("Account", "", f"{account.name}, {account.get_status_display().lower()}"),
            more_unapplied(account, target.remaining, target.currency),
            Consequence("Status and credits", "", "stay as they are until the money is used"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        account = chosen_account(target)
        placed = reconciliation.put_on_account(
            line=target,
            account=account,
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(waits(placed.amount, account, target.currency), target=target)

    def account_of(self, target: StatementLine) -> Account | None:
        return choice_of(target).account


def why(line: StatementLine, payment: Payment) -> str:
    """The reason of the suggestion that the person follows, or that there is none."""
    ways = suggest([line]).get(line.pk, [])
    found = [way.words for way in ways if way.payment.pk == payment.pk]
    return found[0] if found else f"Chosen by you: the line does not name {payment.reference}"
