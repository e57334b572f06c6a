"""Writing a row whose id is given, with history and audit event as a verb would."""

from collections.abc import Iterable
from datetime import datetime

from django.core.management.color import no_style
from django.db import connection, models

from tenancy import context
from tenancy.models import Account, AuditEvent, User
from tenancy.records import SYSTEM, SYSTEM_LABEL, record, save_with_history, snapshot

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


def record_at(
    moment: datetime,
    verb: str,
    *,
    by: User | None,
    reason: str,
    target: models.Model,
    account: Account,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    """The audit event of what was done in the past; a verb's own is of the time of writing."""
    before, after = before or {}, after or {}
    unchanged = {name for name in before if name in after and before[name] == after[name]}
    AuditEvent.objects.create(
        at=moment,
        actor=by,
        actor_label=by.email if by else SYSTEM_LABEL,
        verb=verb,
        result=AuditEvent.Result.DONE,
        account=account,
        target_type=target._meta.model_name,
        target_id=str(target.pk),
        target_label=str(target),
        before={name: value for name, value in before.items() if name not in unchanged},
        after={name: value for name, value in after.items() if name not in unchanged},
        reason=reason,
        door=context.current().door,
    )


def continue_ids(*models_: type[models.Model]) -> None:
    """Let the next row of each table get the id after the highest one."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_):
            cursor.execute(statement)
