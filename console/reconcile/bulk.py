"""Carry out what was ticked: each line on its own, and what became of each."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from billing.models import Payment, StatementLine
from console.actions.choices import READ_ALONG, Choice
from console.actions.figures import money_text
from console.actions.line_payments import Apply, Link
from console.reconcile.rows import Tick
from console.site import site
from tenancy.errors import ServiceError
from tenancy.models import User


@dataclass(frozen=True)
class Result:
    """What became of one ticked line, in plain values that a session keeps."""

    line: int
    value_date: str
    amount: str
    payer: str
    reference: str
    account: str
    account_id: int
    is_done: bool
    is_repeated: bool
    message: str


def confirm(*, ticks: list[Tick], token: UUID, by: User, reason: str) -> list[Result]:
    """Apply or link each ticked line, in a transaction of its own; what is gone is left out.

    A refusal stops no other line. The form's token gives each line one of its own: sent again, what
    was done is told and not done again, and what was refused is tried again.
    """
    lines = StatementLine.objects.in_bulk({tick.line for tick in ticks})
    payments = Payment.objects.select_related(*READ_ALONG).in_bulk({tick.payment for tick in ticks})
    return [
        _confirm_one(tick, lines[tick.line], payments[tick.payment], token, by, reason)
        for tick in ticks
        if tick.line in lines and tick.payment in payments
    ]


def _confirm_one(
    tick: Tick, line: StatementLine, payment: Payment, token: UUID, by: User, reason: str
) -> Result:
    line.choice = Choice(payment=payment)
    account, is_repeated = payment.account, False
    # What was booked by hand has nothing outstanding.
    verb = Apply() if tick.outstanding else Link()
    values = {"token": uuid5(token, str(tick.line)), "reason": reason, "ticket_url": ""}
    shown = {"received": tick.received, "outstanding": tick.outstanding}
    try:
        outcome, _ = verb.run_once(
            site.get_model_admin(StatementLine), line, by, values=values, facts={"shown": shown}
        )
        message, is_done, is_repeated = outcome.message, True, outcome.repeated
    except ServiceError as refusal:
        message, is_done = refusal.message, False
    return Result(
        line=line.pk,
        value_date=f"{line.value_date:%Y-%m-%d}",
        amount=money_text(tick.received, line.currency),
        payer=line.payer_name or line.payer_iban,
        reference=payment.reference,
        account=account.name,
        account_id=account.pk,
        is_done=is_done,
        is_repeated=is_repeated,
        message=message,
    )
