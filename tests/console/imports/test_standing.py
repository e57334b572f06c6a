"""What the page says of a run: by its facts and the time alone."""

from datetime import timedelta

import pytest

from console.imports.standing import current_run, progress_of, state_of
from console.models import ImportFile, ImportKind, ImportRun, RunState
from tests.console.imports.builders import PLAN_ROW, plan_row, plans_csv, previewed, queued, staged
from tests.factories import NOW, make_staff

pytestmark = pytest.mark.django_db


def after(**span: int):
    return NOW + timedelta(**span)


@pytest.fixture
def run() -> ImportRun:
    return queued(PLAN_ROW, kind=ImportKind.PLANS)[1]


def at_work(run: ImportRun, **facts: object) -> ImportRun:
    """Begun when it was queued, last heard of 40 seconds later, unless `facts` say otherwise."""
    begun = {"state": RunState.RUNNING, "attempts": 1, "started_at": NOW}
    ImportRun.objects.filter(pk=run.pk).update(
        **begun | {"heartbeat_at": after(seconds=40), "rows_total": 1000} | facts
    )
    run.refresh_from_db()
    return run


def test_without_a_worker_it_says_so_and_for_how_long(run: ImportRun) -> None:
    soon = progress_of(run, now=after(seconds=4))
    assert (soon.percent, soon.alarm) == (0, "")
    assert "within seconds" in soon.hint

    assert "it has waited 45 seconds for a worker" in progress_of(run, now=after(seconds=45)).alarm
    late = progress_of(run, now=after(minutes=150))
    assert late.alarm.startswith("Nobody is working on it: it has waited 2 hours")


def test_behind_another_one_it_says_which(run: ImportRun) -> None:
    at_work(run)
    _, second = queued(plan_row(slug="other"), kind=ImportKind.PLANS)

    said = progress_of(second, now=after(minutes=5))

    assert (said.hint, said.alarm) == ("Begins when new.csv is done.", "")


def test_at_work_it_says_how_far_and_how_long_still(run: ImportRun) -> None:
    comparing = progress_of(at_work(run), now=after(seconds=41))
    assert (comparing.percent, comparing.hint) == (
        0,
        "Each row is compared with the preview first.",
    )

    half = progress_of(at_work(run, rows_done=500), now=after(seconds=41))
    assert (half.percent, half.hint) == (50, "About 40 seconds left.")

    second = progress_of(at_work(run, rows_done=100, attempts=2), now=after(seconds=41))
    assert second.hint == "Attempt 2: the worker before was gone. About 6 minutes left."


def test_a_silent_worker(run: ImportRun) -> None:
    at_work(run, rows_done=500)

    assert "last heard of 20 seconds ago" in progress_of(run, now=after(seconds=60)).hint
    gone = progress_of(run, now=after(seconds=40 + 61))
    assert (gone.percent, gone.hint) == (50, "")
    assert "no sign of life for 1 minute" in gone.alarm


def test_a_file_has_one_word_for_its_state(run: ImportRun) -> None:
    def word(file: ImportFile, **span: int) -> str:
        return state_of(file, current_run(file), now=after(**span)).label

    file = run.import_file
    assert word(file) == "Waiting"
    assert word(file, minutes=2) == "Waiting"
    at_work(run)
    assert word(file, seconds=50) == "Running"
    assert word(file, minutes=2) == "Stopped"
    over = {"finished_at": after(minutes=3)}
    at_work(run, state=RunState.FAILED, failure="The plan changed.", **over)
    assert word(file) == "Failed"
    at_work(run, state=RunState.CANCELLED, failure="", cancelled_by=make_staff(), **over)
    assert word(file) == "Cancelled"
    file.previewed_at = after(minutes=4)
    assert word(file) == "To confirm"
    file.imported_at = after(minutes=5)
    assert word(file) == "Imported"
    assert word(staged(plans_csv("x"))) == "Not checked"
    assert word(previewed(plans_csv("x"))[0]) == "Errors"
