"""How money of a statement line gets to a payment: less, exactly, or more than is asked for."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from billing.models import Allocation, Payment, PaymentStatus, Place, StatementLine
from billing.services import allocations, payer_links
from billing.services.bank_transfers import refuse_decided, refuse_unpayable
from billing.services.confirmations import RECEIVED_FIELDS, complete
from billing.services.receipts import BankIdUsed, Receipt
from billing.statements.texts import MAX_BANK_ID
from tenancy.errors import InvalidValue
from tenancy.models import User
from tenancy.records import record, refuse_own_account, save_with_history, snapshot


@dataclass(frozen=True)
class Applied:
    """What became of money: `applied` to the payment, `unapplied` put on its account.

    Both in the line's currency. `payment` is None where all of it was put on an account.
    """

    payment: Payment | None
    applied: Decimal
    unapplied: Decimal
    is_confirmed: bool


def refuse_unbookable(line: StatementLine, payment: Payment, *, by: User, now: datetime) -> None:
    """Raises unless the locked line's money may be booked on the locked payment.

    AlreadyConfirmed and StateConflict for a decided payment or an account that cannot become
    active; InvalidValue for another currency and a value date in the future; BankIdUsed when the
    line's bank id was booked by hand; OwnAccount.
    """
    refuse_own_account(by=by, account=payment.account)
    refuse_decided(payment)
    refuse_unpayable(payment.account)
    if line.currency != payment.currency:
        raise InvalidValue(
            f"{payment.reference} is in {payment.currency}, the line {line} is not. Return the "
            "money, or exchange it at the bank; it cannot be booked here.",
            field="payment",
        )
    today = now.astimezone(UTC).date()
    if line.value_date > today:
        raise InvalidValue(
            f"The value date {line.value_date} is in the future; today is {today} (UTC). Apply "
            "the line when the money is there.",
            field="line",
        )
    holder = booked_by_hand(line)
    if holder is not None:
        raise BankIdUsed(
            f"{holder.reference} of {holder.account.name} was confirmed by hand with the bank id "
            f"{line.bank_transaction_id} of this line. Link the line to that transfer, or reverse "
            "it first.",
            payment=holder.pk,
        )


def booked_by_hand(line: StatementLine) -> Payment | None:
    """The payment that holds the line's bank id though none of the line's money is on it."""
    if not line.bank_transaction_id:
        return None
    return (
        Payment.objects.filter(bank_transaction_id=line.bank_transaction_id)
        .exclude(status=PaymentStatus.REVERSED)
        .exclude(pk__in=allocations.standing().filter(line=line).values("payment"))
        .select_related("account")
        .first()
    )


def book(
    *,
    line: StatementLine,
    payment: Payment,
    amount: Decimal,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Applied:
    """Put `amount` of a locked line on a locked open payment; what is too much on its account.

    The payment is confirmed and carried out once all of it is there, and partly paid before.
    """
    account = payment.account
    facts = {"by": by, "reason": reason, "now": now}
    applied = min(amount, payment.outstanding)
    unapplied = amount - applied
    is_confirmed = applied == payment.outstanding
    allocations.place(line=line, place=Place.PAYMENT, amount=applied, payment=payment, **facts)
    if unapplied:
        allocations.place(
            line=line, place=Place.UNAPPLIED, amount=unapplied, account=account, **facts
        )
    payer_links.remember(line=line, account=account, by=by, now=now)
    if is_confirmed:
        receipt = receipt_of(line, payment=payment, amount=applied)
        complete(payment=payment, receipt=receipt, ticket_url=ticket_url, **facts)
    else:
        before = snapshot(payment, RECEIVED_FIELDS)
        payment.status = PaymentStatus.PARTIALLY_PAID
        payment.received_total += applied
        save_with_history(payment, by=by, reason=reason, fields=("status", "received_total"))
        record(
            "bank_transfer_partly_paid",
            by=by,
            reason=reason,
            target=payment,
            account=account,
            before=before,
            after={**snapshot(payment, RECEIVED_FIELDS), "outstanding": str(payment.outstanding)},
            ticket_url=ticket_url,
        )
    return Applied(payment, applied, unapplied, is_confirmed)


def receipt_of(line: StatementLine, *, payment: Payment, amount: Decimal) -> Receipt:
    """The facts of a payment, as the line that completes it tells them."""
    return Receipt(
        amount=amount,
        currency=line.currency,
        value_date=line.value_date,
        bank_transaction_id=_free_bank_id(line, payment=payment),
        payer=line.payer_name or line.payer_iban,
    )


def latest_line(payment: Payment) -> StatementLine | None:
    """The line that brought the last money of a payment."""
    found: Allocation | None = (
        allocations.standing().filter(payment=payment).select_related("line").last()
    )
    return found.line if found is not None else None


def _free_bank_id(line: StatementLine, *, payment: Payment) -> str:
    # A bank id is on one payment at a time; one line may pay several.
    base = line.bank_transaction_id or f"STMT-{line.statement_id}/{line.line_number}"
    taken = Payment.objects.exclude(status=PaymentStatus.REVERSED).exclude(pk=payment.pk)
    for number in itertools.count(1):
        suffix = f" ({number})" if number > 1 else ""
        candidate = base[: MAX_BANK_ID - len(suffix)] + suffix
        if not taken.filter(bank_transaction_id=candidate).exists():
            return candidate
    raise AssertionError
