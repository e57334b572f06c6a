"""The mails about a payment: how to pay, that it came, that it is given up, that it is overdue."""

from collections.abc import Callable

from django.conf import settings
from django_tasks import task

from billing.models import (
    OPEN_PAYMENT,
    Payment,
    PaymentStatus,
    Subscription,
    SubscriptionStatus,
)
from billing.services.subscriptions import GRACE
from tenancy.models import Account, AccountStatus
from tenancy.services import mails
from tenancy.services.mails import Letter


def instructions(payment: Payment) -> None:
    mails.later(send, "transfer_instructions", payment.pk)


def confirmed(payment: Payment) -> None:
    mails.later(send, "transfer_confirmed", payment.pk)


def rejected(payment: Payment) -> None:
    mails.later(send, "transfer_rejected", payment.pk)


def overdue(subscription: Subscription) -> None:
    mails.later(send, "payment_overdue", subscription.pk)


@task
def send(name: str, about_id: int, attempt: int = 1) -> str:
    """Send one of LETTERS about the payment, or subscription, with this id."""
    return mails.send(
        LETTERS[name](about_id),
        attempt=attempt,
        again=lambda at: send.using(run_after=at).enqueue(name, about_id, attempt + 1),
    )


def _payment(payment_id: int) -> Payment:
    return Payment.objects.select_related("account__owner", "invoice__plan").get(pk=payment_id)


def _transfer_instructions(payment_id: int) -> Letter | None:
    payment = _payment(payment_id)
    if not payment.is_open:
        return None
    return Letter("transfer_instructions", payment.account, payment, how_to_pay(payment))


def _transfer_confirmed(payment_id: int) -> Letter | None:
    payment = _payment(payment_id)
    activation = payment.activations.filter(reverses=None, reversed_by=None).first()
    if payment.status != PaymentStatus.CONFIRMED or activation is None:
        return None
    facts = {
        **_of(payment),
        "received": f"{payment.received_total} {payment.currency}",
        "period_start": activation.period_start,
        "period_end": activation.period_end,
        "credits": activation.credits,
    }
    return Letter("transfer_confirmed", payment.account, payment, facts)


def _transfer_rejected(payment_id: int) -> Letter | None:
    payment = _payment(payment_id)
    if payment.status != PaymentStatus.REJECTED:
        return None
    facts = {**_of(payment), "still_works": payment.account.status in WORKING}
    return Letter("transfer_rejected", payment.account, payment, facts)


def _payment_overdue(subscription_id: int) -> Letter | None:
    subscription = Subscription.objects.select_related("account__owner", "account__plan").get(
        pk=subscription_id
    )
    account = subscription.account
    if subscription.status != SubscriptionStatus.PAST_DUE or account.status not in WORKING:
        return None
    payment = open_payment(account)
    facts = {
        "account": mails.short_name(account),
        "plan": account.plan.name,
        "period_end": subscription.current_period_end,
        "open_until": None
        if account.exempt_from_suspension
        else subscription.current_period_end + GRACE,
        "has_payment": payment is not None,
        # The day until which it was to be paid is over.
        **(how_to_pay(payment) | {"due_on": None} if payment is not None else {}),
    }
    return Letter("payment_overdue", account, payment or subscription, facts)


def open_payment(account: Account) -> Payment | None:
    return (
        Payment.objects.filter(account=account, status__in=OPEN_PAYMENT)
        .select_related("account", "invoice__plan")
        .first()
    )


def how_to_pay(payment: Payment) -> dict[str, object]:
    """The facts of an open transfer: what is left to pay, to whom, with which words."""
    return {
        **_of(payment),
        **settings.BANK_DETAILS,
        "amount": f"{payment.outstanding} {payment.currency}",
        "due_on": payment.invoice.due_on,
        "renews": payment.invoice.renews_period_end,
    }


def _of(payment: Payment) -> dict[str, object]:
    return {
        "account": mails.short_name(payment.account),
        "plan": payment.invoice.plan.name,
        "invoice": payment.invoice.number,
        "reference": payment.reference,
    }


WORKING = (AccountStatus.TRIAL, AccountStatus.PENDING_PAYMENT, AccountStatus.ACTIVE)
LETTERS: dict[str, Callable[[int], Letter | None]] = {
    "transfer_instructions": _transfer_instructions,
    "transfer_confirmed": _transfer_confirmed,
    "transfer_rejected": _transfer_rejected,
    "payment_overdue": _payment_overdue,
}
