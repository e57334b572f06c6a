"""Locking, history and audit: the lines that every verb is made of."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models

from tenancy import context
from tenancy.errors import InvalidValue, NotPermitted
from tenancy.models import Account, AuditEvent, User

# The actor of jobs and of a customer's own sign-up: no member of staff.
SYSTEM: Final = None
SYSTEM_LABEL = "system"

MAX_REASON = 1000
MAX_TICKET = 500


class ReasonRequired(InvalidValue):
    code = "reason_required"


class OwnAccount(NotPermitted):
    code = "own_account"


def lock(instance: models.Model) -> None:
    """Lock the caller's own object and bring it up to date.

    Outside a transaction it raises, so that a forgotten `atomic` cannot pass unnoticed.
    """
    queryset = instance.__class__._default_manager.select_for_update(no_key=True)
    instance.refresh_from_db(from_queryset=queryset)


def clean_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises ReasonRequired when nothing readable is left, or when it is over 1,000 characters.
    """
    cleaned = reason.strip()
    if not any(character.isalnum() for character in cleaned):
        raise ReasonRequired("Give a reason: it is kept with the change.", field="reason")
    if "\x00" in cleaned:
        raise ReasonRequired("The reason holds a character that cannot be kept.", field="reason")
    if len(cleaned) > MAX_REASON:
        raise ReasonRequired(
            f"The reason has {len(cleaned):,} characters; {MAX_REASON:,} fit.", field="reason"
        )
    return cleaned


def clean_ticket(ticket_url: str) -> str:
    """The link without blanks around it, or nothing. Raises InvalidValue for no web address."""
    cleaned = ticket_url.strip()
    if not cleaned:
        return ""
    try:
        if len(cleaned) > MAX_TICKET:
            raise ValidationError("too long")
        URLValidator(schemes=["http", "https"])(cleaned)
    except ValidationError:
        raise InvalidValue(
            f"“{cleaned[:60]}” is no link to a ticket; paste its address from the browser.",
            field="ticket_url",
        ) from None
    return cleaned


def refuse_own_account(*, by: User | None, account: Account) -> None:
    """Nobody in the console acts on an account they belong to, superusers included."""
    if by is not None and by.is_staff and by.account_id == account.pk:
        raise OwnAccount(
            f"You belong to {account.name}. Somebody else must do this for you.",
            account=account.slug,
        )


def save_with_history(
    instance: models.Model, *, by: User | None, reason: str, fields: Iterable[str] = ()
) -> None:
    """Save the named fields (a new object: all of it) and say in its history who and why.

    The actor and reason are cleared again, so that they cannot slip into the next save.
    """
    instance._history_user = by
    instance._change_reason = reason
    try:
        if instance._state.adding:
            instance.save(force_insert=True)
        else:
            stamped = [*fields, "updated_at"] if hasattr(instance, "updated_at") else [*fields]
            instance.save(update_fields=stamped)
    finally:
        del instance._history_user
        del instance._change_reason


def snapshot(instance: models.Model, fields: Iterable[str]) -> dict[str, object]:
    """The named fields as JSON values, for the before and after of an audit event."""
    return {name: _plain(getattr(instance, name)) for name in fields}


def _plain(value: object) -> object:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def change(
    instance: models.Model,
    values: Mapping[str, object],
    *,
    verb: str,
    by: User | None,
    reason: str,
    account: Account | None,
    ticket_url: str = "",
) -> None:
    """Give a locked object new values: saved with history, recorded with before and after."""
    before = snapshot(instance, values)
    for name, value in values.items():
        setattr(instance, name, value)
    save_with_history(instance, by=by, reason=reason, fields=values)
    record(
        verb,
        by=by,
        reason=reason,
        target=instance,
        account=account,
        before=before,
        after=snapshot(instance, values),
        ticket_url=ticket_url,
    )


def record(
    verb: str,
    *,
    by: User | None,
    reason: str,
    target: models.Model,
    account: Account | None,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    ticket_url: str = "",
    result: AuditEvent.Result = AuditEvent.Result.DONE,
    nobody: str = SYSTEM_LABEL,
) -> AuditEvent:
    """Write one audit event in the caller's transaction. Raises InvalidValue for a bad ticket link.

    `before` and `after` hold the changed fields as JSON values; equal ones are left out. `nobody`
    is what is kept as who did it where there is no `by`.
    """
    ticket_url = clean_ticket(ticket_url)
    before, after = before or {}, after or {}
    unchanged = {name for name in before if name in after and before[name] == after[name]}
    where = context.current()
    return AuditEvent.objects.create(
        actor=by,
        actor_label=by.email if by is not None else nobody,
        verb=verb,
        result=result,
        account=account,
        target_type=target._meta.model_name,
        target_id=str(target.pk or ""),
        target_label=str(target)[:255],
        before={name: value for name, value in before.items() if name not in unchanged},
        after={name: value for name, value in after.items() if name not in unchanged},
        reason=reason,
        ticket_url=ticket_url,
        door=where.door,
        request_id=where.request_id,
        ip=where.ip,
    )
