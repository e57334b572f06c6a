"""Spending credits through the service, against one keyed statement sent by pgbench."""

import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from bench.database import pgbench

SECONDS = 2
REPEATS = 5

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
    """`target` is the least ratio of service to limit, medians of one interleaved run."""

    name: str
    processes: int
    threads: int
    is_hot: bool
    target: float


CASES = (
    Case("deduct, 1 connection", 1, 1, is_hot=False, target=0.55),
    Case("deduct, 8 connections", 2, 4, is_hot=False, target=0.45),
    Case("deduct on one hot account, 8 connections", 2, 4, is_hot=True, target=0.80),
)


@dataclass(frozen=True)
class Result:
    case: Case
    service: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.service / self.limit


def measure(case: Case, account_ids: list[int]) -> Result:
    """Interleave the two, so that a slow minute of the machine hits both."""
    first, last = account_ids[0], account_ids[0] if case.is_hot else account_ids[-1]
    clients = case.processes * case.threads
    service, limit = [], []
    for _ in range(REPEATS):
        script = ONE_STATEMENT.format(first=first, last=last)
        limit.append(pgbench(script=script, clients=clients, seconds=SECONDS))
        service.append(_spend(case, first=first, last=last))
    return Result(case=case, service=median(service), limit=median(limit))


def _spend(case: Case, *, first: int, last: int) -> float:
    command = [sys.executable, "-m", "bench.spender"]
    command += [str(number) for number in (first, last, case.threads, SECONDS)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(case.processes)
    ]
    return sum(int(process.communicate()[0]) for process in running) / SECONDS
