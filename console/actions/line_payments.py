"""Dialogs that give the money of a statement line to a bank transfer chosen on the screen."""

from decimal import Decimal

from django.utils import timezone

from billing.models import Payment, StatementLine
from billing.services import links, reconciliation
from billing.services.bookings import Applied, refuse_unbookable
from billing.services.matching import suggest
from console.actions.applying import told, what_applying_does
from console.actions.base import Consequence, Done
from console.actions.choices import choice_of, chosen_payment
from console.actions.statement_lines import OnLine
from tenancy.errors import ServiceError, StateConflict
from tenancy.models import Account, User


class ChangedMeanwhile(StateConflict):
    """What would be done is not what the person was shown."""

    code = "changed_meanwhile"


class OnLineAndPayment(OnLine):
    """What the verbs of a line and a bank transfer share."""

    permission = "billing.apply_statementline"

    def refusal(self, target: StatementLine) -> str:
        taken = super().refusal(target)
        if taken:
            return taken
        try:
            self.refuse(target, chosen_payment(target))
        except ServiceError as refusal:
            return refusal.message
        return ""

    def refuse(self, line: StatementLine, payment: Payment) -> None:
        """Raise what the service would, as far as it can be told now."""

    def account_of(self, target: StatementLine) -> Account | None:
        payment = choice_of(target).payment
        return payment.account if payment else None


class Apply(OnLineAndPayment):
    """`facts` may hold `shown`, what the person saw as outstanding: then other money is refused."""

    name = "apply"
    label = "Apply to a bank transfer"
    submit = "Apply"
    icon = "check_circle"

    def refuse(self, line: StatementLine, payment: Payment) -> None:
        refuse_unbookable(line, payment, by=None, now=timezone.now())

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
        if "shown" in facts:
            refuse_other_than(applied, **facts["shown"])
        return Done(told(applied))


class Link(OnLineAndPayment):
    name = "link"
    label = "Link to what was booked by hand"
    submit = "Link"
    icon = "link"

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence("Match", "", why(target, chosen_payment(target))),
            Consequence("Status and credits", "", "stay: it was carried out when it was booked"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        payment = chosen_payment(target)
        links.link(
            line=target,
            payment=payment,
            by=by,
            reason=reason,
            now=timezone.now(),
            ticket_url=ticket_url,
        )
        return Done(f"The line is linked to {payment.reference} of {payment.account.name}.")


def why(line: StatementLine, payment: Payment) -> str:
    """The reason of the suggestion that the person follows, or that there is none."""
    ways = suggest([line]).get(line.pk, [])
    found = [way.words for way in ways if way.payment.pk == payment.pk]
    return found[0] if found else f"Chosen by you: the line does not name {payment.reference}"


def refuse_other_than(applied: Applied, *, received: Decimal, outstanding: Decimal) -> None:
    """Raises ChangedMeanwhile when other money was applied than these figures announce.

    Runs in the transaction of the verb, whose locks hold: so it can be neither too early nor too
    late, and takes all of it back.
    """
    paid = min(received, outstanding)
    is_same = (applied.applied, applied.unapplied) == (paid, received - paid)
    if not is_same or applied.is_confirmed != (paid == outstanding):
        raise ChangedMeanwhile(
            f"{applied.payment.reference} or the line changed since you looked: other money came, "
            "or a part was moved. Nothing was changed. Look at the line again.",
            current=applied.payment.status,
        )
