"""A column of a list as a plain value: what the screen says, without what only the screen needs."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from html import unescape
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from console.csv_writing import Value

type Reader = Callable[[Model], Value]


def reader(model_admin: ModelAdmin, column: str) -> Reader:
    """How to read a column: ISO dates in UTC, numbers without separators, words for choices.

    `csv_values` of the screen or `csv_value` of its column name the attribute that holds the
    plain value, or are a function that gives it; without them it is what the screen shows, less
    its markup. Empty for nothing.
    """
    shown = getattr(model_admin, column, None)
    path = model_admin.csv_values.get(column) or getattr(shown, "csv_value", None)
    if callable(path):
        return lambda target: _plain(path(target))
    if path:
        *steps, last = path.split(".")
        return partial(_at, steps=steps, last=last)
    return partial(_shown, model_admin=model_admin, column=column)


def _at(target: Any, *, steps: list[str], last: str) -> Value:
    for step in steps:
        target = getattr(target, step, None)
        if target is None:
            return ""
    display = getattr(target, f"get_{last}_display", None)
    return _plain(display() if display else getattr(target, last, None))


def _shown(target: Model, *, model_admin: ModelAdmin, column: str) -> Value:
    try:
        field, method, value = lookup_field(column, target, model_admin)
    except ObjectDoesNotExist:
        return ""
    if field is not None and field.flatchoices and value is not None:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, (list, tuple)) and getattr(method, "header", False):
        value = value[0]  # Unfold's headers: a title and what stands below it
    return _plain(value)


def _plain(value: Any) -> Value:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | Decimal():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(sep=" ", timespec="seconds")[:19]
        case date():
            return value.isoformat()
        case SafeString():
            return " ".join(unescape(strip_tags(value)).split())
        case list() | tuple():
            return "|".join(str(_plain(item)) for item in value)
    return str(value)
