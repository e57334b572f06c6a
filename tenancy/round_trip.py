"""The shortest way to the database, for the statements that every call of the API waits for."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Connection, errors
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, Format, PGconn, PGresult

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class _Mine(threading.local):
    """This thread's session, and what was prepared in it."""

    connection: Connection | None = None
    statements: dict[str, "_Statement"]


_mine = _Mine()


def one_row(
    sql: str,
    parameters: Sequence[object],
    *,
    is_repeatable: bool = False,
    outside_only: bool = False,
) -> tuple | None:
    """The first row of `all_rows`, None when there is none."""
    rows = all_rows(sql, parameters, is_repeatable=is_repeatable, outside_only=outside_only)
    return rows[0] if rows else None


def all_rows(
    sql: str,
    parameters: Sequence[object],
    *,
    is_repeatable: bool = False,
    outside_only: bool = False,
) -> list[tuple]:
    """Run a statement and return its rows.

    A cursor, Django's or the driver's, takes longer than the whole rest of a deduction on this
    side. So the statement goes to libpq itself. What cursors promise is kept: errors are Django's,
    a broken transaction is refused, and whoever listens to the queries (tests, DEBUG) gets them.

    Outside of a transaction PostgreSQL plans a statement once in a session instead of each time.
    So what type a parameter has must follow from the SQL: `SELECT %s::int`, not `SELECT %s`. JSON
    is asked for as text: inside a transaction it is read in another way.

    A statement that `is_repeatable` (a read) does without Django's question whether the connection
    still stands: if it does not, it is opened again and the statement sent once more.

    One for `outside_only` is not sent inside of a transaction, which its error would be the end of:
    it gives no rows there.
    """
    here = connections[DEFAULT_DB_ALIAS]
    if outside_only and not here.get_autocommit():
        return []
    if here.execute_wrappers or here.queries_logged:
        with here.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
    if is_repeatable and here.connection is not None and here.autocommit:
        here.health_check_done = True
        try:
            return _rows(here, sql, parameters)
        except (InterfaceError, OperationalError):
            if not here.connection.closed:
                raise
            here.close()
    here.close_if_health_check_failed()
    if here.connection is None:
        here.ensure_connection()
    return _rows(here, sql, parameters)


def _rows(here: BaseDatabaseWrapper, sql: str, parameters: Sequence[object]) -> list[tuple]:
    try:
        if here.autocommit:
            connection = here.connection
            return _statement(connection, sql).rows(connection.pgconn, parameters)
        # In a transaction, an error of what was prepared would be the end of all of it. And the
        # driver begins one with the first statement of a cursor, not before.
        here.validate_no_broken_transaction()
        with here.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
    except errors.Error:
        with here.wrap_database_errors:
            raise


def _statement(connection: Connection, sql: str) -> "_Statement":
    if _mine.connection is not connection:
        _mine.connection, _mine.statements = connection, {}
    statement = _mine.statements.get(sql)
    if statement is None:
        statement = _mine.statements[sql] = _Statement(sql, connection.adapters)
    return statement


class _Statement:
    """A statement in a session: how it is sent, and how its row is read."""

    def __init__(self, sql: str, adapters: AdaptersMap) -> None:
        numbers = [f"${number}" for number in range(1, sql.count("%s") + 1)]
        self.command = (sql % tuple(numbers)).encode()
        self.name = f"one_row_{sha256(self.command).hexdigest()[:16]}".encode()
        self.formats = [PyFormat.TEXT] * len(numbers)
        self.values = Transformer(adapters)
        self.is_prepared: bool | None = None
        # What the columns are does not change until it is prepared anew.
        self.knows_columns = False

    def rows(self, session: PGconn, parameters: Sequence[object]) -> list[tuple]:
        values = self.values
        result = self._execute(session, values.dump_sequence(parameters, self.formats))
        values.set_pgresult(result, set_loaders=not self.knows_columns)
        self.knows_columns = True
        return values.load_rows(0, result.ntuples, tuple)

    def _execute(self, session: PGconn, values: Sequence) -> PGresult:
        if self.is_prepared is None:
            self.knows_columns = False
            # Behind a pooler, another process may have prepared it. It is the same: the name says
            # so.
            with suppress(errors.DuplicatePreparedStatement):
                _checked(session.prepare(self.name, self.command))
            self.is_prepared = True
        if self.is_prepared:
            try:
                return _checked(session.exec_prepared(self.name, values, None, Format.BINARY))
            except errors.InvalidSqlStatementName:
                # A pooler has put this transaction into another session, and will again.
                self.is_prepared = False
            except errors.FeatureNotSupported:
                # "cached plan must not change result type": a migration came in between.
                self.is_prepared = None
                with suppress(errors.InvalidSqlStatementName):
                    _checked(session.exec_(b"DEALLOCATE " + self.name))
        self.knows_columns = False
        return _checked(session.exec_params(self.command, values, None, None, Format.BINARY))


def _checked(result: PGresult) -> PGresult:
    if result.status in _DONE:
        return result
    if result.error_field(DiagnosticField.SQLSTATE) is None:
        # Not from the server: the connection is gone.
        raise errors.OperationalError(result.get_error_message())
    raise errors.error_from_result(result)
