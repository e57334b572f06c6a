"""Why a line may pay a bank transfer, in words that a finance person reads."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import models

from billing.models import Payment, PaymentStatus, StatementLine

TAKEN = "The bank id of the line was booked by hand already"


class Level(models.IntegerChoices):
    """How a line and a bank transfer were brought together, the surest first."""

    EXACT = 1, "Reference"
    NORMALISED = 2, "Reference, spelled otherwise"
    ONE_EDIT = 3, "Reference with a slip"
    BOOKED = 4, "Booked by hand"
    PAYER = 5, "Known payer"
    AMOUNT = 6, "Amount only"


def by_reference(line: StatementLine, payment: Payment, *, how: str) -> str:
    """“Reference IG-…, one character differs (O for Q), amount equal, Home G8 waiting since …”."""
    start = ", ".join(filter(None, (f"Reference {payment.reference}", how)))
    if not payment.is_open:
        return f"{start}, of {payment.account.name}"
    return f"{start}, {amount(line, payment)}, {waiting(line, payment)}"


def several(line: StatementLine, named: Sequence[Payment]) -> str:
    """“. The line names 2 open bank transfers, together exactly its amount: split it”; or empty."""
    if len(named) < 2:
        return ""
    together = sum((payment.outstanding for payment in named), Decimal(0))
    same = {payment.currency for payment in named} == {line.currency}
    exactly = ", together exactly its amount" if same and together == line.remaining else ""
    return f". The line names {len(named)} open bank transfers{exactly}: split it"


def by_bank_id(line: StatementLine, payment: Payment, *, by_hand: Decimal) -> str:
    when = day(payment.confirmed_at.date(), beside=line)
    return (
        f"Booked by hand on {when} by {payment.confirmed_by} with this bank id: "
        f"{payment.reference} of {payment.account.name}, "
        f"{_difference(line, by_hand, payment.currency, 'booked')}"
    )


def by_payer(line: StatementLine, payment: Payment, *, accounts: int) -> str:
    payer, name = line.payer_name or line.payer_iban, payment.account.name
    known = f"{name} before" if accounts == 1 else f"{accounts} accounts before, {name} among them"
    return (
        f"{payer} has paid for {known}, {amount(line, payment)}, {payment.reference} waiting since "
        f"{day(payment.opened_at.date(), beside=line)}"
    )


def by_account(line: StatementLine, payment: Payment, *, closed: Payment) -> str:
    return (
        f"The line names {closed.reference}, which is {closed.get_status_display().lower()}; the "
        f"same account has {payment.reference} open, {amount(line, payment)}, "
        f"{waiting(line, payment)}"
    )


def by_amount(line: StatementLine, payment: Payment, *, others: int) -> str:
    how = f"as with {others} other{'s' * (others > 1)}" if others else "no other is open over it"
    return f"Amount equal and nothing else ({how}): {payment.reference}, {waiting(line, payment)}"


def amount(line: StatementLine, payment: Payment) -> str:
    """“amount equal”, or how far what came is from what is outstanding."""
    return _difference(line, payment.outstanding, payment.currency, "outstanding")


def waiting(line: StatementLine, payment: Payment) -> str:
    since = f"{payment.account.name} waiting since {day(payment.opened_at.date(), beside=line)}"
    if payment.status == PaymentStatus.PARTIALLY_PAID:
        return f"{since}, partly paid"
    return since


def way_out(line: StatementLine, payment: Payment) -> str:
    """Of a closed bank transfer: what it is, and what can be done with the money."""
    if payment.status == PaymentStatus.REJECTED:
        when = day(payment.rejected_at.date(), beside=line)
        return (
            f"It was rejected on {when} by {payment.rejected_by or 'the system'}: open a new bank "
            "transfer, put the money on the account, or return it"
        )
    when = day(payment.confirmed_at.date(), beside=line)
    if payment.status == PaymentStatus.REVERSED:
        return (
            f"Its confirmation of {when} was reversed: open a new bank transfer, put the money on "
            "the account, or return it"
        )
    return (
        f"It was confirmed on {when} by {payment.confirmed_by}, so this is a second transfer: put "
        "the money on the account, or return it"
    )


def other_currency(line: StatementLine, payment: Payment) -> str:
    return (
        f"The money came in {line.currency}, {payment.currency} is expected: return it, or "
        "exchange it at the bank"
    )


def day(when: date, *, beside: StatementLine) -> str:
    """“12 Nov”, with its year where that is another than the line's."""
    text = f"{when.day} {when:%b}"
    return text if when.year == beside.value_date.year else f"{text} {when.year}"


def _difference(line: StatementLine, expected: Decimal, currency: str, what: str) -> str:
    if line.currency != currency:
        return f"{line.remaining} {line.currency} came, {expected} {currency} {what}"
    if line.remaining == expected:
        return "amount equal"
    more = "more" if line.remaining > expected else "less"
    gap = abs(line.remaining - expected)
    return f"{gap} {currency} {more} than the {expected} {currency} {what}"
