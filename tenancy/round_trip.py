"""The shortest way to the database, for the statements that every call of the API waits for."""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import errors, extensions

# What is sent for a statement in a session: EXECUTE of what was prepared there, or the statement.
_sent: WeakKeyDictionary[extensions.connection, dict[str, str]] = WeakKeyDictionary()


def one_row(sql: str, parameters: Sequence[object], *, is_repeatable: bool = False) -> tuple | None:
    """Run a statement and return its first row, None when it has none.

    A cursor of Django's takes half as long as the whole rest of a deduction on this side. Its
    layers are left out where nobody looks at them: errors are Django's all the same, a broken
    transaction is refused, and whoever listens to the queries (tests, DEBUG) gets them.

    Outside of a transaction PostgreSQL plans a statement once in a session instead of each time.
    So what type a parameter has must follow from the SQL: `SELECT %s::int`, not `SELECT %s`.

    A statement that `is_repeatable` (a read) does without Django's question whether the connection
    still stands: if it does not, it is opened again and the statement sent once more.
    """
    here = connections[DEFAULT_DB_ALIAS]
    if here.execute_wrappers or here.queries_logged:
        with here.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()
    if is_repeatable and here.connection is not None and not here.in_atomic_block:
        here.health_check_done = True
        try:
            return _first(here, sql, parameters)
        except (InterfaceError, OperationalError):
            if not here.connection.closed:
                raise
            here.close()
    here.close_if_health_check_failed()
    here.ensure_connection()
    here.validate_no_broken_transaction()
    return _first(here, sql, parameters)


def _first(here: BaseDatabaseWrapper, sql: str, parameters: Sequence[object]) -> tuple | None:
    with here.wrap_database_errors, here.connection.cursor() as cursor:
        # In a transaction, an error of what was prepared would be the end of all of it.
        if here.in_atomic_block:
            cursor.execute(sql, parameters)
        else:
            _execute_prepared(cursor, sql, parameters)
        return cursor.fetchone()


def _execute_prepared(cursor: extensions.cursor, sql: str, parameters: Sequence[object]) -> None:
    sent = _sent.get(cursor.connection)
    if sent is None:
        sent = _sent[cursor.connection] = {}
    if sql not in sent:
        sent[sql] = _prepare(cursor, sql)
    try:
        cursor.execute(sent[sql], parameters)
    except errors.InvalidSqlStatementName:
        # A pooler has put this transaction into another session, and will again.
        sent[sql] = sql
        cursor.execute(sql, parameters)
    except errors.FeatureNotSupported:
        # "cached plan must not change result type": a migration came in between.
        del sent[sql]
        with suppress(errors.InvalidSqlStatementName):
            cursor.execute(f"DEALLOCATE {_name(sql)}")
        cursor.execute(sql, parameters)


def _prepare(cursor: extensions.cursor, sql: str) -> str:
    """Prepare a statement and return what executes it."""
    marks = ["%s"] * sql.count("%s")
    numbers = [f"${number}" for number, _ in enumerate(marks, 1)]
    # Behind a pooler, another process may have prepared it. It is the same: the name says so.
    with suppress(errors.DuplicatePreparedStatement):
        cursor.execute(f"PREPARE {_name(sql)} AS {sql % tuple(numbers)}")
    return f"EXECUTE {_name(sql)}({', '.join(marks)})" if marks else f"EXECUTE {_name(sql)}"


def _name(sql: str) -> str:
    return f"one_row_{sha256(sql.encode()).hexdigest()[:16]}"
