"""A line with its best suggestion, as the screen shows them side by side."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from billing.models import Payment, StatementLine
from billing.services.matching import NAMED, Level, Suggestion, suggest
from console.actions.figures import credits_text, money_text
from tenancy.models import AccountStatus


@dataclass(frozen=True)
class Tick:
    """What a ticked line is sent as: `7:12:89.00:89.00`.

    The line, the payment, what the line brought and what was outstanding when the person looked, so
    that nothing else is done than what was shown.
    """

    line: int
    payment: int
    received: Decimal
    outstanding: Decimal

    def __str__(self) -> str:
        return f"{self.line}:{self.payment}:{self.received}:{self.outstanding}"

    @classmethod
    def read(cls, text: str) -> "Tick | None":
        """None for what no page of ours has sent."""
        try:
            line, payment, received, outstanding = text.split(":")
            tick = cls(int(line), int(payment), Decimal(received), Decimal(outstanding))
        except (ValueError, InvalidOperation):
            return None
        return tick if str(tick) == text and max(tick.line, tick.payment) < 2**63 else None


@dataclass(frozen=True)
class Way:
    """A suggestion on the page.

    `effect` is what confirming it does. It is empty, as `tick`, where it cannot be confirmed, and
    where the line names several bank transfers: those are split.
    """

    suggestion: Suggestion
    expected: str
    received: str
    effect: str
    tick: str

    @property
    def is_link(self) -> bool:
        return self.suggestion.level == Level.BOOKED


@dataclass(frozen=True)
class Row:
    """`age` in days since the value date."""

    line: StatementLine
    age: int
    ways: list[Way]
    is_ticked: bool

    @property
    def best(self) -> Way | None:
        return self.ways[0] if self.ways else None

    @property
    def others(self) -> int:
        return max(0, len(self.ways) - 1)


def rows(lines: list[StatementLine], *, today: date, ticked: set[int] | None = None) -> list[Row]:
    """The lines in their order, ticked as suggested, or where a person ticked them: `ticked`."""
    suggested = suggest(lines)
    found = []
    for line in lines:
        suggestions = suggested.get(line.pk, [])
        several = len(named(suggestions)) > 1
        is_ticked = bool(suggestions) and suggestions[0].is_ticked
        if ticked is not None:
            is_ticked = line.pk in ticked
        found.append(
            Row(
                line=line,
                age=max(0, (today - line.value_date).days),
                ways=[
                    way_of(line, suggestion, is_one_of_several=several)
                    for suggestion in suggestions
                ],
                is_ticked=is_ticked,
            )
        )
    return found


def named(ways: list[Suggestion]) -> list[Payment]:
    """The bank transfers that the line names and that take its money."""
    return [way.payment for way in ways if way.level in NAMED and way.is_usable]


def way_of(line: StatementLine, suggestion: Suggestion, *, is_one_of_several: bool) -> Way:
    payment = suggestion.payment
    tick = Tick(line.pk, payment.pk, line.remaining, payment.outstanding)
    may_tick = suggestion.is_usable and not is_one_of_several
    return Way(
        suggestion=suggestion,
        expected=money_text(
            payment.outstanding if payment.is_open else payment.expected_amount, payment.currency
        ),
        received=money_text(line.remaining, line.currency),
        effect=effect(line, suggestion) if may_tick else "",
        tick=str(tick) if may_tick else "",
    )


def effect(line: StatementLine, suggestion: Suggestion) -> str:
    """What confirming the suggestion does, in a sentence."""
    payment = suggestion.payment
    if suggestion.level == Level.BOOKED:
        return "Links the line to the booked transfer. Nothing is activated again."
    missing = payment.outstanding - line.remaining
    if missing > 0:
        rest = money_text(missing, payment.currency)
        return f"Partly paid: {rest} still to come, nothing is activated."
    if missing == 0:
        return _confirms(payment)
    excess = money_text(-missing, payment.currency)
    return f"{_confirms(payment)} {excess} wait on the account, unapplied."


def _confirms(payment: Payment) -> str:
    account, invoice = payment.account, payment.invoice
    is_renewed = account.status == AccountStatus.ACTIVE and account.plan_id == invoice.plan_id
    becomes = "stays active" if is_renewed else "becomes active"
    credits = credits_text(invoice.included_credits)
    return f"Confirmed: {account.name} {becomes} on {invoice.plan.name}, +{credits} credits."
