"""What an import does to a row, what it does in all, and the hash that binds both to a preview."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Change(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Cell:
    """A value as it will be; `before` is None where there was none (a new row)."""

    column: str
    before: str | None
    after: str


@dataclass(frozen=True)
class RowOutcome:
    """What one row does. `warning` is a consequence to read before confirming.

    `opening_credits` is what it adds to the ledger as opening balance.
    """

    line: int
    slug: str
    name: str
    change: Change
    cells: tuple[Cell, ...] = ()
    warning: str = ""
    opening_credits: int = 0

    def facts(self) -> list[Any]:
        return [
            self.line,
            self.slug,
            self.name,
            self.change.value,
            [[cell.column, cell.before, cell.after] for cell in self.cells],
            self.warning,
            self.opening_credits,
        ]


@dataclass
class Summary:
    """A preview in figures. `problems` is their number, also of those that are no row's."""

    encoding: str = ""
    delimiter: str = ""
    blank_lines: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    opening_credits: int = 0
    problems: int = 0

    def count(self, row: RowOutcome) -> None:
        setattr(self, row.change.value, getattr(self, row.change.value) + 1)
        self.opening_credits += row.opening_credits

    @property
    def to_do(self) -> int:
        return self.new + self.changed

    @property
    def rows(self) -> int:
        return self.to_do + self.unchanged

    def totals(self) -> dict[str, int]:
        names = ("new", "changed", "unchanged", "opening_credits")
        return {name: getattr(self, name) for name in names}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        return cls(**kept)


class Fingerprint:
    """SHA-256 of a file and of everything importing it would do; equal only if all is equal."""

    def __init__(self, sha256: str) -> None:
        self._hash = hashlib.sha256(sha256.encode())

    def add(self, row: RowOutcome) -> None:
        self._hash.update(json.dumps(row.facts(), ensure_ascii=True).encode())

    def __str__(self) -> str:
        return self._hash.hexdigest()


def difference(before: RowOutcome | None, after: RowOutcome | None) -> str:
    """How a row would no longer do what its preview showed, in words; None is an unchanged row."""
    was = before.change if before else Change.UNCHANGED
    now = after.change if after else Change.UNCHANGED
    if was != now:
        return f"it was {was} in the preview and is {now} now"
    shown, found = _by_column(before.cells), _by_column(after.cells)
    for column in {**shown, **found}:
        showed, finds = shown.get(column), found.get(column)
        if showed != finds:
            if showed and finds and showed.before != finds.before:
                return f"{column} was “{showed.before}” in the preview and is “{finds.before}” now"
            if showed and finds:
                return f"{column} would become “{finds.after}”, shown was “{showed.after}”"
            return f"{column} would {'not ' if showed else ''}change, unlike in the preview"
    return "its consequences are no longer those of the preview"


def _by_column(cells: Iterable[Cell]) -> dict[str, Cell]:
    return {cell.column: cell for cell in cells}
