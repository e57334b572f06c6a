"""The day's work: once, again, late, twice at once, with an account or a step that breaks."""

import threading
from datetime import datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from billing.models import Approval, CreditHold, LedgerProof, MoneyProof, Payment, Subscription
from billing.services import statement_uploads
from console import daily
from console.management.base import Failed
from console.models import ImportFile, OneTimeToken
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason
from tenancy.services import lifecycle
from tests.console.conftest import run
from tests.console.imports.builders import queued
from tests.digest import changed_since, digest
from tests.factories import (
    DAY,
    make_account,
    make_approval,
    make_hold,
    make_plan,
    make_staff,
    make_subscription,
    open_transfer,
    put,
)
from tests.planting import plant

S = AccountStatus
STEPS = list(daily.STEPS)
# What a run writes even when there is nothing to do.
PROOFS = {"igny8_ledger_proofs", "igny8_money_proofs"}


def make_trial_that_is_over(**facts: object) -> Account:
    return make_account(trial_ends_at=timezone.now() - DAY, **facts)


def make_everything_due(now: datetime) -> dict[str, Account]:
    """One account for each step of the day, each by its slug."""
    accounts = {
        "ending": make_account(slug="ending", trial_ends_at=now + 2 * DAY),
        "over": make_account(slug="over", trial_ends_at=now - DAY, credits=7),
        "renews": make_account(slug="renews", status=S.ACTIVE),
        "late": make_account(slug="late", status=S.ACTIVE),
        "waits": make_account(slug="waits", trial_ends_at=now - 9 * DAY),
        "held": make_account(slug="held", status=S.ACTIVE, credits=100),
        "gone": make_account(slug="gone", deleted=True),
    }
    make_subscription(accounts["renews"], start=now - 28 * DAY, end=now + 2 * DAY)
    late = make_subscription(accounts["late"], start=now - 40 * DAY, end=now - 9 * DAY)
    Subscription.objects.filter(pk=late.pk).update(status="past_due")
    put(accounts["late"], plan=make_plan(archived_at=now, is_public=False))
    open_transfer(accounts["waits"], now=now - 15 * DAY)
    make_hold(accounts["held"], expires_at=now - DAY)
    put(accounts["gone"], deleted_at=now - 20 * DAY, restore_until=now - DAY)
    staff = make_staff()
    make_approval(accounts["held"], requested_at=now - 8 * DAY, expires_at=now - DAY)
    statement_uploads.upload(
        bank="West", file_name="a.csv", content=b"x", by=staff, now=now - 8 * DAY
    )
    Session.objects.create(session_key="old", session_data="", expire_date=now - DAY)
    token = OneTimeToken.objects.create(
        token="7b1f2c9a-0c55-4d0e-9d7c-3f2d6d0b9a11", user=staff, verb="x", target="x", message="x"
    )
    OneTimeToken.objects.filter(pk=token.pk).update(used_at=now - 8 * DAY)
    ImportFile.objects.create(
        kind="plans",
        name="old.csv",
        size=1,
        sha256="0" * 64,
        content=b"x",
        uploaded_by=staff,
        uploaded_at=now - 8 * DAY,
    )
    return accounts


def test_the_day_does_each_step_and_says_so_in_a_line(db: None) -> None:
    accounts = make_everything_due(timezone.now())

    said = run("run_daily").splitlines()

    assert said == [
        "Trials ending: 1 told that it ends soon: ending",
        "Trials: 1 suspended: over",
        "Renewals: 1 invoiced: renews; on a plan not sold any more: late",
        "Paid periods: nothing to do",
        "Unpaid: 1 suspended: late",
        "Waiting: 1 suspended: waits",
        "Holds: 1 had holds that were over: held",
        "Approvals: 1 expired: held",
        f"Retention: 1 purged: account {accounts['gone'].pk}",
        "Imports: nothing to do",
        "Housekeeping: removed 1 unconfirmed imports, 1 unconfirmed statements, 1 used forms, "
        "1 sessions",
        "Ledger proof: 2 transactions of 7 accounts, 0 differences",
        "Money proof: 2 payments (0 confirmed by hand), 0 statement lines, 0 differences",
    ]
    for account in accounts.values():
        account.refresh_from_db()
    assert accounts["over"].status_reason == SuspensionReason.TRIAL_EXPIRED
    assert accounts["late"].status_reason == SuspensionReason.PAYMENT_FAILED
    assert accounts["gone"].purged_at is not None
    assert AuditEvent.objects.get(verb="trial_expired").door == "command"


