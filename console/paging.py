"""Pages of long streams by key: each costs the same, however far back it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Slice:
    """One page of a stream, newest first. Empty links lead nowhere."""

    rows: Sequence[Any]
    newest: str = ""
    older: str = ""


def whole_number(text: str | None) -> int | None:
    """A key from the address, or None for anything that is none (it then means the start)."""
    if text and text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return None


def query(**parameters: object) -> str:
    """`?tab=ledger&before=12`; empty parameters are left out."""
    return "?" + urlencode({name: value for name, value in parameters.items() if value})
