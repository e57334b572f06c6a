"""What the lists need beyond Unfold."""

import re
from collections.abc import Iterable, Mapping

from django import template
from django.utils.html import escape, strip_tags
from django.utils.safestring import SafeString, mark_safe

from console.admin.columns import EMPTY

register = template.Library()

CELL = re.compile(r"<t[dh]\b")
NOTHING = ("", "-", EMPTY)


@register.simple_tag
def labelled_cells(cells: Iterable[str], headings: Iterable[Mapping[str, object]]) -> SafeString:
    """The cells of a row, each with its heading; empty ones say so, as a card leaves them out."""
    labels = [escape(strip_tags(str(heading["text"])).strip().capitalize()) for heading in headings]
    return mark_safe(  # noqa: S308 - Django made the cells, and the headings are escaped
        "".join(_labelled(cell, label) for cell, label in zip(cells, labels, strict=False))
    )


def _labelled(cell: str, label: str) -> str:
    empty = " data-empty" if strip_tags(cell).strip() in NOTHING else ""
    return CELL.sub(rf'\g<0> data-label="{label}"{empty}', cell, count=1)
