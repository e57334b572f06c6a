"""A CSV file as read: where each row began, and what was wrong with it."""

from dataclasses import dataclass, field

from billing.statements.faults import showable


@dataclass(frozen=True)
class Problem:
    """One thing to correct. `line` is the line of the file, its headings being on line 1.

    A quoted cell may hold line breaks: then `line` is where the row begins. 0 is the whole file.
    """

    line: int
    column: str
    value: str
    message: str

    @classmethod
    def at(cls, line: int, column: str, value: str, message: str) -> "Problem":
        """A problem whose value and message can be shown and stored whatever the file held."""
        return cls(line, column, showable(value), showable(message, limit=1000))


@dataclass(frozen=True)
class Row:
    line: int
    cells: tuple[str, ...]


@dataclass
class Sheet:
    """`headings` is None when the file has none. Blank lines are counted and left out of `rows`."""

    encoding: str = ""
    delimiter: str = ""
    headings: Row | None = None
    rows: list[Row] = field(default_factory=list)
    blank_lines: int = 0
    problems: list[Problem] = field(default_factory=list)
