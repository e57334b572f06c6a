"""An import that a worker carries out, in transactions that really commit."""

from datetime import datetime, timedelta

import pytest
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from billing.models import CreditTransaction
from console.imports import files, forgetting, runs
from console.imports.carry_out import ImportUnderWay
from console.imports.runs import StillAtWork
from console.imports.tasks import carry_out_import
from console.models import ImportFile, ImportRun, RunState
from console.timeline import Asked, Kind, stream
from tenancy import context
from tenancy.errors import ServiceError
from tenancy.models import Account, AuditEvent
from tests.console.imports.builders import queued
from tests.console.imports.working import LATER, ROWS, Meanwhile, nothing_is_there, work
from tests.digest import refused
from tests.factories import NOW, REASON, TICKET, make_staff
from tests.racing import a_copy, at_once

pytestmark = pytest.mark.usefixtures("starter")


def test_waiting_running_done(meanwhile: Meanwhile) -> None:
    with context.use(context.RequestContext("console", "request-1", "192.0.2.7")):
        file, run = queued(*ROWS)
    assert (run.state, run.rows_total, nothing_is_there()) == (RunState.QUEUED, 3, True)
    seen = []
    meanwhile(lambda: seen.append((nothing_is_there(), a_copy(run))))

    assert work(run) == "done"

    ((nothing_yet, during),) = seen
    assert nothing_yet
    assert (during.state, during.rows_done, during.heartbeat_at) == (RunState.RUNNING, 1, LATER)
    run.refresh_from_db()
    assert (run.state, run.rows_done, run.finished_at) == (RunState.DONE, 3, LATER)
    file.refresh_from_db()
    assert (file.imported_by, file.imported_at, file.reason) == (run.confirmed_by, LATER, REASON)
    assert sorted(Account.objects.values_list("slug", flat=True)) == ["one", "three", "two"]
    assert sum(CreditTransaction.objects.values_list("amount", flat=True)) == 300
    made = AuditEvent.objects.filter(verb__in=("account_created", "accounts_imported"))
    assert {(e.actor, e.reason, e.ticket_url) for e in made} == {(run.confirmed_by, REASON, TICKET)}
    assert {(e.door, e.request_id, e.ip) for e in made} == {("import", "request-1", "192.0.2.7")}
    # Each account's timeline tells it, and by what door.
    told = stream(Account.objects.get(slug="one"), Asked(Kind.IMPORTS)).rows
    assert "account_created" in [entry.event.verb for entry in told]
    assert work(run) == "over"
    assert Account.objects.count() == 3


def test_the_queue_of_tasks_calls_the_worker_once(meanwhile: Meanwhile) -> None:
    _, run = queued(*ROWS)
    during = []
    meanwhile(lambda: during.append(DBTaskResult.objects.order_by("enqueued_at").last().run_after))

    Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="of-test",
        excluded_queue_names=[],
    ).run()

    run.refresh_from_db()
    assert run.state == RunState.DONE
    done, next_look = DBTaskResult.objects.order_by("enqueued_at")
    assert (done.status, done.return_value) == ("SUCCESSFUL", "done")
    assert (next_look.status, next_look.run_after) == ("READY", during[0])
    assert carry_out_import.call(run.pk) == "over"


def test_a_worker_that_dies_midway_leaves_nothing_and_the_next_one_completes(
    meanwhile: Meanwhile,
) -> None:
    _, run = queued(*ROWS)
    calls: list[datetime] = []

    def dies() -> None:
        raise SystemExit

    meanwhile(dies)
    with pytest.raises(SystemExit):
        work(run, calls)

    run.refresh_from_db()
    assert (run.state, run.attempts, nothing_is_there()) == (RunState.RUNNING, 1, True)
    assert calls == [LATER + timedelta(seconds=60)]
    meanwhile(lambda: None)
    assert work(run) == "done"
    run.refresh_from_db()
    assert (run.attempts, run.rows_done, Account.objects.count()) == (2, 3, 3)
    assert AuditEvent.objects.filter(verb="accounts_imported").count() == 1


def test_a_second_worker_comes_again_later(meanwhile: Meanwhile) -> None:
    _, run = queued(*ROWS)
    _, other = queued("four,Four,starter,,,,", by=run.confirmed_by)
    again: list[datetime] = []
    answers = []
    meanwhile(lambda: answers.extend((work(run, again), work(other, again))))

    assert work(run) == "done"

    assert answers == ["busy", "busy"]
    assert again == [LATER + timedelta(seconds=60), LATER + timedelta(seconds=5)]
    assert a_copy(run).attempts == 1
    assert work(other) == "done"


def test_a_small_import_does_not_wait_for_a_large_one(meanwhile: Meanwhile) -> None:
    _, run = queued(*ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "queue", lambda **_: None)
        small, _ = queued("four,Four,starter,,,,", by=run.confirmed_by)
    refusals = []

    def confirm() -> None:
        with refused(ImportUnderWay, says="Another import of accounts is under way"):
            files.confirm(
                import_file=small,
                fingerprint=small.fingerprint,
                by=run.confirmed_by,
                reason=REASON,
                now=NOW,
            )
        refusals.append(True)

    meanwhile(confirm)

    assert work(run) == "done"
    assert refusals == [True]


def test_confirmed_twice_it_is_queued_once() -> None:
    file, run = queued(*ROWS)
    colleague = make_staff("Finance")

    with refused(ImportUnderWay, says=f"{run.confirmed_by} confirmed it at 2025-11-12 09:30 UTC"):
        files.confirm(
            import_file=file,
            fingerprint=file.fingerprint,
            by=colleague,
            reason=REASON,
            now=LATER,
        )
    with refused(ImportUnderWay):
        files.preview(import_file=file, by=run.confirmed_by, now=LATER)
    assert DBTaskResult.objects.count() == 1


def test_two_confirm_one_large_file_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    file, run = queued(*ROWS)
    runs.cancel(run=run, by=run.confirmed_by, now=NOW)
    monkeypatch.setattr(files, "BACKGROUND_ABOVE", 0)

    def confirm() -> object:
        return files.confirm(
            import_file=a_copy(file),
            fingerprint=file.fingerprint,
            by=run.confirmed_by,
            reason=REASON,
            now=LATER,
        )

    first, second = at_once(confirm, confirm)

    assert [type(each) for each in (first.refusal, second.refusal)].count(ImportUnderWay) == 1
    assert ImportRun.objects.filter(state=RunState.QUEUED).count() == 1


def test_a_worker_is_called_again_once_nobody_was_heard_for_a_minute() -> None:
    _, run = queued(*ROWS)
    with refused(StillAtWork):
        runs.begin_again(run=run, by=run.confirmed_by, now=NOW + timedelta(seconds=60))

    runs.begin_again(run=run, by=run.confirmed_by, now=NOW + timedelta(seconds=61))

    assert DBTaskResult.objects.count() == 2
    assert AuditEvent.objects.filter(verb="accounts_import_begun_again").count() == 1
    work(run)
    with pytest.raises(ServiceError, match="was done at"):
        runs.begin_again(run=run, by=run.confirmed_by, now=LATER)


def test_what_waits_for_a_worker_is_not_forgotten() -> None:
    file, run = queued(*ROWS)
    assert forgetting.forget_unconfirmed(before=LATER) == 0

    runs.cancel(run=run, by=run.confirmed_by, now=LATER)

    assert forgetting.forget_unconfirmed(before=LATER) == 1
    assert not ImportFile.objects.filter(pk=file.pk).exists()
