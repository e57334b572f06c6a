"""One process that spends credits through the service for some seconds and prints how often.

Called by `bench.deduct`: python -m bench.spender FIRST_ID LAST_ID THREADS SECONDS BATCH
It says when it is ready and begins with the next line of its input, so that several of them begin
together. With BATCH above 1 each call is a `deduct_many` of that many; the count is of deductions.
"""

import random
import sys
import threading
import time
import uuid
from collections.abc import Callable

import django

OPERATION = "image_prompt_extraction"
# More than any machine does in one thread.
MOST_A_SECOND = 20_000


def main() -> None:
    first, last, threads, seconds, batch = (int(argument) for argument in sys.argv[1:])
    django.setup()
    from django.db import connections

    from tenancy.models import Account

    accounts = [Account(pk=pk, name=f"Bench {pk}") for pk in range(first, last + 1)]
    spend = _spend_many() if batch > 1 else _spend_one()
    counts = [0] * threads
    barrier = threading.Barrier(threads + 1)

    def work(number: int) -> None:
        # The service's caller has account and key at hand; making them is not what is measured.
        chooser = random.Random(number)  # noqa: S311 - which account, not a secret
        calls = [
            [(chooser.choice(accounts), str(uuid.uuid4())) for _ in range(batch)]
            for _ in range(seconds * MOST_A_SECOND // batch)
        ]
        connections["default"].ensure_connection()
        barrier.wait()  # ready
        barrier.wait()  # go
        end = time.monotonic() + seconds
        for call in calls:
            spend(call)
            counts[number] += batch
            if time.monotonic() >= end:
                break
        else:
            raise RuntimeError("more calls a second than were prepared")
        connections.close_all()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    barrier.wait()
    print("ready", flush=True)
    sys.stdin.readline()
    barrier.wait()
    for worker in workers:
        worker.join()
    print(sum(counts))


def _spend_one() -> Callable[[list[tuple]], None]:
    from billing.services import spending

    def spend(call: list[tuple]) -> None:
        ((account, key),) = call
        spending.deduct(account=account, operation=OPERATION, idempotency_key=key)

    return spend


def _spend_many() -> Callable[[list[tuple]], None]:
    from billing.services.batches import Deduction, deduct_many

    def spend(call: list[tuple]) -> None:
        outcomes = deduct_many(items=[Deduction(account, OPERATION, key) for account, key in call])
        if any(outcome.refusal for outcome in outcomes):
            raise RuntimeError(outcomes)

    return spend


if __name__ == "__main__":
    main()
