"""What the API's callers do to each other: holds and deductions at the same moment."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from billing.models import CreditBalance, CreditHold, CreditTransaction, HoldStatus
from billing.services import holds, spending
from billing.services.holds import Held
from billing.services.ledger import InsufficientCredits, RequestInProgress
from tenancy.errors import StateConflict
from tenancy.models import Account
from tests.factories import NOW, expire_holds, make_account, make_ledger_row
from tests.racing import Meeting, at_once, books_agree, one_wins
from tests.sql import run

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, STEPS, KEYS = 8, 200, 120
OPENING = 1_000  # runs dry on the way: what is asked for comes to more


def reserve(account: Account, key: str, units: int = 600, **more: object) -> Held:
    facts = {"operation": "content_generation", "now": NOW, "idempotency_key": key} | more
    return holds.reserve(account=account, units=units, **facts)


# Two calls that each fit alone, but not together.


def test_of_two_holds_that_fit_alone_one_is_refused_before_it_runs(committed: None) -> None:
    account = make_account(credits=10)

    outcomes = at_once(*(partial(reserve, account, key) for key in ("a", "b")))

    one_wins(outcomes, refused_with=InsufficientCredits)
    assert CreditHold.objects.count() == 1
    assert holds.balance(account=account, now=NOW).available == 4
    books_agree()


def test_checked_and_then_run_both_are(committed: None) -> None:
    account, meeting = make_account(credits=10), Meeting(2)

    def check_and_run() -> None:
        if not spending.check(
            account=account, operation="content_generation", units=600, now=NOW
        ).allowed:
            raise InsufficientCredits("refused before it ran")
        meeting.wait()

    outcomes = at_once(check_and_run, check_and_run)

    with pytest.raises(AssertionError, match="2 of 2 got through"):
        one_wins(outcomes, refused_with=InsufficientCredits)


# A hold and a deduction want the same credits.


def test_of_a_hold_and_a_deduction_one_gets_the_credits(committed: None) -> None:
    account, now = make_account(credits=10), datetime.now(tz=UTC)
    deduct = partial(spending.deduct, operation="clustering", idempotency_key="b")

    outcomes = at_once(partial(reserve, account, "a", now=now), partial(deduct, account=account))

    one_wins(outcomes, refused_with=InsufficientCredits)
    books_agree()


# One hold is resolved by several at once.


def test_of_a_commit_and_the_expiry_one_counts(committed: None) -> None:
    account = make_account(credits=1_000)
    for number in range(20):
        hold = reserve(account, f"{number}", expires_in=60)
        before, over = NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)

        committing, expiring = at_once(
            partial(holds.commit, account=account, hold_id=hold.id, units=600, now=before),
            partial(expire_holds, over),
        )

        status = CreditHold.objects.get(pk=hold.id).status
        if committing.refusal is None:
            assert (status, expiring.result) == (HoldStatus.COMMITTED, [])
        else:
            assert isinstance(committing.refusal, StateConflict)
            assert (status, expiring.result) == (HoldStatus.EXPIRED, [hold.id])
    books_agree()


@pytest.mark.parametrize(
    ("units", "posted"), [([600] * 8, 1), ([600, 500] * 4, 1)], ids=["alike", "different"]
)
def test_of_eight_commits_one_spends(committed: None, units: list[int], posted: int) -> None:
    account = make_account(credits=100)
    hold = reserve(account, "a")

    outcomes = at_once(
        *(
            partial(holds.commit, account=account, hold_id=hold.id, units=number, now=NOW)
            for number in units
        )
    )

    answers = [outcome.result[1] for outcome in outcomes if outcome.refusal is None]
    assert sum(not answer.replayed for answer in answers) == posted
    assert len({answer.transaction_id for answer in answers}) == 1
    assert len(answers) == units.count(-answers[0].amount * 100)
    assert account.credits == 100 + answers[0].amount
    books_agree()


def test_of_a_commit_and_a_release_one_counts(committed: None) -> None:
    account = make_account(credits=100)
    hold = reserve(account, "a")

    outcomes = at_once(
        partial(holds.commit, account=account, hold_id=hold.id, units=600, now=NOW),
        partial(holds.release, account=account, hold_id=hold.id, now=NOW),
    )

    one_wins(outcomes, refused_with=StateConflict)
    books_agree()


def test_of_eight_releases_one_gives_back(committed: None) -> None:
    account = make_account(credits=100)
    hold = reserve(account, "a")
    reserve(account, "b")

    release = partial(holds.release, account=account, hold_id=hold.id, now=NOW)

    outcomes = at_once(*[release] * 8)

    answers = [outcome.result for outcome in outcomes]
    assert sum(not answer.replayed for answer in answers) == 1
    assert {answer._replace(replayed=False) for answer in answers} == {
        hold._replace(status=HoldStatus.RELEASED, available=94)
    }
    books_agree()


def test_looked_at_and_then_resolved_all_eight_are(committed: None) -> None:
    account, meeting = make_account(credits=100), Meeting(8)
    run("CREATE TABLE scratch_holds AS SELECT 'held' AS status")

    def spend_without_a_lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT status FROM scratch_holds")
            assert cursor.fetchone() == ("held",)
        meeting.wait()
        run("UPDATE scratch_holds SET status = 'committed'")
        make_ledger_row(account, amount=-6, type="deduction")

    at_once(*[spend_without_a_lock] * 8)
    run("DROP TABLE scratch_holds")

    with pytest.raises(AssertionError):
        assert account.credits == 94
    assert account.credits == 100 - 8 * 6


def test_the_expiry_twice_at_once_frees_once(committed: None) -> None:
    accounts = [make_account(credits=100) for _ in range(10)]
    for account in accounts:
        for key in "abc":
            reserve(account, key, expires_in=1)
    expire = partial(expire_holds, NOW + timedelta(seconds=1))

    outcomes = at_once(*[expire] * 4)

    assert sum(len(outcome.result) for outcome in outcomes) == 30
    assert CreditBalance.objects.filter(held=0).count() == 10
    books_agree()


# One key comes eight times.


@pytest.mark.parametrize("wait", [True, False])
def test_of_eight_reservations_with_one_key_one_holds(committed: None, wait: bool) -> None:
    account = make_account(credits=100)

    outcomes = at_once(*[partial(reserve, account, "a", wait=wait)] * 8)

    answers = [outcome.result for outcome in outcomes if outcome.refusal is None]
    refusals = {type(outcome.refusal) for outcome in outcomes if outcome.refusal}
    assert refusals <= (set() if wait else {RequestInProgress})
    assert sum(not answer.replayed for answer in answers) == 1
    assert holds.balance(account=account, now=NOW).held == 6
    books_agree()


# Everything at once, in processes of their own, with keys that come back.


def exactly_once(account: Account, answers: list[dict]) -> Counter[str]:
    """Every key stands for one row or hold, in all answers and in the database."""
    rows, made, told = {}, {}, Counter()
    for answer in answers:
        told.update(answer["told"])
        for into, name in ((rows, "rows"), (made, "holds")):
            for key, ids in answer[name].items():
                into.setdefault(key, set()).update(ids)
    assert [key for key, ids in [*rows.items(), *made.items()] if len(ids) != 1] == []
    spent = CreditTransaction.objects.filter(account=account, type="deduction")
    assert {row_id for ids in rows.values() for row_id in ids} == set(
        spent.values_list("id", flat=True)
    )
    assert told["posted"] == spent.count()
    assert told["held"] == CreditHold.objects.filter(account=account).count()
    return told


def test_eight_processes_spend_hold_and_retry(committed: None) -> None:
    account = make_account(credits=OPENING)
    arguments = [connection.settings_dict["NAME"], account.pk, PROCESSES, STEPS, KEYS]
    command = [sys.executable, "-m", "tests.billing.mixed_spending", *map(str, arguments)]

    answers = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    told = exactly_once(account, answers)

    balances = CreditTransaction.objects.filter(account=account).values_list("balance_after")
    assert min(balance for (balance,) in balances) >= 0
    for outcome in ("posted", "replayed", "held", "held again", "insufficient_credits"):
        assert told[outcome] > 0, told
    assert set(told) <= {
        "posted",
        "replayed",
        "held",
        "held again",
        "released",
        "insufficient_credits",
        "idempotency_in_progress",
        "state_conflict",
    }
    expire_holds(datetime.now(tz=UTC) + timedelta(hours=1))
    balance = CreditBalance.objects.get(account=account)
    assert (balance.held, balance.credits) == (0, OPENING - spent_by(account))
    books_agree()


def spent_by(account: Account) -> int:
    return -sum(
        CreditTransaction.objects.filter(account=account, type="deduction").values_list(
            "amount", flat=True
        )
    )


def test_a_row_without_a_key_is_found_out(committed: None) -> None:
    account = make_account(credits=100)
    # A hold of the same key, made once, must not hide it.
    answer = {"rows": {"a": []}, "holds": {"a": ["hold"]}, "told": {"posted": 2}}
    for _ in range(2):  # the retry of a caller who forgot the key
        posted = spending.deduct(account=account, operation="clustering", idempotency_key=None)
        answer["rows"]["a"].append(posted.transaction_id)

    with pytest.raises(AssertionError):
        exactly_once(account, [answer])
