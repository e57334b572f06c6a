"""Where a file stands: its state in a word, the run that matters, how far that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from console.ages import span_text
from console.imports import runs
from console.imports.outcome import Summary
from console.models import ImportFile, ImportProblem, ImportRun, RunState

# So long a queued run may wait, or a worker be silent, before the page says anything about it.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True)
class State:
    """`code` picks the color, `label` says it."""

    code: str
    label: str


@dataclass(frozen=True)
class Progress:
    """`hint` is the ordinary course, `alarm` says that nobody is at work."""

    percent: int
    hint: str = ""
    alarm: str = ""


def summary_of(import_file: ImportFile) -> Summary | None:
    return Summary.from_json(import_file.preview) if import_file.preview else None


def current_run(import_file: ImportFile) -> ImportRun | None:
    """The last run, unless the file was checked again since: then its end says nothing any more."""
    people = ("confirmed_by", "cancelled_by")
    return _current(import_file, import_file.runs.select_related(*people).first())


def _current(import_file: ImportFile, run: ImportRun | None) -> ImportRun | None:
    over = run is not None and run.state in (RunState.FAILED, RunState.CANCELLED)
    if over and import_file.previewed_at and run.finished_at < import_file.previewed_at:
        return None
    return run


def problems_of(import_file: ImportFile, run: ImportRun | None) -> QuerySet[ImportProblem]:
    """What is wrong with the file now: what its failed run found, else what its preview did."""
    failed = run is not None and run.state == RunState.FAILED
    return import_file.problems.filter(run=run if failed else None).order_by("line", "id")


def state_of(import_file: ImportFile, run: ImportRun | None, *, now: datetime) -> State:
    """`run` is the file's last one."""
    if import_file.is_imported:
        return State("imported", "Imported")
    run = _current(import_file, run)
    if run is not None:
        if runs.is_silent(run, now=now):
            return State("silent", "Stopped" if run.heartbeat_at else "Waiting")
        return State(run.state, run.get_state_display())
    summary = summary_of(import_file)
    if summary is None:
        return State("unchecked", "Not checked")
    if summary.problems:
        return State("errors", "Errors")
    return State("ready", "To confirm") if summary.to_do else State("same", "Nothing to do")


def progress_of(run: ImportRun, *, now: datetime) -> Progress:
    """How far an open run is, and what to expect next."""
    percent = 100 * run.rows_done // max(1, run.rows_total)
    quiet = now - runs.last_sign(run)
    if run.state == RunState.QUEUED:
        before = _before(run)
        if before is not None:
            return Progress(0, hint=f"Begins when {before.import_file.name} is done.")
        if quiet <= PATIENCE:
            return Progress(0, hint="A worker takes it within seconds.")
        return Progress(
            0,
            alarm=f"Nobody is working on it: it has waited {_lasting(quiet)} for a worker. It "
            "begins by itself as soon as one runs (python manage.py db_worker).",
        )
    if runs.is_silent(run, now=now):
        return Progress(
            percent,
            alarm=f"Its worker is gone: no sign of life for {_lasting(quiet)}. Nothing was "
            "imported. The next worker begins it again by itself, from the first row.",
        )
    if quiet > PATIENCE:
        return Progress(percent, hint=f"The worker was last heard of {_lasting(quiet)} ago.")
    again = f"Attempt {run.attempts}: the worker before was gone. " if run.attempts > 1 else ""
    if not run.rows_done:
        return Progress(0, hint=f"{again}Each row is compared with the preview first.")
    left = (run.heartbeat_at - run.started_at) * (run.rows_total / run.rows_done - 1)
    return Progress(percent, hint=f"{again}About {_lasting(left)} left.")


def _before(run: ImportRun) -> ImportRun | None:
    """The import that has this kind's turn."""
    running = ImportRun.objects.filter(
        state=RunState.RUNNING, import_file__kind=run.import_file.kind
    )
    return running.exclude(pk=run.pk).select_related("import_file").first()


def _lasting(span: timedelta) -> str:
    """Whole seconds below a minute, then as everywhere."""
    seconds = max(1, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return span_text(span)
