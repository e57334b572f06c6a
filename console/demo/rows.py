"""Writing a row whose id is given, with history and audit event as a verb would."""

from collections.abc import Iterable

from django.core.management.color import no_style
from django.db import connection, models

from tenancy.models import Account
from tenancy.records import SYSTEM, record, save_with_history, snapshot

REASON = "Demo data"


def insert(
    instance: models.Model, *, verb: str, account: Account | None, fields: Iterable[str]
) -> None:
    """Save a new row under the id it has; `fields` are shown in its audit event."""
    save_with_history(instance, by=SYSTEM, reason=REASON)
    record(
        verb,
        by=SYSTEM,
        reason=REASON,
        target=instance,
        account=account,
        after=snapshot(instance, fields),
    )


def continue_ids(*models_: type[models.Model]) -> None:
    """Let the next row of each table get the id after the highest one."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_):
            cursor.execute(statement)
