"""Dialogs that put a statement line aside, and take that back: hold, return, ignore, reopen."""

from django.utils import timezone

from billing.models import LineState, Place, StatementLine
from billing.services import allocations, reconciliation
from billing.services.line_verbs import REOPENED
from console.actions.base import Consequence, Done
from console.actions.figures import money_text
from console.actions.statement_lines import LineVerb
from tenancy.errors import StateConflict
from tenancy.models import User


class Hold(LineVerb):
    name = "hold"
    label = "Hold"
    submit = "Hold the line"
    permission = "billing.hold_statementline"
    icon = "pause_circle"

    def refuse(self, target: StatementLine) -> None:
        if target.state == LineState.HELD:
            raise StateConflict(f"The line {target} is held already.", current=target.state)

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence("Line", "new", "held: still open, but out of the way"),
            Consequence("Money", "", f"{_money(target)} keep waiting for a place"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        reconciliation.hold(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"The line {target} is held.", target=target)


class Release(LineVerb):
    name = "release"
    label = "Release"
    submit = "Release the line"
    permission = "billing.hold_statementline"
    icon = "play_circle"

    def refuse(self, target: StatementLine) -> None:
        if target.state != LineState.HELD:
            raise StateConflict(f"The line {target} is not held.", current=target.state)

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence("Held because", "", target.state_reason),
            Consequence("Line", "held", "new"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        reconciliation.release(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"The line {target} is new again.", target=target)


class GiveBack(LineVerb):
    name = "give_back"
    label = "Return to payer"
    submit = "Record as returned"
    permission = "billing.return_statementline"
    icon = "undo"
    is_dangerous = True

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        payer = ", ".join(filter(None, (target.payer_name, target.payer_iban))) or "the payer"
        return [
            Consequence("Line", target.get_state_display().lower(), "returned"),
            Consequence("Money", "", f"{_money(target)} count as given back to {payer}"),
        ]

    def warning(self, target: StatementLine, by: User) -> str:
        return "This records the return. The money itself is sent back at the bank."

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        placed = reconciliation.give_back(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{money_text(placed.amount, target.currency)} are returned.", target=target)


class Ignore(LineVerb):
    name = "ignore"
    label = "Ignore"
    submit = "Ignore the line"
    permission = "billing.ignore_statementline"
    icon = "block"
    is_dangerous = True

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        return [
            Consequence("Line", target.get_state_display().lower(), "ignored"),
            Consequence("Money", "", f"{_money(target)} are no customer's money"),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        reconciliation.ignore(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"The line {target} is ignored.", target=target)


class Reopen(LineVerb):
    name = "reopen"
    label = "Reopen"
    submit = "Reopen the line"
    icon = "restart_alt"

    def refusal(self, target: StatementLine) -> str:
        if allocations.standing().filter(line=target, place__in=REOPENED).exists():
            return ""
        return f"The line {target} is {target.get_state_display().lower()}; nothing to take back."

    def consequences(self, target: StatementLine, by: User) -> list[Consequence]:
        placed = allocations.standing().filter(line=target).select_related("account", "payment")
        taken_back = sum(each.amount for each in placed if each.place in REOPENED)
        stays = [each for each in placed if each.place == Place.PAYMENT]
        return [
            Consequence("Now", "", allocations.whereabouts(target)),
            Consequence(
                "Open again", "", money_text(taken_back + target.remaining, target.currency)
            ),
            *(
                Consequence("Stays", "", f"what it paid for {each.payment.reference}")
                for each in stays
            ),
        ]

    def perform(self, *, target, by, reason, ticket_url, facts, token) -> Done:
        line = reconciliation.reopen(
            line=target, by=by, reason=reason, now=timezone.now(), ticket_url=ticket_url
        )
        return Done(f"{_money(line)} of the line {line} are open again.", target=line)


def _money(line: StatementLine) -> str:
    return money_text(line.remaining, line.currency)
