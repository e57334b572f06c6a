"""Undoing a confirmed bank transfer: money, invoice, period, plan, status and credits."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.models import (
    Activation,
    Allocation,
    CreditTransaction,
    InvoiceStatus,
    Payment,
    PaymentStatus,
    Subscription,
    TransactionType,
)
from billing.services import (
    allocations,
    holds,
    invoices,
    payer_links,
    second_person,
    standing,
    subscriptions,
)
from billing.services.activations import stood
from billing.services.allocations import lock_in_order
from billing.services.ledger import InsufficientCredits, post
from billing.services.standing import Standing
from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import Account, AccountStatus, Plan, SuspensionReason, User
from tenancy.records import (
    clean_reason,
    record,
    save_with_history,
)
from tenancy.services.accounts import refuse_deleted
from tenancy.services.lifecycle import move


class AlreadyReversed(StateConflict):
    code = "transfer_reversed"


class NotTheLatest(StateConflict):
    """Facts: `payment`, the id of the later one."""

    code = "not_the_latest"


class CreditsSpent(NotPermitted):
    """Facts: `granted`, `available` and `shortfall`, all in credits."""

    code = "credits_spent"


@dataclass(frozen=True)
class Effects:
    """What a reversal would do, from the facts of now. Amounts in credits.

    `available` is what the account can spend; `paid_until` is None where no paid period is left.
    """

    activation: Activation
    standing: Standing
    plan: Plan
    paid_until: datetime | None
    available: int
    allocations: tuple[Allocation, ...]

    @property
    def taken_back(self) -> int:
        return max(min(self.activation.credits, self.available), 0)

    @property
    def shortfall(self) -> int:
        return self.activation.credits - self.taken_back


def effects(*, payment: Payment, now: datetime) -> Effects:
    """What reversing a payment would do. Raises AlreadyReversed, NotTheLatest, StateConflict."""
    activation = _activation_of(payment)
    account = payment.account
    subscription = _subscription_without(activation)
    return Effects(
        activation=activation,
        standing=standing.before_activation(activation, account=account, now=now),
        plan=_plan_without(activation, account),
        paid_until=subscription.current_period_end if subscription.period_is_open(now) else None,
        available=holds.balance(account=account, now=now).available,
        allocations=tuple(_allocations_of(payment)),
    )


@transaction.atomic
def reverse(
    *,
    payment: Payment,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str = "",
    approved_by: User | None = None,
) -> Activation:
    """Undo all that a confirmed payment set in motion, by rows linked to the originals, once.

    The invoice is void, period, plan and status go back, the ledger takes its credits back, the
    lines that paid are open again, their payers are forgotten. What went on the account beside it
    stays there. Raises AlreadyReversed (who, when), NotTheLatest, CreditsSpent unless a second
    person approved (then what is left is taken back), StateConflict unless it is confirmed;
    OwnAccount, SelfApproval.
    """
    reason = clean_reason(reason)
    lock_in_order(payments=[payment])
    account = payment.account
    second_person.refuse_unfit(by=by, approved_by=approved_by, account=account)
    refuse_deleted(account)
    activation = _activation_of(payment)
    to = standing.before_activation(activation, account=account, now=now)
    plan = _plan_without(activation, account)
    facts = {"by": by, "reason": reason}
    before = stood(account)

    taken_back = _take_credits_back(activation, may_fall_short=approved_by is not None, **facts)
    lines_open = _open_lines_again(payment, now=now, **facts)
    payment.status = PaymentStatus.REVERSED
    save_with_history(payment, fields=("status",), **facts)
    invoices.settle(
        invoice=payment.invoice, status=InvoiceStatus.VOID, now=now, frees_period=True, **facts
    )
    subscription = subscriptions.put_back(
        account=account, before=activation.subscription_before, **facts
    )
    _move_back(account, to=to, plan=plan, now=now, ticket_url=ticket_url, **facts)
    undone = Activation.objects.create(
        account=account,
        payment=payment,
        reverses=activation,
        plan=plan,
        period_start=activation.period_start,
        period_end=activation.period_end,
        credits=-taken_back,
        shortfall=activation.credits - taken_back,
        at=now,
        **before,
        **facts,
    )
    record(
        "bank_transfer_reversed",
        target=payment,
        account=account,
        before={
            "status": PaymentStatus.CONFIRMED,
            "invoice": InvoiceStatus.PAID,
            "paid_until": activation.period_end.isoformat(),
            "credits": activation.credits,
        },
        after={
            "status": PaymentStatus.REVERSED,
            "invoice": InvoiceStatus.VOID,
            "paid_until": subscription.current_period_end.isoformat()
            if subscription.period_is_open(now)
            else None,
            "credits": 0,
            "credits_taken_back": taken_back,
            **({"credits_lost": undone.shortfall} if undone.shortfall else {}),
            **({"lines_open_again": lines_open} if lines_open else {}),
            **({"approved_by": approved_by.email} if approved_by else {}),
        },
        ticket_url=ticket_url,
        **facts,
    )
    return undone


def _activation_of(payment: Payment) -> Activation:
    """What the payment set in motion, if it is the account's latest that stands."""
    activation = (
        Activation.objects.filter(payment=payment, reverses=None)
        .select_related("plan", "plan_before", "reversed_by__by")
        .first()
    )
    undone = getattr(activation, "reversed_by", None)
    if undone is not None:
        raise AlreadyReversed(
            f"{payment.reference} was already reversed by {undone.by} at "
            f"{undone.at:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current=payment.status,
        )
    if activation is None or payment.status != PaymentStatus.CONFIRMED:
        way_out = " Reject it to stop waiting." if payment.is_open else ""
        raise StateConflict(
            f"{payment.reference} is {payment.get_status_display().lower()}; only a confirmed "
            f"bank transfer can be reversed.{way_out}",
            current=payment.status,
        )
    later = (
        Activation.objects.filter(
            account_id=payment.account_id, reverses=None, reversed_by=None, pk__gt=activation.pk
        )
        .select_related("payment")
        .order_by("-id")
        .first()
    )
    if later is not None:
        raise NotTheLatest(
            f"{later.payment.reference} was confirmed after {payment.reference} and builds on it. "
            "Reverse that one first.",
            current=payment.status,
            payment=later.payment_id,
        )
    return activation


