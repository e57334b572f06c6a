"""Whether anything changed: one fingerprint of every business table."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from django.db import connection

from tenancy.errors import ServiceError


def digest() -> dict[str, str]:
    """The hash of all rows of each table, by table name."""
    with connection.cursor() as cursor:
        # Asked some thousand times by the tests, and planning it takes longer than its answer.
        cursor.execute("SELECT FROM pg_prepared_statements WHERE name = 'digest'")
        if not cursor.rowcount:
            cursor.execute(f"PREPARE digest AS {question()}")
        cursor.execute("EXECUTE digest")
        return dict(cursor.fetchall())


@cache
def question() -> str:
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"  # noqa: S608
        f' FROM "{table}" t'
        for table in business_tables()
    ]
    return " UNION ALL ".join(parts)


@cache
def business_tables() -> list[str]:
    """No test makes a table that is business."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if name.startswith("igny8_")]


def changed_since(before: dict[str, str]) -> list[str]:
    """The tables that are not as they were, by name: a parallel plan returns them in any order."""
    return sorted(table for table, rows in digest().items() if rows != before[table])


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = digest()
    yield
    assert changed_since(before) == []


@contextmanager
def refused(error: type[ServiceError], *, says: str = "") -> Iterator[pytest.ExceptionInfo]:
    """The block is refused with exactly this error, in words for people, and changes nothing."""
    with nothing_changes(), pytest.raises(error) as caught:
        yield caught
    assert type(caught.value) is error
    assert says in caught.value.message
    assert "<" not in caught.value.message
