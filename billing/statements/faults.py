"""What cannot be read in a file: every place, and the one refusal that carries them."""

from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from tenancy.errors import ServiceError

MAX_SHOWN = 200  # characters of a value that are shown and kept


class Cell(NamedTuple):
    """A place in the file with the text that stands there."""

    line: int
    column: str
    text: str
    file: str = ""


@dataclass(frozen=True)
class Fault:
    """One place that cannot be read. `line` 0 is the whole file, `column` is its heading.

    `file` names the member of a zip, when there are several.
    """

    line: int
    column: str
    value: str
    reason: str
    file: str = ""

    def __str__(self) -> str:
        place = [
            self.file,
            f"line {self.line:,}" if self.line else "",
            f"“{self.column}”" if self.column else "",
        ]
        named = ", ".join(filter(None, place))
        if self.value:
            return f"{named}{': ' if named else ''}“{self.value}” {self.reason}"
        if self.reason[:1].islower():  # the place itself is what the reason speaks of
            return f"{named or 'the file'} {self.reason}"
        return f"{named}: {self.reason}" if named else self.reason


class Unreadable(ServiceError):
    """A file that cannot be read in every place. Nothing of it was used.

    Facts: `faults`, a list of Fault, all of the file; `asks`, what a person can choose to go on
    ("decimal", "dates", "currency", "reversals": fields of Style; or "columns"); `headings`, those
    of the row that looks most like the headings, where columns are to be chosen.
    """

    code = "statement_unreadable"


class Faults:
    """Collects what is wrong with one file."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.member = ""
        self.found: list[Fault] = []
        self.asks: list[str] = []
        self.headings: tuple[str, ...] = ()

    def at(self, cell: Cell, reason: str) -> None:
        value = showable(cell.text)
        self.found.append(
            Fault(cell.line, showable(cell.column), value, reason, cell.file or self.member)
        )

    def ask(self, what: str, cell: Cell, reason: str) -> None:
        """A fault that goes away when a person chooses."""
        if what not in self.asks:
            self.asks.append(what)
        self.at(cell, reason)

    def stop(self, reason: str, *, line: int = 0, column: str = "", value: str = "") -> NoReturn:
        """Raises Unreadable at once: there is nothing to read after this."""
        self.at(Cell(line, column, value), reason)
        self.refuse_if_any()
        raise AssertionError("unreachable")  # pragma: no cover

    def refuse_if_any(self) -> None:
        if not self.found:
            return
        self.found.sort(key=lambda fault: (fault.file, fault.line))
        first = self.found[0]
        if len(self.found) == 1:
            message = f"{self.file_name} cannot be read, nothing was imported. {_sentence(first)}"
        else:
            message = (
                f"{len(self.found):,} places in {self.file_name} cannot be read, nothing was "
                f"imported. The first: {first}"
            )
        raise Unreadable(message, faults=self.found, asks=tuple(self.asks), headings=self.headings)


def _sentence(fault: Fault) -> str:
    text = str(fault)
    return text[:1].upper() + text[1:]


def showable(text: str, *, limit: int = MAX_SHOWN) -> str:
    """Text for a page and a database: cut to `limit`, with NUL (PostgreSQL refuses it) visible."""
    shown = text.replace("\x00", "␀")
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
