"""Spending credits through the services, against a named limit measured in the same run."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.database import pgbench

SECONDS = 1
REPEATS = 11
BATCH = 100

ONE_STATEMENT = """
\\set account random({first}, {last})
WITH moved AS (
    UPDATE bench_balances SET credits = credits - 2
     WHERE account_id = :account AND credits >= 2 RETURNING account_id, credits
)
INSERT INTO bench_entries (account_id, amount, balance_after, description, idempotency_key)
SELECT account_id, -2, credits, 'image_prompt_extraction', gen_random_uuid()::text FROM moved
RETURNING balance_after;
"""


@dataclass(frozen=True)
class Case:
    """`target` is the least ratio of measured to limit; `measure` and `limit` give deductions (or
    lines) a second for the first and last account's id.
    """

    name: str
    measure: Callable[[int, int], float]
    limit: Callable[[int, int], float]
    target: float
    is_hot: bool = False


@dataclass(frozen=True)
class Result:
    """What each turn measured, and of its limit right before."""

    case: Case
    turns: list[tuple[float, float]]

    @property
    def measured(self) -> float:
        return median(measured for measured, _ in self.turns)

    @property
    def limit(self) -> float:
        return median(limit for _, limit in self.turns)

    @property
    def ratio(self) -> float:
        """The median turn's, so that an hour in which the machine gets slower hits both."""
        return median(measured / limit for measured, limit in self.turns)


def spending(processes: int, threads: int, *, batch: int = 1) -> Callable[[int, int], float]:
    """Processes that call the service, each with that many threads and connections."""

    def run(first: int, last: int) -> float:
        command = [sys.executable, "-m", "bench.spender"]
        command += [str(number) for number in (first, last, threads, SECONDS, batch)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running = [subprocess.Popen(command, **pipes) for _ in range(processes)]
        for process in running:
            process.stdout.readline()  # ready
        for process in running:
            process.stdin.write("go\n")
            process.stdin.flush()
        return sum(int(process.communicate()[0]) for process in running) / SECONDS

    return run


def statement(clients: int) -> Callable[[int, int], float]:
    """One keyed statement, prepared, sent by pgbench."""

    def run(first: int, last: int) -> float:
        script = ONE_STATEMENT.format(first=first, last=last)
        return pgbench(script=script, clients=clients, seconds=SECONDS)

    return run


CASES = (
    Case("deduct / one statement, 1 connection", spending(1, 1), statement(1), target=0.70),
    Case("deduct / one statement, 8 connections", spending(2, 4), statement(8), target=0.55),
    Case(
        "the same on one hot account",
        spending(2, 4),
        statement(8),
        target=0.90,
        is_hot=True,
    ),
    Case(
        f"deduct_many of {BATCH} / single deducts, 8",
        spending(2, 4, batch=BATCH),
        spending(2, 4),
        target=4,
    ),
)


def measure(case: Case, account_ids: list[int]) -> Result:
    first, last = account_ids[0], account_ids[0] if case.is_hot else account_ids[-1]
    turns = []
    for _ in range(REPEATS):
        limit = case.limit(first, last)
        turns.append((case.measure(first, last), limit))
    return Result(case, turns)
