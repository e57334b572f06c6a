"""Bank transfers: asked for, confirmed from the received facts, or rejected."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import (
    OPEN_PAYMENT,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    Place,
    Subscription,
)
from billing.services import allocations, invoices, payment_mails, receipts, standing
from billing.services.confirmations import complete
from billing.services.receipts import Receipt
from billing.services.references import new_reference
from billing.services.standing import Standing
from tenancy.errors import ServiceError, StateConflict
from tenancy.models import Account, AccountStatus, PaymentMethod, Plan, User
from tenancy.models.account import SUSPENSIONS_THAT_MONEY_ENDS
from tenancy.records import (
    clean_reason,
    lock,
    record,
    refuse_own_account,
    save_with_history,
    snapshot,
)
from tenancy.services.accounts import refuse_deleted, refuse_system_account
from tenancy.services.lifecycle import move


class AlreadyOpen(StateConflict):
    code = "bank_transfer_open"


class AlreadyConfirmed(StateConflict):
    code = "already_confirmed"


class MoneyHasCome(StateConflict):
    code = "money_has_come"


class PlanNotPayable(ServiceError):
    code = "plan_not_payable"


@transaction.atomic
def open(  # noqa: A001 - the field's word for it
    *,
    account: Account,
    plan: Plan,
    by: User | None,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Payment:
    """Ask for a month of `plan` by bank transfer: an invoice and a payment with its reference.

    A running customer stays active; any other account waits as pending payment. Raises
    AlreadyOpen, PlanNotPayable, SystemAccount, OwnAccount, and StateConflict for an account that
    a person suspended (money does not undo a person's decision).
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_system_account(account, "billed")
    refuse_deleted(account)
    refuse_own_account(by=by, account=account)
    _refuse_suspended_by_a_person(account)
    if not plan.is_active or plan.is_archived or plan.price == 0:
        why = "costs nothing" if plan.price == 0 else "is not sold any more"
        raise PlanNotPayable(f"The plan {plan.name} {why}. Choose a plan with a price.")
    opened = Payment.objects.filter(account=account, status__in=OPEN_PAYMENT).first()
    if opened is not None:
        raise AlreadyOpen(
            f"{account.name} has an open bank transfer already: {opened.reference} over "
            f"{opened.expected_amount} {opened.currency}. Confirm or reject that one first.",
            current=opened.status,
            payment=opened.pk,
        )
    payment = ask_for(
        account=account, plan=plan, by=by, reason=reason, now=now, ticket_url=ticket_url
    )
    if account.status not in (AccountStatus.ACTIVE, AccountStatus.PENDING_PAYMENT):
        move(
            account=account,
            to=AccountStatus.PENDING_PAYMENT,
            verb="account_awaits_payment",
            by=by,
            reason=reason,
            now=now,
            ticket_url=ticket_url,
        )
    return payment


def ask_for(
    *,
    account: Account,
    plan: Plan,
    by: User | None,
    reason: str,
    now: datetime,
    renews_period_end: datetime | None = None,
    ticket_url: str = "",
) -> Payment:
    """An invoice for a month of `plan` and its awaiting payment, and how to pay by e-mail.

    Runs in the transaction of a verb that has locked the account and found nothing against it.
    """
    invoice = invoices.issue(
        account=account,
        plan=plan,
        by=by,
        reason=reason,
        now=now,
        renews_period_end=renews_period_end,
    )
    payment = Payment(
        account=account,
        invoice=invoice,
        method=PaymentMethod.BANK_TRANSFER,
        expected_amount=invoice.amount,
        currency=invoice.currency,
        reference=new_reference(),
        opened_at=now,
        opened_by=by,
    )
    save_with_history(payment, by=by, reason=reason)
    record(
        "bank_transfer_opened",
        by=by,
        reason=reason,
        target=payment,
        account=account,
        after={
            **snapshot(payment, ("reference", "expected_amount", "currency")),
            "invoice": invoice.number,
            "plan": plan.slug,
            "due_on": invoice.due_on.isoformat(),
        },
        ticket_url=ticket_url,
    )
    payment_mails.instructions(payment)
    return payment


@transaction.atomic
def confirm(
    *,
    payment: Payment,
    receipt: Receipt,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> Payment:
    """Book what came by hand: payment, invoice, period, plan, status and credits, all or none.

    Of a partly paid transfer it takes exactly what is outstanding. Raises AlreadyConfirmed (saying
    by whom and when), StateConflict for a rejected payment or an account that cannot become active,
    WrongAmount, BankIdUsed, BankIdOnStatement, InvalidValue for a value date in the future or over
    a year old, for another currency or a missing bank id; OwnAccount.
    """
    reason = clean_reason(reason)
    # Account before payment, as everywhere: two verbs on one account never wait for each other.
    allocations.lock_in_order(payments=[payment])
    refuse_own_account(by=by, account=payment.account)
    refuse_decided(payment)
    refuse_unpayable(payment.account)
    receipt = receipts.clean(receipt, payment=payment, now=now)
    complete(payment=payment, receipt=receipt, by=by, reason=reason, now=now, ticket_url=ticket_url)
    return payment


@transaction.atomic
def reject(
    *, payment: Payment, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Payment:
    """Give up waiting for a transfer: its invoice is void, the account goes where facts put it.

    An account that waited is active while a paid period is open, in trial while that still runs,
    and suspended otherwise; an active one stays active. What a partly paid transfer has received
    waits as unapplied money on the account. Raises AlreadyConfirmed, StateConflict when it is
    rejected already, MoneyHasCome unless staff decides over received money, OwnAccount.
    """
    reason = clean_reason(reason)
    allocations.lock_in_order(payments=[payment])
    account = payment.account
    refuse_own_account(by=by, account=account)
    refuse_decided(payment)
    before = snapshot(payment, REJECTED_FIELDS)
    unapplied = _keep_as_unapplied(payment, by=by, reason=reason, now=now)
    payment.status = PaymentStatus.REJECTED
    payment.rejected_at = now
    payment.rejected_by = by
    save_with_history(payment, by=by, reason=reason, fields=REJECTED_FIELDS)
    invoices.settle(
        invoice=payment.invoice, status=InvoiceStatus.VOID, by=by, reason=reason, now=now
    )
    record(
        "bank_transfer_rejected",
        by=by,
        reason=reason,
        target=payment,
        account=account,
        before={**before, "invoice": InvoiceStatus.OPEN},
        after={
            **snapshot(payment, REJECTED_FIELDS),
            "invoice": InvoiceStatus.VOID,
            **({"unapplied": str(unapplied)} if unapplied else {}),
        },
        ticket_url=ticket_url,
    )
    payment_mails.rejected(payment)
    if account.status == AccountStatus.PENDING_PAYMENT:
        to = standing_after_rejection(account, now=now)
        move(
            account=account,
            to=to.status,
            status_reason=to.code,
            verb="account_payment_rejected",
            by=by,
            reason=reason,
            now=now,
            ticket_url=ticket_url,
        )
    return payment


REJECTED_FIELDS = ("status", "received_total", "rejected_at", "rejected_by")


def _keep_as_unapplied(payment: Payment, *, by: User | None, reason: str, now: datetime) -> Decimal:
    """Take back what lines have paid, and put it on the account; how much that is."""
    placed = list(allocations.standing().filter(payment=payment).select_related("line"))
    if not placed:
        return Decimal(0)
    if by is None or not by.is_staff:
        raise MoneyHasCome(
            f"{payment.received_total} {payment.currency} of {payment.reference} have come. A "
            "person of staff must decide what becomes of the money.",
            current=payment.status,
        )
    allocations.lock_in_order(lines=[allocation.line for allocation in placed])
    facts = {"by": by, "reason": reason, "now": now}
    for allocation in placed:
        allocations.undo(allocation=allocation, **facts)
        allocations.place(
            line=allocation.line,
            place=Place.UNAPPLIED,
            amount=allocation.amount,
            account=payment.account,
            **facts,
        )
    moved = sum((allocation.amount for allocation in placed), Decimal(0))
    payment.received_total -= moved
    return moved


def standing_after_rejection(account: Account, *, now: datetime) -> Standing:
    """Where an account that waited for a payment goes without it."""
    found = standing.working(account, now=now)
    if found is not None:
        return found
    # A trial without an end never ends by itself.
    was_in_trial = account.status_before in ("", AccountStatus.TRIAL)
    never_paid = not Subscription.objects.filter(account=account).exists()
    if was_in_trial and never_paid and account.trial_ends_at is None:
        return Standing(AccountStatus.TRIAL)
    return standing.stopped(account)


def _refuse_suspended_by_a_person(account: Account) -> None:
    if (
        account.status == AccountStatus.SUSPENDED
        and account.status_reason not in SUSPENSIONS_THAT_MONEY_ENDS
    ):
        raise StateConflict(
            f"{account.name} was suspended by a person "
            f"({account.get_status_reason_display().lower()}). Reactivate it first.",
            current=account.status,
        )


def refuse_decided(payment: Payment) -> None:
    if payment.status in (PaymentStatus.CONFIRMED, PaymentStatus.REVERSED):
        raise AlreadyConfirmed(
            f"{payment.reference} was already confirmed by {payment.confirmed_by} at "
            f"{payment.confirmed_at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current=payment.status,
        )
    if payment.status == PaymentStatus.REJECTED:
        raise StateConflict(
            f"{payment.reference} was rejected by {payment.rejected_by or 'the system'} at "
            f"{payment.rejected_at:%Y-%m-%d %H:%M} UTC. If the money came, open a new one.",
            current=payment.status,
        )


def refuse_unpayable(account: Account) -> None:
    """Raises StateConflict when money cannot make this account active; says what comes first."""
    refuse_deleted(account)
    _refuse_suspended_by_a_person(account)
    if account.status == AccountStatus.CANCELLED:
        raise StateConflict(
            f"{account.name} is cancelled. Reactivate it first, or return the money and reject "
            "this bank transfer.",
            current=account.status,
        )
