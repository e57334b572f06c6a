"""What a worker does with a queued import, and how it ends: done, failed, cancelled, or again.

The rows are one transaction: a worker that dies leaves nothing, and beginning again from the first
row is always right. The run's state is written on a second connection (`Beside`), which also holds
the turn, so that no two workers are ever at one import. `done` alone is part of the transaction.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from console.imports import kept
from console.imports.beside import Beside
from console.imports.carry_out import PreviewOutdated, carry_out, for_the_record
from console.imports.importer import Who
from console.imports.limits import MAX_ATTEMPTS, SILENCE
from console.imports.opened import IMPORTERS
from console.models import ImportRun, RunState
from console.models.import_run import OPEN
from tenancy import context
from tenancy.errors import NotPermitted, ServiceError, StateConflict
from tenancy.models import AuditEvent, User
from tenancy.records import lock, record

logger = logging.getLogger(__name__)

type Clock = Callable[[], datetime]

EVERY = 0.5  # seconds between two signs of life, and until a cancelled import ends
# Another import of this kind is at work: how soon to look again.
WAIT = timedelta(seconds=5)
OUR_FAULT = (
    "Something went wrong on our side. Nothing was imported; confirm it again, and if that fails "
    "too, tell the engineers the time."
)


class RightLost(NotPermitted):
    code = "right_lost"


class GivenUp(StateConflict):
    code = "given_up"


class Ended(Exception):
    """The run is no longer this worker's: it was cancelled, or another one has begun it anew."""


def work(*, run_id: int, clock: Clock, call_again: Callable[[int, datetime], None]) -> str:
    """Carry out a run if it is there to be carried out; returns what came of it.

    `call_again` has the run looked at once more, at a time. It is called before anything is begun:
    whatever becomes of this process, the next one then finds the run, as long as it is open.
    """
    run = ImportRun.objects.filter(pk=run_id, state__in=OPEN).first()
    if run is None:
        return "over"
    with Beside() as beside:
        if not beside.take_turn(run.import_file.kind):
            call_again(run_id, clock() + (WAIT if run.state == RunState.QUEUED else SILENCE))
            return "busy"
        call_again(run_id, clock() + SILENCE)
        attempt = beside.claim(run_id, now=clock())
        if attempt is None:
            return "over"
        run.refresh_from_db()
        with context.use(context.RequestContext("import", run.request_id, run.ip)):
            return _attempt(run, beside, clock)


def _attempt(run: ImportRun, beside: Beside, clock: Clock) -> str:
    try:
        if run.attempts > MAX_ATTEMPTS:
            raise GivenUp(
                f"{MAX_ATTEMPTS} workers began this import and none came to its end. Nothing was "
                "imported. Tell the engineers the time before you confirm it again.",
                current=run.state,
            )
        _import(run, beside, clock)
    except Ended:
        return "ended"
    except ServiceError as refusal:
        _fail(run, refusal, now=clock())
        return "failed"
    except (OperationalError, InterfaceError):
        # The database went away. The run stays open, and is begun again when it is looked at next.
        raise
    except Exception:
        logger.exception("import %s of %s broke off", run.pk, run.import_file)
        _fail(run, ServiceError(OUR_FAULT), now=clock())
        return "failed"
    return "done"


@transaction.atomic
def _import(run: ImportRun, beside: Beside, clock: Clock) -> None:
    with connection.cursor() as cursor:
        # Should this process freeze, its locks must not outlive its turn.
        milliseconds = int(SILENCE.total_seconds() * 1000)
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {milliseconds}")
    if run.fingerprint != run.import_file.fingerprint:
        raise PreviewOutdated("This is not the preview that was confirmed.", current="outdated")
    by = _person(run)
    who = Who(by=by, reason=run.reason, ticket_url=run.ticket_url, now=clock())
    carry_out(import_file=run.import_file, who=who, tick=_ticking(run, beside, clock))
    _person(run)
    _lock_own(run)
    run.state, run.rows_done, run.finished_at = RunState.DONE, run.rows_total, clock()
    run.save(update_fields=("state", "rows_done", "finished_at"))
    # It began minutes ago; nobody could see a row of it before now.
    run.import_file.imported_at = run.finished_at
    run.import_file.save(update_fields=("imported_at",))


def _ticking(run: ImportRun, beside: Beside, clock: Clock) -> Callable[[int], None]:
    last = time.monotonic()

    def tick(done: int) -> None:
        nonlocal last
        if time.monotonic() - last < EVERY:
            return
        if not beside.beat(run.pk, attempt=run.attempts, rows_done=done, now=clock()):
            raise Ended
        last = time.monotonic()

    return tick


def _person(run: ImportRun) -> User:
    """Who confirmed, if they may still import. Raises RightLost."""
    importer = IMPORTERS[run.import_file.kind]
    by = User.objects.get(pk=run.confirmed_by_id)
    if not (by.is_active and by.is_staff and by.has_perm(importer.permission)):
        raise RightLost(
            f"{by} confirmed this import and may not import {importer.plural} any more. Nothing "
            "was imported; somebody who may can confirm it.",
        )
    return by


def _lock_own(run: ImportRun) -> None:
    """Raises Ended unless the run is still this worker's."""
    attempt = run.attempts
    lock(run)
    if (run.state, run.attempts) != (RunState.RUNNING, attempt):
        raise Ended


def _fail(run: ImportRun, refusal: ServiceError, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            _lock_own(run)
            run.state, run.failure, run.finished_at = RunState.FAILED, refusal.message, now
            run.save(update_fields=("state", "failure", "finished_at"))
            kept.keep_problems(run.import_file, getattr(refusal, "problems", ()), run=run)
            record(
                f"import_{IMPORTERS[run.import_file.kind].plural}",
                by=run.confirmed_by,
                reason=run.reason,
                target=run.import_file,
                account=None,
                after={"refused_because": for_the_record(refusal)},
                ticket_url=run.ticket_url,
                result=AuditEvent.Result.REFUSED,
            )
    except Ended:
        logger.info("import %s was ended before it could fail: %s", run.pk, refusal.message)
