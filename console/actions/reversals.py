"""Dialogs that end a transfer otherwise than in full: reverse it, write off what it lacks."""

from django.conf import settings
from django.utils import timezone

from billing.models import Payment, PaymentStatus
from billing.services import approval_commands, reversals, write_offs
from billing.services.reversals import CreditsSpent
from billing.services.write_offs import OverTolerance
from console.actions import asking
from console.actions.base import Consequence, Done, Verb
from console.actions.figures import credits_text, moment_text, money_text
from tenancy.errors import ServiceError
from tenancy.models import User


class OnPayment(Verb):
    """Shows what the approver of a request would be shown too."""

    related = ("account__plan", "account__credit_balance", "invoice__plan", "confirmed_by")
    command: str

    def consequences(self, target: Payment, by: User) -> list[Consequence]:
        command = approval_commands.COMMANDS[self.command]
        return [
            Consequence(effect.label, effect.before, effect.after)
            for effect in command.effects(target.account, target.pk, timezone.now())
        ]


class ReverseTransfer(OnPayment):
    """With credits spent it becomes a request that somebody else approves."""

    name = "reverse_transfer"
    label = "Reverse transfer"
    submit = "Reverse transfer"
    permission = "billing.reverse_bank_transfer"
    icon = "undo"
    is_dangerous = True
    command = "reverse_transfer"

    def refusal(self, target: Payment) -> str:
        if target.status == PaymentStatus.CONFIRMED:
            return ""
        return (
            f"{target.reference} is {target.get_status_display().lower()}; only a confirmed bank "
            "transfer can be reversed."
        )

    def warning(self, target: Payment, by: User) -> str:
        try:
            undone = reversals.effects(payment=target, now=timezone.now())
        except ServiceError:
            return ""
        if not undone.shortfall:
            return ""
        spent, granted = credits_text(undone.shortfall), credits_text(undone.activation.credits)
        return f"{spent} of the {granted} credits it brought are spent: {asking.SENT}."

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        try:
            undone = reversals.reverse(
                payment=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
            )
        except CreditsSpent as spent:
            short = credits_text(spent.facts["shortfall"])
            return asking.send(
                verb=self.command,
                account=target.account,
                facts={"payment": target.pk},
                by=by,
                reason=reason,
                ticket_url=ticket_url,
                why=f"{short} of the credits that {target.reference} brought are spent",
            )
        return Done(
            f"{target.reference} is reversed: {credits_text(-undone.credits)} credits were taken "
            f"back and {target.account.name} is as it was before.",
            target=target.account,
        )


class WriteOff(OnPayment):
    """Above the tolerance it becomes a request that somebody else approves."""

    name = "write_off"
    label = "Write off shortfall"
    submit = "Write off"
    permission = "billing.write_off_shortfall"
    icon = "price_check"
    command = "write_off"

    def refusal(self, target: Payment) -> str:
        if target.status == PaymentStatus.PARTIALLY_PAID:
            return ""
        if target.confirmed_at is not None:
            return (
                f"{target.reference} was already confirmed by {target.confirmed_by} at "
                f"{moment_text(target.confirmed_at)}."
            )
        return f"Nothing has come for {target.reference}; there is no shortfall to write off."

    def warning(self, target: Payment, by: User) -> str:
        tolerance = settings.WRITE_OFF_TOLERANCE
        if target.outstanding <= tolerance:
            return ""
        up_to = money_text(tolerance, target.currency)
        return f"One person writes off up to {up_to}: {asking.SENT}."

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        shortfall = money_text(target.outstanding, target.currency)
        try:
            write_offs.write_off(
                payment=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
            )
        except OverTolerance:
            return asking.send(
                verb=self.command,
                account=target.account,
                facts={"payment": target.pk},
                by=by,
                reason=reason,
                ticket_url=ticket_url,
                why=f"{shortfall} are above what one person writes off",
            )
        return Done(
            f"{target.reference} is confirmed, {shortfall} written off: {target.account.name} is "
            f"active on {target.invoice.plan.name}.",
            target=target.account,
        )
