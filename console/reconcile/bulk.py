"""Carry out what was ticked: each line on its own, and what became of each."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from billing.models import Payment, StatementLine
from billing.services import reconciliation
from console.actions.applying import linked, told
from console.actions.figures import money_text
from console.actions.once import once
from console.reconcile.rows import Tick
from tenancy.errors import ServiceError, StateConflict
from tenancy.models import AuditEvent, User
from tenancy.records import record

logger = logging.getLogger(__name__)

VERB = "apply"


class ChangedMeanwhile(StateConflict):
    """What would be done is not what the person was shown."""

    code = "changed_meanwhile"


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


def confirm(
    *,
    ticks: list[Tick],
    token: UUID,
    by: User,
    reason: str,
    now: datetime,
) -> list[Result]:
    """Apply each ticked line to its payment, in a transaction of its own.

    A refusal stops no other line. The form's token gives each line one of its own: sent again, what
    was done is told and not done again, and what was refused is tried again.
    """
    lines = StatementLine.objects.in_bulk({tick.line for tick in ticks})
    payments = Payment.objects.select_related("account__plan").in_bulk(
        {tick.payment for tick in ticks}
    )
    return [
        _confirm_one(tick, lines[tick.line], payments[tick.payment], token, by, reason, now)
        for tick in ticks
        if tick.line in lines and tick.payment in payments
    ]


def _confirm_one(
    tick: Tick,
    line: StatementLine,
    payment: Payment,
    token: UUID,
    by: User,
    reason: str,
    now: datetime,
) -> Result:
    account, is_repeated = payment.account, False
    facts = {"line": line, "payment": payment, "by": by, "reason": reason, "now": now}
    try:
        outcome = once(
            token=uuid5(token, str(tick.line)),
            by=by,
            verb=VERB,
            target=f"{line._meta.label_lower}:{line.pk}",
            perform=lambda: _perform(tick, facts),
        )
        message, is_done, is_repeated = outcome.message, True, outcome.repeated
    except ServiceError as refusal:
        message, is_done = refusal.message, False
        record_refusal(line, by=by, reason=reason, refusal=message, payment=payment)
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


def _perform(tick: Tick, facts: dict[str, object]) -> str:
    """Apply or link, and take it back when it was not what the tick says."""
    payment = facts["payment"]
    if not tick.outstanding:
        reconciliation.link(**facts)
        return linked(payment)
    applied = reconciliation.apply(**facts)
    shown = min(tick.received, tick.outstanding)
    received = applied.applied + applied.unapplied
    is_as_shown = received == tick.received and applied.applied == shown
    if not is_as_shown or applied.is_confirmed != (shown == tick.outstanding):
        raise ChangedMeanwhile(
            f"{payment.reference} or the line changed since you looked: other money came, or a "
            "part was moved. Nothing was changed. Look at the line again.",
            current=payment.status,
        )
    return told(applied)


def record_refusal(
    line: StatementLine,
    *,
    by: User,
    reason: str,
    refusal: str,
    payment: Payment | None = None,
) -> None:
    logger.warning("%s refused for %s: %s", VERB, by.email, refusal)
    record(
        VERB,
        by=by,
        reason=reason or refusal,
        target=line,
        account=payment.account if payment else None,
        after={"refused_because": refusal},
        result=AuditEvent.Result.REFUSED,
    )
