"""One process that spends credits through the service for some seconds and prints how often.

Called by `bench.deduct`: python -m bench.spender FIRST_ID LAST_ID THREADS SECONDS BATCH
With BATCH above 1 each call is a `deduct_many` of that many; the count is of deductions.
"""

import random
import sys
import threading
import time
import uuid
from collections.abc import Callable

import django

OPERATION = "image_prompt_extraction"


def main() -> None:
    first, last, threads, seconds, batch = (int(argument) for argument in sys.argv[1:])
    django.setup()
    from django.db import connections

    from tenancy.models import Account

    # The caller of the service has the account at hand; making it is not what is measured.
    accounts = [Account(pk=pk, name=f"Bench {pk}") for pk in range(first, last + 1)]
    spend = _spend_many(accounts, batch) if batch > 1 else _spend_one(accounts)
    counts = [0] * threads
    barrier = threading.Barrier(threads)

    def work(number: int) -> None:
        chooser = random.Random(number)  # noqa: S311 - which account, not a secret
        connections["default"].ensure_connection()
        barrier.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            spend(chooser)
            counts[number] += batch
        connections.close_all()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(sum(counts))


def _spend_one(accounts: list) -> Callable[[random.Random], None]:
    from billing.services import spending

    def spend(chooser: random.Random) -> None:
        spending.deduct(
            account=chooser.choice(accounts),
            operation=OPERATION,
            idempotency_key=str(uuid.uuid4()),
        )

    return spend


def _spend_many(accounts: list, batch: int) -> Callable[[random.Random], None]:
    from billing.services.batches import Deduction, deduct_many

    def spend(chooser: random.Random) -> None:
        outcomes = deduct_many(
            items=[
                Deduction(account, OPERATION, str(uuid.uuid4()))
                for account in chooser.choices(accounts, k=batch)
            ]
        )
        if any(outcome.refusal for outcome in outcomes):
            raise RuntimeError(outcomes)

    return spend


if __name__ == "__main__":
    main()
