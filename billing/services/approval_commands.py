"""What may be asked for: each verb above a limit with its facts, its words and its service."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.models import Approval, CreditBalance, Payment
from billing.services import (
    bank_transfers,
    credits,
    grant_limits,
    reversals,
    subscriptions,
    write_offs,
)
from tenancy.errors import InvalidValue, ServiceError, is_whole
from tenancy.models import Account, User

# One of these on a bigint key or amount would be refused by the database, not by a person's word.
MOST = 2**63 - 1

type Facts = Mapping[str, object]


@dataclass(frozen=True)
class Effect:
    """One line of what a command would change now. `before` may be empty."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Run:
    """What a command is carried out with; without `approved_by`, as the requester alone."""

    by: User
    approved_by: User | None
    reason: str
    now: datetime
    ticket_url: str


@dataclass(frozen=True)
class Command:
    """A verb of one whole number, its `fact`: credits, or the id of a payment.

    `permission` is what the requester needs, when asking and when it is approved. `above` is the
    refusal that an approval lifts: without it nothing has to be asked for. `run` calls the verb's
    own service with all its checks and says what came of it.
    """

    label: str
    permission: str
    fact: str
    above: type[ServiceError]
    words: Callable[[Account, int], str]
    effects: Callable[[Account, int, datetime], list[Effect]]
    run: Callable[[Account, int, Run], str]


def find(verb: str, facts: Facts) -> tuple[Command, int]:
    """The command and its one number. Raises InvalidValue for an unknown verb and other facts."""
    command = COMMANDS.get(verb)
    if command is None:
        raise InvalidValue(f"There is nothing called {verb} to ask for.", field="verb")
    number = facts.get(command.fact)
    if set(facts) != {command.fact} or not is_whole(number, low=-MOST, high=MOST):
        raise InvalidValue(
            f"{command.label} is asked for with exactly its {command.fact}, a whole number.",
            field="facts",
        )
    return command, number


def effects(approval: Approval, *, now: datetime) -> list[Effect]:
    """What approving would change, from the facts of now, or why that is refused by now.

    Empty for facts that nobody can read.
    """
    try:
        command, number = find(approval.verb, approval.facts)
    except InvalidValue:
        return []
    try:
        return command.effects(approval.account, number, now)
    except ServiceError as refusal:
        return [Effect("Would be refused", "", refusal.message)]


