"""Eight processes spend from one account while staff keep saving its name: nothing comes back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from billing.models import CreditTransaction
from billing.services import proof
from tenancy.models import Account
from tenancy.services import accounts
from tests.factories import REASON, make_account, make_staff
from tests.racing import Meeting, at_once

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, TRIES, COST = 8, 50, 2
CREDITS = 501  # enough for 250 of the 400 tries, and one credit that buys nothing


def nothing_is_lost(*, start: int, deductions: int, left: int) -> None:
    assert left == start - deductions * COST
    assert 0 <= left < COST


def spend_in_processes(account: Account) -> subprocess.Popen:
    arguments = [connection.settings_dict["NAME"], account.pk, PROCESSES, TRIES]
    command = [sys.executable, "-m", "tests.billing.spend_in_processes", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_deductions_beside_saves_lose_nothing(committed: None) -> None:
    account, sam = make_account(credits=CREDITS), make_staff("Support")
    saves = 0

    with spend_in_processes(account) as spending:
        while spending.poll() is None:
            saves += 1
            facts = {"account": account, "changes": {"name": f"Name {saves}"}, "reason": REASON}
            accounts.edit(by=sam, **facts)
            Account.objects.get(pk=account.pk).save()
            assert proof.differences() == []
        deductions = int(spending.stdout.read())

    account = Account.objects.get(pk=account.pk)
    assert (spending.returncode, account.name) == (0, f"Name {saves}")
    assert saves > 5
    nothing_is_lost(start=CREDITS, deductions=deductions, left=account.credits)
    assert CreditTransaction.objects.filter(account=account).count() == 1 + deductions
    assert proof.differences() == []


@contextmanager
def old_accounts(credits: int) -> Iterator[None]:
    """An account as it was of old: its credits beside its name, in one row."""
    _sql("CREATE TABLE scratch_accounts (name text, credits bigint)")
    _sql("INSERT INTO scratch_accounts VALUES ('Home G8', %s)", credits)
    yield
    _sql("DROP TABLE scratch_accounts")


def _sql(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _read() -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, credits FROM scratch_accounts")
        return cursor.fetchone()


def test_read_and_then_written_deductions_are_lost(committed: None) -> None:
    meeting = Meeting(PROCESSES)

    def deduct_without_a_lock() -> None:
        _, credits = _read()
        meeting.wait()
        _sql("UPDATE scratch_accounts SET credits = %s", credits - COST)

    with old_accounts(PROCESSES * COST):
        at_once(*[deduct_without_a_lock] * PROCESSES)
        left = _read()[1]

    with pytest.raises(AssertionError):
        nothing_is_lost(start=PROCESSES * COST, deductions=PROCESSES, left=left)
    assert left == PROCESSES * COST - COST


def test_a_save_of_the_whole_row_brings_spent_credits_back(committed: None) -> None:
    meeting = Meeting(2)

    def deduct() -> None:
        meeting.wait()
        _sql("UPDATE scratch_accounts SET credits = credits - %s", COST)
        meeting.wait()

    def save_the_name() -> None:
        _, credits = _read()
        meeting.wait()
        meeting.wait()
        _sql("UPDATE scratch_accounts SET name = 'Home G9', credits = %s", credits)

    with old_accounts(COST):
        at_once(deduct, partial(save_the_name))
        left = _read()[1]

    with pytest.raises(AssertionError):
        nothing_is_lost(start=COST, deductions=1, left=left)
    assert left == COST
