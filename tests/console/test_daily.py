"""The day's work, once, twice, twice at once, and with a step that breaks."""

import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from billing.models import LedgerProof
from console import daily
from console.management.base import Failed
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason
from tests.console.conftest import run
from tests.factories import DAY, make_account
from tests.planting import plant


def make_trial_that_is_over(**facts: object) -> Account:
    return make_account(trial_ends_at=timezone.now() - DAY, **facts)


def test_the_day_suspends_trials_and_proves_the_ledger(db: None) -> None:
    over = make_trial_that_is_over(slug="over", credits=7)
    running = make_account(trial_ends_at=timezone.now() + DAY)

    said = run("run_daily")

    assert said == (
        "Trials: 1 suspended: over\nLedger proof: 1 transaction of 2 accounts, 0 differences\n"
    )
    over.refresh_from_db()
    running.refresh_from_db()
    assert over.status_reason == SuspensionReason.TRIAL_EXPIRED
    assert running.status == AccountStatus.TRIAL
    assert AuditEvent.objects.get(verb="trial_expired").door == "command"


def test_a_second_run_has_nothing_left_to_do(db: None) -> None:
    make_trial_that_is_over()
    run("run_daily")

    said = run("run_daily")

    assert "Trials: none was over" in said
    assert AuditEvent.objects.filter(verb="trial_expired").count() == 1


def test_two_runs_at_once_suspend_once(committed: None) -> None:
    for _ in range(5):
        make_trial_that_is_over()
    results = []

    def work() -> None:
        try:
            results.extend(daily.run(now=timezone.now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [result.is_well for result in results] == [True] * 4
    assert AuditEvent.objects.filter(verb="trial_expired").count() == 5


def test_a_step_that_fails_does_not_stop_the_others(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(now: object) -> None:
        raise OSError("disk\nfull")

    monkeypatch.setitem(daily.STEPS, "Trials", fail)
    out = StringIO()

    with pytest.raises(Failed, match="look at: Trials"):
        call_command("run_daily", stdout=out)

    assert "Trials: failed: disk full\n" in out.getvalue()
    assert LedgerProof.objects.exists()
    assert "Daily step failed: Trials" in caplog.text


def test_a_difference_makes_the_day_fail(db: None) -> None:
    account = make_account(credits=100)
    plant("UPDATE igny8_credit_balances SET credits = 101 WHERE account_id = %s", account.pk)

    with pytest.raises(Failed, match="look at: Ledger proof"):
        run("run_daily")
