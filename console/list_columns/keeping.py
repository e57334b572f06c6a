"""A person's columns of a list: kept, and forgotten. Nobody else sees them."""

from collections.abc import Sequence
from datetime import datetime

from console.list_columns.choice import BETWEEN
from console.models import ListColumns
from tenancy.models import User


def keep(*, person: User, list_name: str, columns: Sequence[str], now: datetime) -> None:
    ListColumns.objects.update_or_create(
        person=person,
        list_name=list_name,
        defaults={"columns": BETWEEN.join(columns), "chosen_at": now},
    )


def forget(*, person: User, list_name: str) -> None:
    ListColumns.objects.filter(person=person, list_name=list_name).delete()
