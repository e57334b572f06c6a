"""Run by test_spending.py as a program: several processes spend from one account until it is empty.

Arguments: the name of the test database, the account's id, how many processes, and how often each
tries. Prints how many deductions went through.
"""

import os
import sys

import django
from django.db import connection


def main(database: str, account_id: int, processes: int, tries: int) -> None:
    django.setup()
    connection.settings_dict["NAME"] = database
    # Settings are read once, before the fork, and no connection is open yet.
    pipes = [_start(account_id, tries) for _ in range(processes)]
    spent = 0
    for pid, pipe in pipes:
        with os.fdopen(pipe) as answer:
            spent += int(answer.read())
        assert os.waitpid(pid, 0)[1] == 0
    sys.stdout.write(str(spent))


def _start(account_id: int, tries: int) -> tuple[int, int]:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    try:
        os.write(write, str(_spend(account_id, tries)).encode())
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _spend(account_id: int, tries: int) -> int:
    from billing.services import spending
    from billing.services.ledger import InsufficientCredits
    from tenancy.models import Account

    account = Account.objects.get(pk=account_id)
    spent = 0
    for _ in range(tries):
        try:
            spending.deduct(
                account=account, operation="image_prompt_extraction", idempotency_key=None
            )
            spent += 1
        except InsufficientCredits:
            continue
    return spent


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
