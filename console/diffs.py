"""What an audit event changed, in people's words: “Status: trial → active”."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.apps import apps
from django.db import models

from tenancy.models import AuditEvent

NOTHING = "–"
APPS = ("tenancy", "billing", "auth")


@dataclass(frozen=True)
class Change:
    """`before` is empty when there is nothing to compare with: a thing was made or told."""

    label: str
    before: str
    after: str


def changes(event: AuditEvent, *, without: Collection[str] = ()) -> list[Change]:
    """The event's fields in the order they were recorded; those only in `before` come last.

    `without` names fields to leave out.
    """
    names = [*event.after, *(name for name in event.before if name not in event.after)]
    fields = _fields(event.target_type)
    return [
        Change(
            label=_label(name, fields.get(name)),
            before=_text(event.before[name], fields.get(name)) if name in event.before else "",
            after=_text(event.after[name], fields.get(name)) if name in event.after else NOTHING,
        )
        for name in names
        if name not in without
    ]


@lru_cache
def _fields(model_name: str) -> dict[str, models.Field]:
    for app in APPS:
        try:
            model = apps.get_model(app, model_name)
        except LookupError:
            continue
        return {field.name: field for field in model._meta.concrete_fields}
    return {}


def _label(name: str, field: models.Field | None) -> str:
    text = str(field.verbose_name) if field is not None else name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _text(value: object, field: models.Field | None) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_text(item, field) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item, None)}" for key, item in value.items())
    choice = dict(field.flatchoices).get(value) if field is not None else None
    # A code in capitals (USD) says more than its name.
    if choice is not None and not str(value).isupper():
        return str(choice).lower()
    return _moment(str(value)) or str(value)


def _moment(text: str) -> str:
    """`2025-11-12T09:30:00+00:00` reads “2025-11-12 09:30”; empty for any other text."""
    if "T" not in text:
        return ""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
    except ValueError:
        return ""
