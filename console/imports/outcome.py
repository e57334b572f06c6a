"""What an import does, row by row: the preview that is shown, kept, and compared on confirm."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from console.imports.sheet import Problem


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

    @classmethod
    def from_facts(cls, facts: list[Any]) -> Self:
        line, slug, name, change, cells, warning, opening_credits = facts
        return cls(
            line,
            slug,
            name,
            Change(change),
            tuple(Cell(*cell) for cell in cells),
            warning,
            opening_credits,
        )


@dataclass
class Outcome:
    encoding: str = ""
    delimiter: str = ""
    blank_lines: int = 0
    rows: list[RowOutcome] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def of(self, change: Change) -> list[RowOutcome]:
        return [row for row in self.rows if row.change == change]

    def totals(self) -> dict[str, int]:
        counts = {change.value: 0 for change in Change}
        for row in self.rows:
            counts[row.change.value] += 1
        opening = sum(row.opening_credits for row in self.rows)
        return counts | {"opening_credits": opening}

    @property
    def changes_something(self) -> bool:
        return any(row.change != Change.UNCHANGED for row in self.rows)

    def fingerprint(self) -> str:
        """SHA-256 of everything the import would write; equal only if that is equal."""
        facts = [row.facts() for row in self.rows]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "blank_lines": self.blank_lines,
            "rows": [row.facts() for row in self.rows],
            "problems": [
                [problem.line, problem.column, problem.value, problem.message]
                for problem in self.problems
            ],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        return cls(
            kept["encoding"],
            kept["delimiter"],
            kept["blank_lines"],
            [RowOutcome.from_facts(facts) for facts in kept["rows"]],
            [Problem(*facts) for facts in kept["problems"]],
        )


def first_difference(previewed: Outcome, now: Outcome) -> str:
    """Where an import would no longer do what its preview showed, in words."""
    if now.problems:
        problem = now.problems[0]
        return f"Line {problem.line:,}: {problem.message}"
    for before, after in zip(previewed.rows, now.rows, strict=False):
        if before.facts() != after.facts():
            return f"Line {after.line:,} ({after.slug}): {_how(before, after)}."
    return "The file has other rows than the preview showed."


def _how(before: RowOutcome, after: RowOutcome) -> str:
    if before.change != after.change:
        return f"it was {before.change} in the preview and is {after.change} now"
    shown, found = _by_column(before.cells), _by_column(after.cells)
    for column in {**shown, **found}:
        was, now = shown.get(column), found.get(column)
        if was != now:
            if was and now and was.before != now.before:
                return f"{column} was “{was.before}” in the preview and is “{now.before}” now"
            return f"{column} would not change as the preview showed"
    return "its consequences are no longer those of the preview"


def _by_column(cells: Iterable[Cell]) -> dict[str, Cell]:
    return {cell.column: cell for cell in cells}