def test_a_second_run_and_a_second_day_find_nothing_left_to_do(db: None) -> None:
    now = timezone.now()
    make_everything_due(now)
    list(daily.run(now=now))
    before = digest()

    again = list(daily.run(now=now))
    list(daily.run(now=now + timedelta(hours=9)))

    assert all(result.is_well for result in again)
    assert set(changed_since(before)) == PROOFS
    assert [result.text for result in again][:2] == ["nothing to do", "none was over"]


def test_after_forty_days_of_not_running_every_step_is_done_in_order(db: None) -> None:
    now = timezone.now()
    accounts = make_everything_due(now)
    late, renews = now + 40 * DAY, accounts["renews"]

    results = {result.step: result for result in daily.run(now=late)}

    assert all(result.is_well for result in results.values())
    # Its trial was over before anybody could be told.
    assert results["Trials ending"].text == "nothing to do"
    assert results["Trials"].text == "2 suspended: over, ending"
    assert [event.verb for event in renews.audit_events.order_by("id")] == [
        "bank_transfer_opened",
        "subscription_past_due",
    ]
    assert Payment.objects.get(account=renews).opened_at == late
    for day in (1, 6, 7, 8, 60):
        list(daily.run(now=late + day * DAY))
    renews.refresh_from_db()
    assert (renews.status, renews.status_changed_at) == (S.SUSPENDED, late + 7 * DAY)
    assert renews.audit_events.count() == 3


def test_what_stood_in_an_imported_file_goes_after_ninety_days(db: None, client: Client) -> None:
    finance, now = make_staff("Finance"), timezone.now()
    facts = {"kind": "plans", "size": 1, "sha256": "0" * 64, "content": b"x"}
    for name, age in (("old.csv", 91), ("new.csv", 89)):
        ImportFile.objects.create(
            **facts,
            name=name,
            preview={"rows": []},
            uploaded_by=finance,
            uploaded_at=now - age * DAY,
            imported_by=finance,
            imported_at=now - age * DAY,
            reason="Prices",
        )

    list(daily.run(now=now))

    old, new = ImportFile.objects.order_by("id")
    assert (bytes(old.content), old.preview) == (b"", {})
    assert (bytes(new.content), new.preview) == (b"x", {"rows": []})
    client.force_login(finance)
    address = f"/admin/tenancy/plan/import/{old.pk}/"
    page = client.get(address).content.decode()
    assert "What stood in the file was removed some time after the import." in page
    assert client.get(f"{address}changes/").status_code == 404


def test_jobs_cut_off_go_after_a_month_and_an_import_is_begun_again(db: None) -> None:
    make_plan(slug="starter")
    _, run = queued("one,One,starter,,,,100", by=make_staff("Finance"))
    now = run.queued_at + 31 * DAY
    call = DBTaskResult.objects.get()
    for status, age in (("RUNNING", 31), ("RUNNING", 29), ("FAILED", 31), ("READY", 31)):
        begun_at = now - age * DAY
        DBTaskResult.objects.create(
            id=uuid4(),
            task_path="igny8.gone",
            args_kwargs={"args": [], "kwargs": {}},
            status=status,
            run_after=begun_at,
            started_at=None if status == "READY" else begun_at,
            finished_at=begun_at if status == "FAILED" else None,
        )

    def today() -> dict[str, str]:
        return {result.step: result.text for result in daily.run(now=now)}

    # Somebody is called already.
    assert today()["Imports"] == "nothing to do"
    assert set(DBTaskResult.objects.values_list("status", "task_path")) == {
        ("READY", call.task_path),
        ("READY", "igny8.gone"),
        ("RUNNING", "igny8.gone"),
    }

    # Its worker died before it could have itself called again.
    DBTaskResult.objects.filter(pk=call.pk).update(
        status="RUNNING", started_at=run.queued_at, worker_ids=["killed"]
    )
    said = today()

    assert said["Imports"] == "1 begun again: new.csv"
    assert said["Housekeeping"] == "removed 1 jobs cut off"
    assert today()["Imports"] == "nothing to do"
    event = AuditEvent.objects.get(verb="accounts_import_begun_again")
    assert (event.actor, event.reason) == (None, f"No sign of life since {run.queued_at:%H:%M:%S}")
    waiting = DBTaskResult.objects.get(task_path=call.task_path)
    assert (waiting.status, waiting.args_kwargs["args"]) == ("READY", [run.pk])


