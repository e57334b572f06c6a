"""One process that spends credits through the service for some seconds and prints how often.

Called by `bench.deduct`: python -m bench.spender FIRST_ID LAST_ID THREADS SECONDS
"""

import random
import sys
import threading
import time
import uuid

import django


def main() -> None:
    first, last, threads, seconds = (int(argument) for argument in sys.argv[1:])
    django.setup()
    from django.db import connections

    from billing.models import Operation, TransactionType
    from billing.services import ledger
    from tenancy.models import Account

    counts = [0] * threads
    barrier = threading.Barrier(threads)

    def spend(number: int) -> None:
        chooser = random.Random(number)  # noqa: S311 - which account, not a secret
        connections["default"].ensure_connection()
        barrier.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ledger.post(
                account=Account(pk=chooser.randint(first, last)),
                type=TransactionType.DEDUCTION,
                amount=-2,
                by=None,
                operation=Operation.IMAGE_PROMPT_EXTRACTION,
                description="image_prompt_extraction",
                idempotency_key=str(uuid.uuid4()),
            )
            counts[number] += 1
        connections.close_all()

    workers = [threading.Thread(target=spend, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(sum(counts))


if __name__ == "__main__":
    main()
