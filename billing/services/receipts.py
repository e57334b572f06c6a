"""The received facts of a bank transfer, and whether they pay what was asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing.models import OPEN_LINE, Payment, PaymentStatus, StatementLine
from tenancy.errors import InvalidValue, ServiceError

OLDEST_VALUE_DATE = timedelta(days=365)


class WrongAmount(ServiceError):
    """Facts: `expected` and `received` as decimal strings."""

    code = "wrong_amount"


class BankIdUsed(ServiceError):
    """Facts: `payment`, the id of the payment that holds it."""

    code = "bank_id_used"


class BankIdOnStatement(ServiceError):
    """Facts: `line`, the id of the imported line that has it."""

    code = "bank_id_on_statement"


@dataclass(frozen=True)
class Receipt:
    """The facts of a transfer as the bank tells them. `amount` in units of `currency`."""

    amount: Decimal
    currency: str
    value_date: date
    bank_transaction_id: str
    payer: str


def clean(receipt: Receipt, *, payment: Payment, now: datetime) -> Receipt:
    """The receipt as it is booked, if it pays what an open payment lacks, to the cent.

    Raises WrongAmount, BankIdUsed, BankIdOnStatement, and InvalidValue for a value date in the
    future or over a year old, for another currency, and for a bank id or payer that says nothing.
    """
    bank_id, payer = receipt.bank_transaction_id.strip(), receipt.payer.strip()
    # An invisible character, as copying from a PDF brings along, would make a used id look new.
    if not _is_written(bank_id, at_most=100) or not bank_id.isprintable():
        raise InvalidValue(
            "Give the bank's transaction id as printed, at most 100 characters.",
            field="bank_transaction_id",
        )
    if not _is_written(payer, at_most=255):
        raise InvalidValue("Give the payer as the bank names them.", field="payer")
    if receipt.currency != payment.currency:
        raise InvalidValue(
            f"{payment.reference} is in {payment.currency}, the money came in {receipt.currency}. "
            "Exchange or return it; it cannot be booked here.",
            field="currency",
        )
    if not receipt.amount.is_finite() or receipt.amount != payment.outstanding:
        raise WrongAmount(
            f"{payment.reference} expects {payment.outstanding} {payment.currency}, not "
            f"{receipt.amount}. Nothing was booked: check the statement. A different amount is "
            "booked from the imported statement line only.",
            expected=str(payment.outstanding),
            received=str(receipt.amount),
        )
    today = now.astimezone(UTC).date()
    if receipt.value_date > today:
        raise InvalidValue(
            f"The value date {receipt.value_date} is in the future; today is {today} (UTC).",
            field="value_date",
        )
    if receipt.value_date < today - OLDEST_VALUE_DATE:
        raise InvalidValue(
            f"The value date {receipt.value_date} is more than a year ago. Is the year right?",
            field="value_date",
        )
    refuse_used_bank_id(bank_id)
    _refuse_imported_bank_id(bank_id, payment=payment)
    return Receipt(
        amount=payment.outstanding,
        currency=receipt.currency,
        value_date=receipt.value_date,
        bank_transaction_id=bank_id,
        payer=payer,
    )


def _is_written(text: str, *, at_most: int) -> bool:
    return any(map(str.isalnum, text)) and "\x00" not in text and len(text) <= at_most


def refuse_used_bank_id(bank_transaction_id: str) -> None:
    """Raises BankIdUsed, naming the payment and the account that hold the id."""
    holder = (
        Payment.objects.filter(bank_transaction_id=bank_transaction_id)
        .exclude(status=PaymentStatus.REVERSED)
        .select_related("account")
        .first()
    )
    if holder is not None:
        raise BankIdUsed(
            f"The bank id {bank_transaction_id} already pays {holder.reference} of "
            f"{holder.account.name}. One transfer is booked once: check the statement.",
            payment=holder.pk,
        )


def _refuse_imported_bank_id(bank_id: str, *, payment: Payment) -> None:
    # Booked by hand and again from its line, the same money would count twice.
    line = StatementLine.objects.filter(bank_transaction_id=bank_id).first()
    if line is None:
        return
    if line.state in OPEN_LINE:
        way_out = f"Apply that line to {payment.reference} instead."
    else:
        way_out = "Its money is placed already: reopen the line or reverse what it pays."
    raise BankIdOnStatement(
        f"The bank id {bank_id} is on the imported statement line {line} "
        f"({line.get_state_display().lower()}). {way_out}",
        line=line.pk,
    )