def in_threads(work: object, count: int = 2) -> None:
    def each() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_while_one_run_is_at_work_another_says_so_and_ends_well(committed: None) -> None:
    make_trial_that_is_over()
    said = []

    first = daily.run(now=timezone.now())
    assert next(first).step == STEPS[0]
    in_threads(lambda: said.extend(daily.run(now=timezone.now())), count=1)

    assert said == [daily.Result("Daily job", True, "is at work already; nothing was done twice")]
    assert not AuditEvent.objects.exists()
    assert [result.step for result in first] == STEPS[1:]
    in_threads(lambda: said.extend(daily.run(now=timezone.now())), count=1)
    assert [result.step for result in said[1:]] == STEPS


def test_a_run_that_is_given_up_leaves_the_next_one_free(committed: None) -> None:
    given_up = daily.run(now=timezone.now())
    next(given_up)
    given_up.close()
    said = []

    in_threads(lambda: said.extend(daily.run(now=timezone.now())), count=1)

    assert [result.step for result in said] == STEPS


def test_two_at_once_do_nothing_twice_even_without_the_lock(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    make_everything_due(now)
    for _ in range(4):
        make_trial_that_is_over()
    results = []
    meet = threading.Barrier(2)

    def every_step() -> None:
        for step in daily.STEPS.values():
            meet.wait(20)
            results.append(step(now))

    in_threads(every_step)

    assert [is_well for is_well, _ in results] == [True] * 2 * len(STEPS)
    events = AuditEvent.objects.values_list("verb", flat=True)
    assert {verb: list(events).count(verb) for verb in set(events)} == {
        "trial_ends_soon": 1,
        "trial_expired": 5,
        "bank_transfer_opened": 2,
        "account_awaits_payment": 1,
        "account_payment_overdue": 1,
        "grace_over": 1,
        "account_purged": 1,
        "approval_expired": 1,
    }
    assert Payment.objects.count() == 2
    assert CreditHold.objects.get().status == "expired"


def test_an_account_that_fails_is_named_and_does_not_stop_the_next(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = make_trial_that_is_over(slug="broken"), make_trial_that_is_over(slug="well")
    move = lifecycle.move

    def fail_for_one(**facts: object) -> None:
        move(**facts)
        if facts["account"] == broken:
            raise OSError("disk\nfull")

    monkeypatch.setattr(lifecycle, "move", fail_for_one)
    out = StringIO()

    with pytest.raises(Failed, match="look at: Trials"):
        call_command("run_daily", stdout=out)

    assert "Trials: 1 suspended: well; 1 failed: broken (disk full)\n" in out.getvalue()
    broken.refresh_from_db()
    well.refresh_from_db()
    assert (broken.status, well.status) == (S.TRIAL, S.SUSPENDED)
    assert "Daily step failed for broken" in caplog.text


def test_one_bad_hold_or_request_does_not_stop_the_others(db: None) -> None:
    now = timezone.now()
    broken, well = make_account(slug="broken", credits=100), make_account(slug="well", credits=100)
    for account in (broken, well):
        make_hold(account, created_at=now - 2 * DAY, expires_at=now - DAY)
        make_approval(account, requested_at=now - 8 * DAY, expires_at=now - DAY)
    plant("UPDATE igny8_credit_balances SET held = 0 WHERE account_id = %s", broken.pk)
    plant("UPDATE igny8_approvals SET requested_by_id = 0 WHERE account_id = %s", broken.pk)

    results = {result.step: result for result in daily.run(now=now)}

    for step in ("Holds", "Approvals"):
        assert not results[step].is_well
        assert ": well; 1 failed: broken (" in results[step].text
    assert list(CreditHold.objects.filter(status="expired")) == [well.credit_holds.get()]
    assert list(Approval.objects.filter(status="expired")) == [well.approvals.get()]


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
    assert MoneyProof.objects.exists()
    assert "Daily step failed: Trials" in caplog.text


def test_a_difference_makes_the_day_fail(db: None) -> None:
    account = make_account(credits=100)
    plant("UPDATE igny8_credit_balances SET credits = 101 WHERE account_id = %s", account.pk)
    plan = make_plan()
    plant(
        "INSERT INTO igny8_invoices (number, account_id, plan_id, included_credits, amount,"
        " currency, issued_on, due_on, status, created_at)"
        " VALUES ('2025-1', %s, %s, 1, 1, 'USD', now(), now(), 'open', now())",
        account.pk,
        plan.pk,
    )

    with pytest.raises(Failed, match="look at: Ledger proof, Money proof"):
        run("run_daily")


def test_of_many_only_the_first_are_named() -> None:
    names = [str(number) for number in range(25)]

    assert daily._named(names).endswith("18, 19 and 5 more")
