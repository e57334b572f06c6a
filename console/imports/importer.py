"""What the import of each kind has to say: its columns, and how one row is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db.models import Model

from console.imports.cells import Parser, plain_text, written
from console.imports.outcome import Cell, RowOutcome
from console.imports.sheet import Problem
from tenancy.errors import ServiceError
from tenancy.models import User


@dataclass(frozen=True)
class Column:
    """`help` says on the page what to write. `unique`: no value stands in two rows of a file."""

    name: str
    help: str
    example: str
    parse: Parser = str  # of the text that cells.plain_text made
    is_required: bool = True
    unique: str = ""


@dataclass(frozen=True)
class Who:
    """By whom, why and when a row is done; the same for every row of a file."""

    by: User
    reason: str
    ticket_url: str
    now: datetime


class RowRefused(Exception):
    """A row with problems; nothing of it was done."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Importer:
    """One file's import. Subclasses call the same services as every other door."""

    noun: ClassVar[str]
    plural: ClassVar[str]
    permission: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    # Headings that are understood and refused, with the way to do it instead.
    refused_columns: ClassVar[Mapping[str, str]] = {}
    # Where a refusal of the services belongs: by the field it names, or by its code.
    column_of_refusal: ClassVar[Mapping[str, str]] = {}

    def lock(self, slugs: Iterable[str]) -> None:
        """Lock what rows with these slugs change, in id order, until the transaction ends."""
        raise NotImplementedError

    def load(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Read what these rows are compared with, in as many queries for many as for one."""
        raise NotImplementedError

    def foresee(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        """What `do` would do. Raises RowRefused with all that is wrong, or a service's refusal."""
        raise NotImplementedError

    def do(self, *, line: int, cells: Mapping[str, str], who: Who) -> RowOutcome:
        """Do one row, and say what that did. Raises RowRefused, or what a service raises."""
        raise NotImplementedError

    def recheck(self) -> None:
        """Called last: raises a ServiceError when something that rows relied on changed meanwhile.

        An import takes minutes, and what it only reads is not locked for so long.
        """

    def clean(self, column: str, value: object, cells: Mapping[str, str]) -> object:
        """Check one value by itself, so that no problem hides another."""
        return value

    def read(self, line: int, cells: Mapping[str, str]) -> dict[str, object]:
        """All values of a row, or RowRefused with the problem of every cell that has one."""
        values: dict[str, object] = {}
        problems: list[Problem] = []
        for column in self.columns:
            if column.name not in cells:
                continue
            cell = cells[column.name]
            try:
                values[column.name] = self.clean(column.name, column.parse(plain_text(cell)), cells)
            except ServiceError as refusal:
                problems.append(self.problem(line, column.name, cell, refusal))
        if problems:
            raise RowRefused(problems)
        return values

    def refused(self, line: int, cells: Mapping[str, str], refusal: ServiceError) -> Problem:
        """A service's refusal, at the line and column it is about."""
        named = str(refusal.facts.get("field", ""))
        column = self.column_of_refusal.get(named or refusal.code, named)
        if column not in cells:
            column = self.column_of_refusal.get(refusal.code, "slug")
        return self.problem(line, column, cells.get(column, ""), refusal)

    @staticmethod
    def problem(line: int, column: str, cell: str, refusal: ServiceError) -> Problem:
        return Problem.at(line, column, cell, refusal.message)


def as_cells(values: Mapping[str, object]) -> dict[str, str]:
    return {column: written(value) for column, value in values.items()}


def cells_of(target: Model, columns: Iterable[str]) -> dict[str, str]:
    return as_cells({column: getattr(target, column) for column in columns})


def changed_cells(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Cell, ...]:
    return tuple(
        Cell(column, before[column], after[column])
        for column in after
        if before[column] != after[column]
    )


def new_cells(after: Mapping[str, str]) -> tuple[Cell, ...]:
    return tuple(Cell(column, None, value) for column, value in after.items())