def _plan_without(activation: Activation, account: Account) -> Plan:
    # A plan that somebody changed since is theirs to change back.
    return activation.plan_before if account.plan_id == activation.plan_id else account.plan


def _subscription_without(activation: Activation) -> Subscription:
    subscription = Subscription.objects.get(account_id=activation.account_id)
    return subscriptions.as_before(subscription, activation.subscription_before)


def _allocations_of(payment: Payment) -> list[Allocation]:
    return list(allocations.standing().filter(payment=payment).select_related("line"))


def _take_credits_back(
    activation: Activation, *, may_fall_short: bool, by: User, reason: str
) -> int:
    """How many credits the ledger took back; with `may_fall_short` only those that are left."""
    granted = CreditTransaction.objects.filter(
        payment_id=activation.payment_id, type=TransactionType.SUBSCRIPTION
    ).first()
    if granted is None:
        return 0
    amount = granted.amount
    while amount > 0:
        try:
            post(
                account=activation.account,
                type=TransactionType.REVERSAL,
                amount=-amount,
                by=by,
                reason=reason,
                description=f"Reversal of row {granted.sequence}",
                payment_id=activation.payment_id,
                reverses_id=granted.pk,
            )
        except InsufficientCredits as refusal:
            # The balance stays locked from here on: what is left now is left in the next round.
            left = max(refusal.facts["available"], 0)
            if not may_fall_short:
                raise CreditsSpent(
                    f"{granted.amount - left:,} of the {granted.amount:,} credits that "
                    f"{activation.payment.reference} brought are spent. Ask for an approval to "
                    f"take back the {left:,} that are left.",
                    granted=granted.amount,
                    available=left,
                    shortfall=granted.amount - left,
                ) from None
            amount = left
        else:
            return amount
    return 0


def _open_lines_again(payment: Payment, *, by: User, reason: str, now: datetime) -> list[str]:
    """Undo the payment's allocations and forget its payers; the lines, for the audit event."""
    placed = _allocations_of(payment)
    lines = [allocation.line for allocation in placed]
    lock_in_order(lines=lines)
    for allocation in placed:
        allocations.undo(allocation=allocation, by=by, reason=reason, now=now)
    payer_links.cut(lines=lines, account=payment.account, by=by, now=now)
    return [str(line) for line in lines]


def _move_back(
    account: Account,
    *,
    to: Standing,
    plan: Plan,
    by: User,
    reason: str,
    now: datetime,
    ticket_url: str,
) -> None:
    facts = {"account": account, "by": by, "reason": reason, "now": now, "ticket_url": ticket_url}
    if to.status == account.status and plan.pk == account.plan_id:
        return
    back_in_trial = to.status == AccountStatus.TRIAL and account.status == AccountStatus.ACTIVE
    stop = (
        Standing(AccountStatus.SUSPENDED, SuspensionReason.PAYMENT_FAILED) if back_in_trial else to
    )
    move(
        to=stop.status,
        status_reason=stop.code,
        verb="account_payment_reversed",
        fields={"plan": plan},
        **facts,
    )
    if back_in_trial:
        # No step leads from active to trial: the account stops, and its trial goes on.
        move(to=to.status, verb="account_back_in_trial", **facts)
