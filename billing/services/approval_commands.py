"""What may be asked for: each verb above a limit with its facts, its words and its service."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.models import Approval, CreditBalance
from billing.services import credits, grant_limits
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
    """What approving would change, from the facts of now; empty for facts that nobody can read."""
    try:
        command, number = find(approval.verb, approval.facts)
    except InvalidValue:
        return []
    return command.effects(approval.account, number, now)


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
    return _posted(credits.grant(**_call(account, amount, run)))


def _adjust(account: Account, amount: int, run: Run) -> str:
    return _posted(credits.adjust(**_call(account, amount, run)))


def _call(account: Account, amount: int, run: Run) -> dict[str, object]:
    return {
        "account": account,
        "amount": amount,
        "by": run.by,
        "approved_by": run.approved_by,
        "reason": run.reason,
        "now": run.now,
        "ticket_url": run.ticket_url,
    }


def _posted(posted: credits.Posted) -> str:
    before = posted.balance_after - posted.amount
    return f"Credits {before:,} → {posted.balance_after:,}, ledger row {posted.sequence}."


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
}
