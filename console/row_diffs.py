"""What changed from one row of an object's history to the next."""

from collections.abc import Iterable

from django.db import models

from console.diffs import Change, changes
from tenancy.models import AuditEvent
from tenancy.records import snapshot

# Left out of the history tables already; this is the second lock.
SECRET = frozenset({"password", "last_login", "wp_app_password", "key_hash"})
# Set by the computer beside every change, so they say nothing about it.
STAMPS = frozenset({"created_at", "updated_at", "date_joined", "status_changed_at"})
NOT_GIVEN = (None, "", [], False)


def between(model: type[models.Model], old: models.Model | None, new: models.Model) -> list[Change]:
    """The fields that differ; of an object's first row the ones that were given."""
    fields = [
        field
        for field in new.tracked_fields
        if field.name not in SECRET | STAMPS and not field.primary_key
    ]
    changed = [
        field
        for field in fields
        if (
            getattr(old, field.attname) != getattr(new, field.attname)
            if old is not None
            else getattr(new, field.attname) not in NOT_GIVEN
        )
    ]
    return changes(
        AuditEvent(
            target_type=model._meta.model_name,
            before=_values(old, changed) if old is not None else {},
            after=_values(new, changed),
        )
    )


def _values(row: models.Model, fields: Iterable[models.Field]) -> dict[str, object]:
    """The values as an audit event keeps them: references by name, times in ISO."""
    named = {}
    for field in fields:
        try:
            named |= snapshot(row, (field.name,))
        except models.ObjectDoesNotExist:
            # History outlives what it points to.
            named[field.name] = f"#{getattr(row, field.attname)}"
    return named
