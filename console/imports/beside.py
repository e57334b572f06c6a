"""The worker's second connection: what others see while the import's transaction is open."""

from contextlib import suppress
from datetime import datetime
from typing import Self

from django.db import Error, connection

from console.imports.carry_out import turn_of
from console.imports.limits import SILENCE
from console.models import ImportRun, RunState

TABLE = ImportRun._meta.db_table
CLAIM = f"""
UPDATE {TABLE}
   SET state = %s, attempts = attempts + 1, rows_done = 0, started_at = %s, heartbeat_at = %s
 WHERE id = %s AND state IN (%s, %s) RETURNING attempts
"""  # noqa: S608
BEAT = f"""
UPDATE {TABLE} SET rows_done = %s, heartbeat_at = %s
 WHERE id = %s AND state = %s AND attempts = %s
"""  # noqa: S608


class Beside:
    """Holds the turn for a kind of import as long as it is open; each statement commits at once.

    A worker that is gone loses its connections, and with them the turn and the transaction: no
    other one can begin while anything of it is left.
    """

    def __enter__(self) -> Self:
        self._connection = connection.copy()
        # A machine that is cut off keeps its connection open for hours.
        self._execute(f"SET idle_session_timeout = {int(SILENCE.total_seconds() * 1000)}")
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Error):
            self._connection.close()

    def take_turn(self, kind: str) -> bool:
        return self._execute("SELECT pg_try_advisory_lock(hashtext(%s))", turn_of(kind))

    def claim(self, run_id: int, *, now: datetime) -> int | None:
        """The number under which to write progress, or None when the run is over."""
        open_states = (RunState.QUEUED, RunState.RUNNING)
        return self._execute(CLAIM, RunState.RUNNING, now, now, run_id, *open_states)

    def beat(self, run_id: int, *, attempt: int, rows_done: int, now: datetime) -> bool:
        """Write progress; False when the run is no longer this worker's."""
        with self._connection.cursor() as cursor:
            cursor.execute(BEAT, [rows_done, now, run_id, RunState.RUNNING, attempt])
            return cursor.rowcount == 1

    def _execute(self, statement: str, *parameters: object) -> object:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
