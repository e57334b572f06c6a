"""A world that is built once and put into the database by one statement whenever a test asks.

Building it takes some fifty queries, and thousands of tests ask. The rows keep their keys, which
begin so high that no test counts up to them (loading the demo sets the sequences back).
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction

FIRST_KEY = 100_000


@dataclass(frozen=True)
class Prepared:
    """The rows as one SQL command, and the objects that stand for them."""

    sql: str
    objects: bytes

    def put(self) -> object:
        with connection.cursor() as cursor:
            cursor.execute(self.sql)
        return pickle.loads(self.objects)  # noqa: S301


def prepare(build: Callable[[], object], tables: list[str]) -> Prepared:
    """Build it in a transaction that is undone, and keep what came into the tables."""
    with transaction.atomic():
        _count_from(FIRST_KEY)
        before = {table: _rows(table) for table in tables}
        objects = pickle.dumps(build())
        made = {table: rows for table in tables if (rows := _rows(table)) != before[table]}
        transaction.set_rollback(True)
    assert not any(before[table] for table in made), "these tables are not only the world's"
    # The rows are as the triggers left them. All commands of one string are one transaction.
    inserts = [
        f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {rows})"  # noqa: S608
        for table, rows in made.items()
    ]
    steps = [
        "SET session_replication_role = replica",
        *inserts,
        "SET session_replication_role = origin",
    ]
    return Prepared("; ".join(steps), objects)


def _count_from(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass,
                          greatest(last_value, %s))
              FROM pg_sequences WHERE schemaname = 'public'
            """,
            [key],
        )


def _rows(table: str) -> str:
    """All rows as a literal of SQL; empty if there are none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(quote_literal(json_agg(t)::text), '') FROM {table} t")  # noqa: S608
        return cursor.fetchone()[0]
