"""How a payment becomes confirmed, by whichever way its money came."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.models import InvoiceStatus, Payment, PaymentStatus
from billing.services import receipts
from billing.services.activations import activate
from billing.services.receipts import Receipt
from billing.services.subscriptions import next_period
from tenancy.models import User
from tenancy.records import record, save_with_history, snapshot

RECEIVED_FIELDS = (
    "status",
    "received_total",
    "written_off",
    "value_date",
    "bank_transaction_id",
    "payer",
    "confirmed_at",
    "confirmed_by",
)


def complete(
    *,
    payment: Payment,
    receipt: Receipt,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
    written_off: Decimal = Decimal("0.00"),
    approved_by: User | None = None,
) -> None:
    """Confirm a locked open payment that `receipt` pays in full, and carry out what it pays for.

    `receipt.amount` is what came now, on top of what the payment has; with `written_off` it makes
    up what was expected. Raises BankIdUsed when another payment got the bank id meanwhile.
    """
    before = snapshot(payment, RECEIVED_FIELDS)
    payment.status = PaymentStatus.CONFIRMED
    payment.received_total += receipt.amount
    payment.written_off = written_off
    payment.value_date = receipt.value_date
    payment.bank_transaction_id = receipt.bank_transaction_id
    payment.payer = receipt.payer
    payment.confirmed_at = now
    payment.confirmed_by = by
    try:
        with transaction.atomic():
            save_with_history(payment, by=by, reason=reason, fields=RECEIVED_FIELDS)
    except IntegrityError:
        # Somebody booked the same bank id on another payment since we looked.
        receipts.refuse_used_bank_id(receipt.bank_transaction_id)
        raise
    account, invoice = payment.account, payment.invoice
    period = next_period(account=account, plan=invoice.plan, now=now)
    # Recorded before what follows from it, as a reader expects.
    record(
        "bank_transfer_confirmed",
        by=by,
        reason=reason,
        target=payment,
        account=account,
        before={**before, "invoice": InvoiceStatus.OPEN},
        after={
            **snapshot(payment, RECEIVED_FIELDS),
            "invoice": InvoiceStatus.PAID,
            "paid_until": period.end.isoformat(),
            "credits": invoice.included_credits,
            **({"approved_by": approved_by.email} if approved_by else {}),
        },
        ticket_url=ticket_url,
    )
    activate(payment=payment, by=by, reason=reason, now=now, ticket_url=ticket_url)
