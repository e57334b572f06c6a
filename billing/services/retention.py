"""Purging an account with what billing knows of its people: open bills, and who paid."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Sum

from billing.models import OPEN_PAYMENT, Allocation, PayerLink, Payment, Place
from billing.services import bank_transfers
from tenancy.errors import StateConflict
from tenancy.models import Account, User
from tenancy.records import clean_reason, lock, refuse_own_account, save_with_history
from tenancy.services import purging


class MoneyWaits(StateConflict):
    """Somebody's money is here and nobody could be asked for it any more."""

    code = "money_waits"


@transaction.atomic
def purge(
    *, account: Account, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Account:
    """Remove an account's personal data for good, payers included; ledger and invoices stay.

    An open bank transfer nobody began to pay is rejected. Raises MoneyWaits while money of the
    account lies here without use, and what `tenancy.services.purging.purge` raises.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    purging.refuse_before_its_time(account, now=now)
    _refuse_waiting_money(account)
    for payment in Payment.objects.filter(account=account, status__in=OPEN_PAYMENT):
        bank_transfers.reject(payment=payment, by=by, reason=reason, now=now, ticket_url=ticket_url)
    purging.purge(account=account, by=by, reason=reason, now=now, ticket_url=ticket_url)
    for payment in Payment.objects.filter(account=account).exclude(payer=""):
        payment.payer = ""
        save_with_history(payment, by=by, reason=reason, fields=("payer",))
    PayerLink.objects.filter(account=account).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT igny8_forget_payers(%s)", [account.pk])
    return account


def _refuse_waiting_money(account: Account) -> None:
    unapplied = Allocation.objects.filter(account=account, place=Place.UNAPPLIED)
    begun = Payment.objects.filter(account=account, status__in=OPEN_PAYMENT, received_total__gt=0)
    waits = (unapplied.aggregate(sum=Sum("amount"))["sum"] or 0) + (
        begun.aggregate(sum=Sum("received_total"))["sum"] or 0
    )
    if waits:
        raise MoneyWaits(
            f"{waits} of {account.name} lies here without use. Return it first; then its data can "
            "be removed.",
            current="deleted",
        )