def seal(*, account: Account, verb: str, facts: Facts) -> str:
    """The SHA-256 of the command in canonical JSON: sorted keys, no blanks."""
    command = {"account": account.pk, "verb": verb, "facts": facts}
    text = json.dumps(command, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _grant_in_words(account: Account, amount: int) -> str:
    return f"Grant {amount:,} credits"


def _adjust_in_words(account: Account, amount: int) -> str:
    return f"{'Take' if amount < 0 else 'Add'} {abs(amount):,} credits"


def _credits_after(account: Account, amount: int, now: datetime) -> list[Effect]:
    balance = CreditBalance.objects.filter(account=account).first()
    if balance is None:
        return []
    lines = [Effect("Credits", f"{balance.credits:,}", f"{balance.credits + amount:,}")]
    if balance.held:
        lines.append(Effect("Held of them", "", f"{balance.held:,}"))
    return lines


def _grant(account: Account, amount: int, run: Run) -> str:
    return _posted(credits.grant(account=account, amount=amount, **_who_and_why(run)))


def _adjust(account: Account, amount: int, run: Run) -> str:
    return _posted(credits.adjust(account=account, amount=amount, **_who_and_why(run)))


def _posted(posted: credits.Posted) -> str:
    before = posted.balance_after - posted.amount
    return f"Credits {before:,} → {posted.balance_after:,}, ledger row {posted.sequence}."


def _payment(account: Account, payment_id: int) -> Payment:
    found = Payment.objects.filter(pk=payment_id, account=account)
    payment = found.select_related("invoice__plan", "confirmed_by", "rejected_by").first()
    if payment is None:
        raise InvalidValue(f"{account.name} has no such payment.", field="payment")
    # The object that the caller has locked.
    payment.account = account
    return payment


def _reverse_in_words(account: Account, payment_id: int) -> str:
    payment = _payment(account, payment_id)
    return (
        f"Reverse bank transfer {payment.reference} over "
        f"{payment.expected_amount} {payment.currency}"
    )


def _reversed(account: Account, payment_id: int, now: datetime) -> list[Effect]:
    payment = _payment(account, payment_id)
    undone = reversals.effects(payment=payment, now=now)
    credits_now = undone.available
    lines = [
        Effect("Credits to spend", f"{credits_now:,}", f"{credits_now - undone.taken_back:,}"),
        Effect("Invoice", f"{payment.invoice.number} paid", "void"),
        Effect("Paid until", "", f"{undone.paid_until:%Y-%m-%d}" if undone.paid_until else "–"),
    ]
    if undone.shortfall:
        lost = f"{undone.shortfall:,} of {undone.activation.credits:,} granted"
        lines.insert(1, Effect("Spent and lost", "", lost))
    if undone.standing.status != account.status:
        status = account.get_status_display().lower()
        lines.append(Effect("Status", status, undone.standing.status.label.lower()))
    if undone.plan.pk != account.plan_id:
        lines.append(Effect("Plan", account.plan.name, undone.plan.name))
    if undone.allocations:
        lines.append(Effect("Statement lines open again", "", f"{len(undone.allocations):,}"))
    return lines


def _reverse(account: Account, payment_id: int, run: Run) -> str:
    payment = _payment(account, payment_id)
    undone = reversals.reverse(payment=payment, **_who_and_why(run))
    lost = f", {undone.shortfall:,} were spent" if undone.shortfall else ""
    return f"{payment.reference} is reversed: {-undone.credits:,} credits taken back{lost}."


def _write_off_in_words(account: Account, payment_id: int) -> str:
    payment = _payment(account, payment_id)
    return f"Write off {payment.outstanding} {payment.currency} missing for {payment.reference}"


def _written_off(account: Account, payment_id: int, now: datetime) -> list[Effect]:
    payment = _payment(account, payment_id)
    bank_transfers.refuse_decided(payment)
    bank_transfers.refuse_unpayable(account)
    invoice = payment.invoice
    period = subscriptions.next_period(account=account, plan=invoice.plan, now=now)
    before = account.credits
    return [
        Effect("Written off", "", f"{payment.outstanding} {payment.currency}"),
        Effect("Received", "", f"{payment.received_total} of {payment.expected_amount}"),
        Effect("Invoice", f"{invoice.number} open", "paid"),
        Effect("Paid until", "", f"{period.end:%Y-%m-%d}"),
        Effect("Credits", f"{before:,}", f"{before + invoice.included_credits:,}"),
    ]


def _write_off(account: Account, payment_id: int, run: Run) -> str:
    payment = write_offs.write_off(payment=_payment(account, payment_id), **_who_and_why(run))
    return (
        f"{payment.reference} is confirmed, {payment.written_off} {payment.currency} written off."
    )


def _who_and_why(run: Run) -> dict[str, object]:
    return {
        "by": run.by,
        "approved_by": run.approved_by,
        "reason": run.reason,
        "now": run.now,
        "ticket_url": run.ticket_url,
    }


COMMANDS = {
    "grant_credits": Command(
        label="Grant credits",
        permission="billing.grant_credits",
        fact="amount",
        above=grant_limits.OverLimit,
        words=_grant_in_words,
        effects=_credits_after,
        run=_grant,
    ),
    "adjust_credits": Command(
        label="Adjust credits",
        permission="billing.adjust_credits",
        fact="amount",
        above=grant_limits.OverLimit,
        words=_adjust_in_words,
        effects=_credits_after,
        run=_adjust,
    ),
    "reverse_transfer": Command(
        label="Reverse transfer",
        permission="billing.reverse_bank_transfer",
        fact="payment",
        above=reversals.CreditsSpent,
        words=_reverse_in_words,
        effects=_reversed,
        run=_reverse,
    ),
    "write_off": Command(
        label="Write off shortfall",
        permission="billing.write_off_shortfall",
        fact="payment",
        above=write_offs.OverTolerance,
        words=_write_off_in_words,
        effects=_written_off,
        run=_write_off,
    ),
}
