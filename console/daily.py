"""What is done every day. Each step can run any number of times, and twice at once."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import pluralize

from billing.models import LedgerProof
from billing.services import proof
from tenancy.services import lifecycle

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """`text` says in a line what the step did, or why it failed."""

    step: str
    is_well: bool
    text: str


def expire_trials(now: datetime) -> tuple[bool, str]:
    suspended = [account.slug for account in lifecycle.expire_trials(now=now)]
    if not suspended:
        return True, "none was over"
    return True, f"{len(suspended):,} suspended: {', '.join(suspended)}"


def prove_ledger(now: datetime) -> tuple[bool, str]:
    result = proof.prove_ledger(now=now)
    return not result.differences, told(result)


def told(result: LedgerProof) -> str:
    """The result of a proof in words: “280 transactions of 8 accounts, 0 differences”."""
    found = len(result.differences)
    return (
        f"{result.transactions:,} transaction{pluralize(result.transactions)} of "
        f"{result.accounts:,} account{pluralize(result.accounts)}, "
        f"{found:,} difference{pluralize(found)}"
    )


# The proof comes last: it covers what the steps before it did.
STEPS: dict[str, Callable[[datetime], tuple[bool, str]]] = {
    "Trials": expire_trials,
    "Ledger proof": prove_ledger,
}


def run(*, now: datetime) -> Iterator[Result]:
    """Do every step and tell of each when it is done; one that fails does not stop the others."""
    for name, step in STEPS.items():
        try:
            is_well, text = step(now)
        except Exception as error:
            logger.exception("Daily step failed: %s", name)
            is_well, text = False, f"failed: {' '.join(str(error).split())}"
        yield Result(step=name, is_well=is_well, text=text)
