"""What only a superuser with the triggers off can do: differences in a ledger that should agree."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from billing.models import CreditBalance
from tenancy.models import Account


@contextmanager
def triggers_off() -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def plant(sql: str, *parameters: object) -> None:
    """Run one statement past every trigger."""
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def freeze(account: Account) -> None:
    CreditBalance.objects.filter(account=account).update(frozen=True)
