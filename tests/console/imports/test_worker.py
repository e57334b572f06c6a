"""An import that a worker carries out, in transactions that really commit.

The worker runs inside the test; what happens meanwhile happens while it does a row.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connections
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from billing.models import CreditTransaction
from billing.services import onboarding
from console.imports import files, forgetting, runs, worker
from console.imports.carry_out import ImportUnderWay
from console.imports.runs import NotOpen, StillAtWork
from console.imports.tasks import carry_out_import
from console.models import ImportFile, ImportRun, RunState
from console.timeline import Asked, Kind, stream
from tenancy import context
from tenancy.errors import ServiceError
from tenancy.models import Account, AuditEvent, Plan, User
from tests.console.imports.builders import queued
from tests.digest import refused
from tests.factories import NOW, REASON, TICKET, make_account, make_plan, make_staff
from tests.racing import a_copy, at_once

ROWS = (
    "one,One,starter,ann@one.example,,,100",
    "two,Two,starter,,,,200",
    "three,Three,starter,,,,0",
)
LATER = NOW + timedelta(minutes=2)

type Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture(autouse=True)
def _starter(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_plan(slug="starter", name="Starter")
    monkeypatch.setattr(worker, "EVERY", 0)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meanwhile]:
    """Have somebody else do something while the worker is between the first and second row."""
    create = onboarding.create_account

    def plan(act: Callable[[], object]) -> None:
        def create_account(*, slug: str, **facts: object) -> Account:
            if slug == "two":
                elsewhere(act)
            return create(slug=slug, **facts)

        monkeypatch.setattr(onboarding, "create_account", create_account)

    yield plan
    monkeypatch.setattr(onboarding, "create_account", create)


def elsewhere(act: Callable[[], object]) -> object:
    """With another connection."""

    def run() -> object:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


def work(run: ImportRun, calls: list[datetime] | None = None, at: datetime = LATER) -> str:
    def call_again(run_id: int, when: datetime) -> None:
        assert run_id == run.pk
        if calls is not None:
            calls.append(when)

    return worker.work(run_id=run.pk, clock=lambda: at, call_again=call_again)


def nothing_is_there() -> bool:
    return not (
        Account.objects.exists()
        or CreditTransaction.objects.exists()
        or User.objects.filter(is_staff=False).exists()
        or ImportFile.objects.filter(imported_at__isnull=False).exists()
    )


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


def test_cancelled_midway_nothing_is_left(meanwhile: Meanwhile) -> None:
    file, run = queued(*ROWS)
    colleague = make_staff("Finance")
    meanwhile(lambda: runs.cancel(run=a_copy(run), by=colleague, now=LATER))

    assert work(run) == "ended"

    run.refresh_from_db()
    assert (run.state, run.cancelled_by, run.rows_done) == (RunState.CANCELLED, colleague, 1)
    assert nothing_is_there()
    event = AuditEvent.objects.get(verb="accounts_import_cancelled")
    assert (event.actor, event.reason) == (colleague, "Cancelled at 1 of 3 rows")
    with refused(NotOpen, says=f"cancelled already by {colleague}"):
        runs.cancel(run=run, by=run.confirmed_by, now=LATER)
    assert work(run) == "over"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "BACKGROUND_ABOVE", 0)
        again = files.confirm(
            import_file=file,
            fingerprint=file.fingerprint,
            by=colleague,
            reason=REASON,
            now=LATER,
        ).run
    meanwhile(lambda: None)
    assert work(again) == "done"


def test_cancelled_while_it_waits() -> None:
    _, run = queued(*ROWS)

    runs.cancel(run=run, by=run.confirmed_by, now=LATER)

    assert work(run) == "over"
    assert nothing_is_there()


def test_cancelled_when_it_is_done() -> None:
    _, run = queued(*ROWS)
    work(run)

    with refused(NotOpen, says="was done at 09:32:00 UTC: its rows are imported"):
        runs.cancel(run=run, by=run.confirmed_by, now=LATER)


def test_cancelling_and_finishing_at_once_never_disagree() -> None:
    _, run = queued(*ROWS)
    other = a_copy(run)

    _, cancelled = at_once(
        lambda: work(run), lambda: runs.cancel(run=other, by=other.confirmed_by, now=LATER)
    )

    run.refresh_from_db()
    if cancelled.refusal:
        assert isinstance(cancelled.refusal, NotOpen)
        assert (run.state, Account.objects.count()) == (RunState.DONE, 3)
    else:
        assert (run.state, nothing_is_there()) == (RunState.CANCELLED, True)


def loses_the_group(by: User) -> None:
    by.groups.clear()


def is_deactivated(by: User) -> None:
    User.objects.filter(pk=by.pk).update(is_active=False)


def leaves_the_staff(by: User) -> None:
    User.objects.filter(pk=by.pk).update(is_staff=False)


@pytest.mark.parametrize(
    ("loses", "when"),
    [(loses_the_group, "before"), (is_deactivated, "midway"), (leaves_the_staff, "midway")],
)
def test_who_may_not_import_any_more_does_not(
    meanwhile: Meanwhile, loses: Callable[[User], None], when: str
) -> None:
    _, run = queued(*ROWS)
    if when == "before":
        loses(run.confirmed_by)
    else:
        meanwhile(lambda: loses(run.confirmed_by))

    assert work(run) == "failed"

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert f"{run.confirmed_by} confirmed this import and may not" in run.failure
    assert not Account.objects.exists()
    event = AuditEvent.objects.get(result="refused")
    assert (event.verb, event.actor) == ("import_accounts", run.confirmed_by)


def test_lines_that_differ_by_now_are_all_kept_and_nothing_is_imported() -> None:
    _, run = queued(*ROWS)
    make_account(slug="three", plan=Plan.objects.get(slug="starter"))
    Plan.objects.update(trial_days=14)
    before = Account.objects.count()

    assert work(run) == "failed"

    run.refresh_from_db()
    assert "Line 2 (one): trial would become “14 days”, shown was “without an end”." in run.failure
    assert "2 more are affected" in run.failure
    found = run.problems.order_by("line").values_list("line", "column", "value")
    assert list(found) == [(2, "slug", "one"), (3, "slug", "two"), (4, "opening_credits", "0")]
    assert Account.objects.count() == before


def test_a_row_taken_while_the_import_runs(meanwhile: Meanwhile) -> None:
    _, run = queued(*ROWS)
    meanwhile(lambda: make_account(slug="three"))

    assert work(run) == "failed"

    (problem,) = a_copy(run).problems.all()
    assert (problem.line, problem.column) == (4, "slug")
    assert "exists already" in problem.message
    assert list(Account.objects.values_list("slug", flat=True)) == ["three"]


def test_a_database_that_goes_away_leaves_the_run_open(meanwhile: Meanwhile) -> None:
    _, run = queued(*ROWS)

    def goes_away() -> None:
        raise OperationalError("server closed the connection")

    meanwhile(goes_away)
    for _ in range(worker.MAX_ATTEMPTS):
        with pytest.raises(OperationalError):
            work(run)
    assert a_copy(run).state == RunState.RUNNING

    assert work(run) == "failed"

    run.refresh_from_db()
    assert "3 workers began this import and none came to its end" in run.failure
    assert nothing_is_there()


def test_a_fault_of_ours_is_said_without_its_words(
    meanwhile: Meanwhile, caplog: pytest.LogCaptureFixture
) -> None:
    _, run = queued(*ROWS)

    def breaks() -> None:
        raise ZeroDivisionError("secret detail")

    meanwhile(breaks)

    assert work(run) == "failed"

    assert a_copy(run).failure == worker.OUR_FAULT
    assert "secret detail" in caplog.text
    assert nothing_is_there()


def test_a_worker_that_was_replaced_commits_nothing(meanwhile: Meanwhile) -> None:
    """Frozen so long that another one began: the number of its attempt is no longer the run's."""
    _, run = queued(*ROWS)
    meanwhile(lambda: ImportRun.objects.filter(pk=run.pk).update(attempts=7))

    assert work(run) == "ended"

    assert nothing_is_there()


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
