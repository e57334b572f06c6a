"""Run by test_api_races.py as a program: several processes spend, hold and retry on one account.

Arguments: the name of the test database, the account's id, how many processes, how many steps
each, and how many keys they share. Prints what each call was told, as JSON: by key, the ids of
the ledger rows and holds that answered it, and how often which refusal came.
"""

import json
import os
import random
import sys
from collections import Counter
from datetime import UTC, datetime

import django
from django.db import connection


def main(database: str, account_id: int, processes: int, steps: int, keys: int) -> None:
    django.setup()
    connection.settings_dict["NAME"] = database
    # Settings are read once, before the fork, and no connection is open yet.
    pipes = [_start(account_id, number, steps, keys) for number in range(processes)]
    answers = []
    for pid, pipe in pipes:
        with os.fdopen(pipe) as answer:
            answers.append(json.loads(answer.read()))
        assert os.waitpid(pid, 0)[1] == 0
    sys.stdout.write(json.dumps(answers))


def _start(account_id: int, number: int, steps: int, keys: int) -> tuple[int, int]:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    try:
        with os.fdopen(write, "w") as pipe:
            pipe.write(json.dumps(_work(account_id, random.Random(number), steps, keys)))  # noqa: S311 - which step, no secret
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _work(account_id: int, choose: random.Random, steps: int, keys: int) -> dict[str, object]:
    from billing.services import batches, holds, spending
    from tenancy.errors import ServiceError
    from tenancy.models import Account

    account = Account.objects.get(pk=account_id)
    rows: dict[str, list[int]] = {}
    made: dict[str, list[str]] = {}
    told: Counter[str] = Counter()

    def note(posted: object, key: str) -> None:
        rows.setdefault(key, []).append(posted.transaction_id)
        told["replayed" if posted.replayed else "posted"] += 1

    def deduct(key: str, wait: bool) -> None:
        facts = {"operation": "image_generation", "idempotency_key": key, "wait": wait}
        note(spending.deduct(account=account, fingerprint=key, **facts), key)

    def deduct_many(key: str) -> None:
        # A key of the batch is also a key of single deductions.
        keys = [key, f"{key}-b"]
        items = [
            batches.Deduction(account, "image_generation", one, fingerprint=one) for one in keys
        ]
        for one, outcome in zip(keys, batches.deduct_many(items=items), strict=True):
            if outcome.refusal:
                told[outcome.refusal.code] += 1
            else:
                note(outcome.posted, one)

    def hold(key: str) -> None:
        now = datetime.now(tz=UTC)
        held = holds.reserve(
            account=account,
            operation="content_generation",
            units=700,
            idempotency_key=key,
            now=now,
            # The same for one key: another time to last would be another request.
            expires_in=1 if key[-1] in "02468" else 60,
            wait=choose.random() < 0.5,
        )
        made.setdefault(key, []).append(str(held.id))
        told["held again" if held.replayed else "held"] += 1
        if choose.random() < 0.7:
            _, posted = holds.commit(account=account, hold_id=held.id, units=450, now=now)
            note(posted, f"hold {key}")
        elif choose.random() < 0.7:
            holds.release(account=account, hold_id=held.id, now=now)
            told["released"] += 1

    verbs = {
        "deduct": lambda key: deduct(key, wait=True),
        "impatient": lambda key: deduct(key, wait=False),
        "many": deduct_many,
        "hold": hold,
        "expire": lambda _: holds.expire(account=account, now=datetime.now(tz=UTC)),
    }
    weights = (30, 30, 15, 24, 1)
    for _ in range(steps):
        verb = choose.choices(list(verbs), weights)[0]
        try:
            verbs[verb](f"key-{choose.randrange(keys)}")
        except ServiceError as refusal:
            told[refusal.code] += 1
    return {"rows": rows, "holds": made, "told": told}


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
