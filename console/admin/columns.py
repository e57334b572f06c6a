"""What lists and detail pages show alike: links, states in words and color, figures, times.

Each function makes a column for an attribute path such as `site.account`. Set it on an admin class
under a name that is no field of the model: Django prefers the field.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.decorators import display

from console.actions.figures import credits_text, money_text
from console.ages import age_text, day_text
from console.history import web_address

type Column = Callable[[Any, models.Model], Any]

EMPTY = "–"


def at(row: models.Model, path: str) -> Any:
    """The value at the end of a dotted path; None as soon as a step is missing."""
    value: Any = row
    for step in path.split("."):
        if value is None:
            return None
        value = getattr(value, step, None)
    return value


def page_url(target: models.Model) -> str:
    """The console's page of an object; empty when its model has none."""
    opts = target._meta
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(target.pk,))
    except NoReverseMatch:
        return ""


def link_to(target: models.Model | None, text: str = "") -> str:
    if target is None:
        return EMPTY
    return format_html('<a class="text-link" href="{}">{}</a>', page_url(target), text or target)


def web_link(address: str) -> str:
    if not web_address(address):
        return address or EMPTY
    return format_html('<a class="text-link" href="{}" rel="noreferrer">{}</a>', address, address)


def copied(words: str, *, label: str) -> str:
    """What people paste elsewhere, with a button that copies it; nothing stays as it is shown."""
    if words in ("", EMPTY):
        return words
    return render_to_string("console/parts/copy.html", {"value": words, "label": label})


def badge(text: str, color: str = "") -> str:
    """A state as a word; the color only repeats it."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": color})


def link(path: str, label: str) -> Column:
    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        return link_to(at(row, path))

    column.csv_value = path  # what an export writes: the value and not its dress
    return column


def web(path: str, label: str) -> Column:
    """An address that a customer typed: a link when it leads to a page, text otherwise."""

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        return web_link(at(row, path) or "")

    return column


def state(path: str, label: str, colors: Mapping[str, str]) -> Column:
    """A field with choices, in the color of its value."""
    *owner, field = path.split(".")

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        holder = at(row, ".".join(owner)) if owner else row
        value = getattr(holder, field, None)
        if not value:
            return EMPTY
        return badge(getattr(holder, f"get_{field}_display")(), colors.get(value, ""))

    column.csv_value = path
    return column


def either(
    path: str, label: str, *, yes: str = "Yes", no: str = "No", good: bool | None = None
) -> Column:
    """A yes or no in words; `good` says which of the two is green, the other is red then."""

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        value = bool(at(row, path))
        if good is None:
            return yes if value else no
        return badge(yes if value else no, "success" if value is good else "danger")

    column.csv_value = path
    return column


def credits(path: str, label: str, *, signed: bool = False) -> Column:
    @display(description=label, formatting="price", wrapper_class="console-amount")
    def column(self: Any, row: models.Model) -> str:
        value = at(row, path)
        if value is None:
            return EMPTY
        return f"{value:+,}" if signed else credits_text(value)

    column.csv_value = path
    return column


number = credits


def money(path: str, label: str, *, currency: str = "") -> Column:
    """An amount with its currency, which stands beside it or at the end of another path."""
    beside = ".".join([*path.split(".")[:-1], "currency"])

    @display(description=label, formatting="price", wrapper_class="console-amount")
    def column(self: Any, row: models.Model) -> str:
        value = at(row, path)
        return EMPTY if value is None else money_text(value, at(row, currency or beside))

    column.csv_value = path
    return column


def moment(path: str, label: str) -> Column:
    """A time, “2026-11-23 04:46”, and how long ago. The page says once that it is UTC."""

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        value = at(row, path)
        if value is None:
            return EMPTY
        when = value.astimezone(UTC)
        return _told(
            when.isoformat(timespec="seconds"),
            f"{when:%Y-%m-%d %H:%M}",
            age_text(value, now=timezone.now()),
        )

    column.csv_value = path
    return column


def day(path: str, label: str) -> Column:
    """A day, or that of a time in UTC where the hour does not matter, and how far away it is."""

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        value = at(row, path)
        if value is None:
            return EMPTY
        when = value.astimezone(UTC).date() if isinstance(value, datetime) else value
        today = timezone.now().astimezone(UTC).date()
        return _told(when.isoformat(), when.isoformat(), day_text(when, today=today))

    column.csv_value = path
    return column


def _told(machine: str, words: str, away: str) -> str:
    return format_html(
        '<time class="console-when" datetime="{}">{}</time> <span class="console-ago">{}</span>',
        machine,
        words,
        away,
    )


def rows_of(field: str, model: str, label: str) -> Column:
    """A link to the rows of another model that belong to this object."""
    list_name = f"admin:{model.lower().replace('.', '_')}_changelist"

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        url = f"{reverse(list_name)}?{field}__id__exact={row.pk}"
        return format_html('<a class="text-link" href="{}">Show</a>', url)

    return column


def table(path: str, label: str) -> Column:
    """Facts kept as JSON, as a table of names and values."""

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        facts = at(row, path) or {}
        return render_to_string("console/detail/facts.html", {"facts": facts.items()})

    return column


def text(path: str, label: str, *, length: int = 60) -> Column:
    """Text cut for a list; the whole of it is on the object's page."""

    @display(description=label)
    def column(self: Any, row: models.Model) -> str:
        return Truncator(at(row, path) or EMPTY).chars(length)

    column.csv_value = path
    return column
