"""A small shortfall is not asked for: the partly paid transfer counts as paid."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from billing.models import Payment, PaymentStatus
from billing.services import second_person
from billing.services.allocations import lock_in_order
from billing.services.bank_transfers import refuse_decided, refuse_unpayable
from billing.services.bookings import latest_line, receipt_of
from billing.services.confirmations import complete
from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, record, snapshot


class OverTolerance(NotPermitted):
    """Facts: `tolerance` and `shortfall` as decimal strings in the payment's currency."""

    code = "over_tolerance"


@transaction.atomic
def write_off(
    *,
    payment: Payment,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
    approved_by: User | None = None,
) -> Payment:
    """Confirm a partly paid transfer though a little is missing, and carry it out.

    Raises OverTolerance above settings.WRITE_OFF_TOLERANCE unless a second person approved,
    AlreadyConfirmed, StateConflict unless some of the money came and for an account that cannot
    become active; OwnAccount, SelfApproval.
    """
    reason = clean_reason(reason)
    lock_in_order(payments=[payment])
    second_person.refuse_unfit(by=by, approved_by=approved_by, account=payment.account)
    refuse_decided(payment)
    refuse_unpayable(payment.account)
    line = latest_line(payment)
    if payment.status != PaymentStatus.PARTIALLY_PAID or line is None:
        raise StateConflict(
            f"Nothing has come for {payment.reference} yet. A shortfall is written off once most "
            "of the money is there.",
            current=payment.status,
        )
    shortfall = payment.outstanding
    if approved_by is None and shortfall > settings.WRITE_OFF_TOLERANCE:
        raise OverTolerance(
            f"{payment.reference} lacks {shortfall} {payment.currency}; up to "
            f"{settings.WRITE_OFF_TOLERANCE} are written off by one person. Ask for an approval, "
            "or wait for the rest.",
            tolerance=str(settings.WRITE_OFF_TOLERANCE),
            shortfall=str(shortfall),
        )
    before = snapshot(payment, ("written_off",))
    complete(
        payment=payment,
        receipt=receipt_of(line, payment=payment, amount=Decimal("0.00")),
        written_off=shortfall,
        approved_by=approved_by,
        by=by,
        reason=reason,
        now=now,
        ticket_url=ticket_url,
    )
    record(
        "shortfall_written_off",
        by=by,
        reason=reason,
        target=payment,
        account=payment.account,
        before=before,
        after={
            **snapshot(payment, ("written_off",)),
            **({"approved_by": approved_by.email} if approved_by else {}),
        },
        ticket_url=ticket_url,
    )
    return payment
