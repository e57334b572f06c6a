"""What is done every day. Each step can run any number of times, and twice at once."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models, transaction
from django.template.defaultfilters import pluralize

from billing.models import LedgerProof, MoneyProof, Subscription
from billing.services import approvals, holds, money_proof, proof, renewals, retention, waiting
from console import housekeeping
from console.imports import forgetting, runs
from tenancy.models import Account
from tenancy.records import SYSTEM
from tenancy.services import lifecycle, purging, trial_notices
from tenancy.services.accounts import AlreadyPurged

logger = logging.getLogger(__name__)

# Of a long list the first are named; the audit trail has them all.
MOST_NAMED = 20
LOCK = "igny8 daily job"


@dataclass(frozen=True)
class Result:
    """`text` says in a line what the step did, or why it failed."""

    step: str
    is_well: bool
    text: str


def tell_of_trials_ending(now: datetime) -> tuple[bool, str]:
    return _each(
        trial_notices.ending(now=now),
        lambda account: trial_notices.tell(account=account, now=now),
        done="told that it ends soon",
    )


def expire_trials(now: datetime) -> tuple[bool, str]:
    return _each(
        lifecycle.trials_over(now=now),
        lambda account: lifecycle.expire_trial(account=account, now=now),
        done="suspended",
        nothing="none was over",
    )


def renew(now: datetime) -> tuple[bool, str]:
    is_well, text = _each(
        renewals.due(now=now),
        lambda subscription: renewals.renew(subscription=subscription, now=now),
        done="invoiced",
    )
    # Nothing is broken, but nobody pays unless somebody talks to them.
    unsold = [_name_of(subscription) for subscription in renewals.not_payable(now=now)]
    return is_well, "; ".join(
        filter(None, [text, unsold and f"on a plan not sold any more: {_named(unsold)}"])
    )


def end_periods(now: datetime) -> tuple[bool, str]:
    return _each(
        renewals.ended(now=now),
        lambda subscription: renewals.end(subscription=subscription, now=now),
        done="ended unpaid or as wished",
    )


def suspend_unpaid(now: datetime) -> tuple[bool, str]:
    return _each(
        renewals.unpaid(now=now),
        lambda subscription: renewals.suspend(subscription=subscription, now=now),
        done="suspended",
    )


def suspend_waiting(now: datetime) -> tuple[bool, str]:
    return _each(
        waiting.overdue(now=now),
        lambda account: waiting.suspend(account=account, now=now),
        done="suspended",
    )


def expire_holds(now: datetime) -> tuple[bool, str]:
    return _each(
        holds.over(now=now),
        lambda account: holds.expire(account=account, now=now),
        done="had holds that were over",
    )


def expire_approvals(now: datetime) -> tuple[bool, str]:
    return _each(
        approvals.over(now=now),
        lambda approval: approvals.expire(approval=approval, now=now),
        done="expired",
        name=lambda approval: approval.account.slug,
    )


def purge_deleted(now: datetime) -> tuple[bool, str]:
    def purge(account: Account) -> bool:
        until = f"{account.restore_until:%Y-%m-%d %H:%M} UTC"
        reason, slug = f"It could be restored until {until}.", account.slug
        try:
            with transaction.atomic():
                retention.purge(account=account, by=SYSTEM, reason=reason, now=now)
                forgetting.forget_account(slug=slug)
        except AlreadyPurged:
            return False
        return True

    # By number: their names are what is to be forgotten.
    return _each(
        purging.due(now=now), purge, done="purged", name=lambda account: f"account {account.pk}"
    )


def resume_imports(now: datetime) -> tuple[bool, str]:
    return _each(
        runs.forgotten(now=now),
        lambda run: runs.begin_again(run=run, by=SYSTEM, now=now),
        done="begun again",
        name=lambda run: run.import_file.name,
    )


def keep_house(now: datetime) -> tuple[bool, str]:
    removed = {name: count for name, count in housekeeping.forget(now=now).items() if count}
    told = ", ".join(f"{count:,} {name}" for name, count in removed.items())
    return True, f"removed {told}" if told else "nothing to do"


def prove_ledger(now: datetime) -> tuple[bool, str]:
    result = proof.prove_ledger(now=now)
    return not result.differences, told(result)


def prove_money(now: datetime) -> tuple[bool, str]:
    result = money_proof.prove_money(now=now)
    return not result.differences, told_of_money(result)


def told(result: LedgerProof) -> str:
    """The result of a proof in words: “280 transactions of 8 accounts, 0 differences”."""
    return (
        f"{result.transactions:,} transaction{pluralize(result.transactions)} of "
        f"{result.accounts:,} account{pluralize(result.accounts)}, {_differences(result)}"
    )


def told_of_money(result: MoneyProof) -> str:
    return (
        f"{result.payments:,} payment{pluralize(result.payments)} ({result.by_hand:,} confirmed by "
        f"hand), {result.lines:,} statement line{pluralize(result.lines)}, {_differences(result)}"
    )


def _differences(result: LedgerProof | MoneyProof) -> str:
    return f"{len(result.differences):,} difference{pluralize(len(result.differences))}"


# The order in which things happen to one account. The proofs come last: they cover what the steps
# before them did.
STEPS: dict[str, Callable[[datetime], tuple[bool, str]]] = {
    "Trials ending": tell_of_trials_ending,
    "Trials": expire_trials,
    "Renewals": renew,
    "Paid periods": end_periods,
    "Unpaid": suspend_unpaid,
    "Waiting": suspend_waiting,
    "Holds": expire_holds,
    "Approvals": expire_approvals,
    "Retention": purge_deleted,
    "Imports": resume_imports,
    "Housekeeping": keep_house,
    "Ledger proof": prove_ledger,
    "Money proof": prove_money,
}


def run(*, now: datetime) -> Iterator[Result]:
    """Do every step and tell of each when it is done; one that fails does not stop the others.

    Of two runs at once the second does nothing and says so.
    """
    with _alone() as is_alone:
        if not is_alone:
            yield Result("Daily job", True, "is at work already; nothing was done twice")
            return
        for name, step in STEPS.items():
            try:
                is_well, text = step(now)
            except Exception as error:
                logger.exception("Daily step failed: %s", name)
                is_well, text = False, f"failed: {_in_a_line(error)}"
            yield Result(step=name, is_well=is_well, text=text)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else is at it: a lock of the session, gone with it if the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [LOCK])


def _name_of(found: Account | Subscription) -> str:
    return found.slug if isinstance(found, Account) else found.account.slug


def _each[M: models.Model](
    due: Iterable[M],
    do: Callable[[M], object],
    *,
    done: str,
    nothing: str = "nothing to do",
    name: Callable[[M], str] = _name_of,
) -> tuple[bool, str]:
    """Do it to each, in a transaction of its own: one that fails does not stop the next."""
    worked: list[str] = []
    failed: list[str] = []
    for found in list(due):
        who = name(found)
        try:
            if do(found):
                worked.append(who)
        except Exception as error:
            logger.exception("Daily step failed for %s", who)
            failed.append(f"{who} ({_in_a_line(error)})")
    parts = (
        worked and f"{len(worked):,} {done}: {_named(worked)}",
        failed and f"{len(failed):,} failed: {_named(failed)}",
    )
    return not failed, "; ".join(filter(None, parts)) or nothing


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
