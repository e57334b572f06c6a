"""What a payment in full sets in motion: invoice, period, plan, status and credits, all at once."""

from datetime import datetime

from billing.models import (
    Activation,
    InvoiceStatus,
    Payment,
    Subscription,
    TransactionType,
)
from billing.services import invoices, payment_mails, subscriptions
from billing.services.ledger import post
from tenancy.models import Account, AccountStatus, PaymentMethod, User
from tenancy.records import snapshot
from tenancy.services.lifecycle import move


def activate(
    *, payment: Payment, by: User, reason: str, now: datetime, ticket_url: str = ""
) -> Activation:
    """Carry out what a payment pays for; runs in the transaction that makes it confirmed.

    Account and payment are locked by the caller. The invoice is paid, the subscription extended by
    its month, plan and status set, the credits posted as one `subscription` row; how things stood
    before is kept, so that it can be undone. The customer is told by e-mail.
    """
    account, invoice = payment.account, payment.invoice
    before = stood(account)
    period = subscriptions.next_period(account=account, plan=invoice.plan, now=now)
    invoices.settle(invoice=invoice, status=InvoiceStatus.PAID, by=by, reason=reason, now=now)
    subscriptions.extend(
        account=account,
        invoice=invoice,
        bank_transaction_id=payment.bank_transaction_id,
        by=by,
        reason=reason,
        now=now,
    )
    was_active = account.status == AccountStatus.ACTIVE
    move(
        account=account,
        to=AccountStatus.ACTIVE,
        verb="account_renewed" if was_active else "account_activated",
        by=by,
        reason=reason,
        now=now,
        fields={"plan": invoice.plan, "payment_method": PaymentMethod.BANK_TRANSFER},
        ticket_url=ticket_url,
    )
    if invoice.included_credits:
        post(
            account=account,
            type=TransactionType.SUBSCRIPTION,
            amount=invoice.included_credits,
            by=by,
            reason=reason,
            description=f"{invoice.plan.name}, invoice {invoice.number}",
            payment_id=payment.pk,
        )
    payment_mails.confirmed(payment)
    return Activation.objects.create(
        account=account,
        payment=payment,
        plan=invoice.plan,
        period_start=period.start,
        period_end=period.end,
        credits=invoice.included_credits,
        reason=reason,
        at=now,
        by=by,
        **before,
    )


def stood(account: Account) -> dict[str, object]:
    """How a locked account stands, as an activation keeps it."""
    subscription = Subscription.objects.filter(account=account).first()
    return {
        "plan_before": account.plan,
        "status_before": account.status,
        "status_reason_before": account.status_reason,
        "subscription_before": snapshot(subscription, subscriptions.PERIOD_FIELDS)
        if subscription
        else None,
    }
