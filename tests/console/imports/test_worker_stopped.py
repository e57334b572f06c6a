"""An import that a worker does not finish: cancelled, not allowed any more, overtaken."""

from collections.abc import Callable

import pytest
from django.db import OperationalError

from console.imports import files, runs, worker
from console.imports.runs import NotOpen
from console.models import ImportRun, RunState
from tenancy.models import Account, AuditEvent, Plan, User
from tests.console.imports.builders import queued
from tests.console.imports.working import LATER, ROWS, Meanwhile, nothing_is_there, work
from tests.digest import refused
from tests.factories import REASON, make_account, make_staff
from tests.racing import a_copy, at_once

pytestmark = pytest.mark.usefixtures("starter")


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
