"""The verbs of an import that a worker carries out: queue it, cancel it, have it begun again."""

from datetime import datetime

from django.db import transaction

from console.imports import tasks
from console.imports.carry_out import ImportUnderWay
from console.imports.importer import Who
from console.imports.limits import SILENCE
from console.imports.opened import IMPORTERS
from console.imports.outcome import Summary
from console.models import ImportFile, ImportRun, RunState
from console.models.import_run import OPEN
from tenancy import context
from tenancy.errors import StateConflict
from tenancy.models import User
from tenancy.records import lock, record


class NotOpen(StateConflict):
    code = "not_open"


class StillAtWork(StateConflict):
    code = "still_at_work"


def queue(*, import_file: ImportFile, who: Who) -> ImportRun:
    """Have a worker import the file as its preview shows; `files.confirm` has checked and locked.

    The task is part of the transaction: what is rolled back was never queued.
    """
    where = context.current()
    run = ImportRun.objects.create(
        import_file=import_file,
        fingerprint=import_file.fingerprint,
        confirmed_by=who.by,
        reason=who.reason,
        ticket_url=who.ticket_url,
        request_id=where.request_id,
        ip=where.ip,
        queued_at=who.now,
        rows_total=Summary.from_json(import_file.preview).to_do,
    )
    _record("queued", run, by=who.by, reason=who.reason, ticket_url=who.ticket_url)
    tasks.enqueue(run.pk)
    return run


@transaction.atomic
def cancel(*, run: ImportRun, by: User, now: datetime) -> ImportRun:
    """End an import before it is done; nothing of it is left.

    It counts at once: a worker commits only what is still running, and sees within a second that
    this is not. Raises NotOpen when it is done or over already.
    """
    lock(run)
    _refuse_over(run)
    run.state, run.finished_at, run.cancelled_by = RunState.CANCELLED, now, by
    run.save(update_fields=("state", "finished_at", "cancelled_by"))
    reason = f"Cancelled at {run.rows_done:,} of {run.rows_total:,} rows"
    _record("cancelled", run, by=by, reason=reason)
    return run


@transaction.atomic
def begin_again(*, run: ImportRun, by: User | None, now: datetime) -> ImportRun:
    """Call a worker once more for a run that nobody has taken, or whose worker is gone.

    Harmless where one is on its way: only one of them can have the run. Raises NotOpen, and
    StillAtWork while its worker gives signs of life.
    """
    lock(run)
    _refuse_over(run)
    if not is_silent(run, now=now):
        raise StillAtWork("Somebody is at work on this import; nothing was changed.", current="on")
    _record("begun_again", run, by=by, reason=f"No sign of life since {last_sign(run):%H:%M:%S}")
    tasks.enqueue(run.pk)
    return run


def forgotten(*, now: datetime) -> list[ImportRun]:
    """Runs without a sign of life that no worker will look at by itself.

    A worker has itself called again before it begins. It cannot where it dies, or loses the
    database, in the moment before that.
    """
    called_for = tasks.called_for()
    return [
        run
        for run in ImportRun.objects.filter(state__in=OPEN).select_related("import_file")
        if is_silent(run, now=now) and run.pk not in called_for
    ]


def last_sign(run: ImportRun) -> datetime:
    return run.heartbeat_at or run.queued_at


def is_silent(run: ImportRun, *, now: datetime) -> bool:
    return run.is_open and now - last_sign(run) > SILENCE


def open_run(import_file: ImportFile) -> ImportRun | None:
    found = ImportRun.objects.filter(import_file=import_file, state__in=OPEN)
    return found.select_related("confirmed_by").first()


def refuse_open(import_file: ImportFile) -> None:
    """Raises ImportUnderWay, with who and when, while the file waits for a worker or has one."""
    run = open_run(import_file)
    if run is not None:
        raise ImportUnderWay(
            f"{import_file.name} is being imported already: {run.confirmed_by} confirmed it at "
            f"{run.queued_at:%Y-%m-%d %H:%M} UTC. Nothing was changed.",
            current=run.state,
        )


def _refuse_over(run: ImportRun) -> None:
    if run.is_open:
        return
    how = {
        RunState.DONE: f"was done at {run.finished_at:%H:%M:%S} UTC: its rows are imported",
        RunState.FAILED: "has failed already: nothing of it was imported",
        RunState.CANCELLED: f"was cancelled already by {run.cancelled_by}",
    }[run.state]
    raise NotOpen(f"This import {how}. Nothing was changed now.", current=run.state)


def _record(
    done: str, run: ImportRun, *, by: User | None, reason: str, ticket_url: str = ""
) -> None:
    record(
        f"{IMPORTERS[run.import_file.kind].plural}_import_{done}",
        by=by,
        reason=reason,
        target=run.import_file,
        account=None,
        after={"file": run.import_file.name, "rows": run.rows_total},
        ticket_url=ticket_url,
    )
