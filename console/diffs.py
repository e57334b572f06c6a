"""What an audit event changed, in people's words: “Status: trial → active”."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.apps import apps
from django.db import models

from tenancy.models import AuditEvent

NOTHING = "–"
APPS = ("tenancy", "billing", "auth")
# Facts of events that are no field, and whose name says too little.
LABELS = {
    "call": "Called",
    "mail": "E-mail",
    "old_key_works_for_hours": "Hours the old key still works",
    "sha256": "Fingerprint of the file",
    "subscription_before": "Subscription was",
    "wp_app_password": "WordPress password",
    "wp_url": "WordPress address",
    "wp_username": "WordPress user",
}
# Names whose values are codes of ours, in small letters and with underscores: ai_writer.
CODED = frozenset({"features", "mail", "verb"})
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


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
            before=_told(event.before[name], name, fields) if name in event.before else "",
            after=_told(event.after[name], name, fields) if name in event.after else NOTHING,
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
    if name in LABELS:
        return LABELS[name]
    text = str(field.verbose_name) if field is not None else _in_words(name)
    return text[:1].upper() + text[1:]


def _told(value: object, name: str, fields: Mapping[str, models.Field]) -> str:
    if name in CODED and isinstance(value, str | list):
        codes = [value] if isinstance(value, str) else value
        value = [_in_words(code) if CODE.fullmatch(str(code)) else code for code in codes]
    return _text(value, fields.get(name))


def _in_words(code: str) -> str:
    return code.replace("_", " ")


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
        return ", ".join(
            f"{_in_words(str(key))} {_text(item, None)}" for key, item in value.items()
        )
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
