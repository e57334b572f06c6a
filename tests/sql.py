"""Past the models, straight to the database."""

from collections.abc import Callable

from django.db import connection, transaction


def run(sql: str, *parameters: object) -> None:
    """One statement, with its deferred foreign keys checked where a transaction would end."""
    in_one_transaction(lambda: _execute(sql, *parameters))


def in_one_transaction(change: Callable[[], object]) -> None:
    with transaction.atomic():
        _execute("SET CONSTRAINTS ALL IMMEDIATE")
        change()


def _execute(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
