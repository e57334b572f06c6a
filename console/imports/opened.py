"""A file opened: its rows by column, and what is wrong with it before any row is looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from console.imports.accounts import AccountImporter
from console.imports.duplicates import NamedRow, duplicates
from console.imports.headings import known_headings, read_headings
from console.imports.importer import Importer
from console.imports.limits import CHUNK, MAX_ROWS
from console.imports.plans import PlanImporter
from console.imports.reading import read
from console.imports.sheet import Problem, Sheet
from console.models import ImportKind

IMPORTERS: Mapping[str, type[Importer]] = {
    ImportKind.PLANS: PlanImporter,
    ImportKind.ACCOUNTS: AccountImporter,
}


@dataclass
class Opened:
    """`rows` is empty when the file's headings are wrong; then `problems` says how."""

    importer: Importer
    sheet: Sheet
    rows: list[NamedRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def chunks(self) -> Iterator[Sequence[NamedRow]]:
        """The rows in portions, each with what it is compared with loaded into the importer."""
        for chunk in batched(self.rows, CHUNK):
            self.importer.load([cells for _, cells in chunk])
            yield chunk


def open_file(*, kind: str, content: bytes) -> Opened:
    """Never raises for what a file holds: whatever is wrong is in the problems."""
    importer = IMPORTERS[kind]()
    sheet = read(content, known=known_headings(importer), max_rows=MAX_ROWS)
    opened = Opened(importer, sheet, problems=list(sheet.problems))
    if sheet.headings is None:
        return opened
    names, problems = read_headings(importer, sheet.headings)
    opened.problems += problems
    if problems:
        return opened
    for row in sheet.rows:
        cells = list(row.cells)
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if len(cells) == len(names):
            opened.rows.append((row.line, dict(zip(names, cells, strict=True))))
        else:
            opened.problems.append(_misfit(row.line, cells, len(names)))
    opened.problems += duplicates(importer, opened.rows)
    sheet.rows = []  # held once, by column
    return opened


def _misfit(line: int, cells: list[str], wanted: int) -> Problem:
    return Problem.at(
        line,
        "",
        ", ".join(cells),
        f"This row has {len(cells)} cells, the headings are {wanted}. "
        + (
            "A cell or a delimiter is missing."
            if len(cells) < wanted
            else "Put a cell that holds the delimiter into quotation marks."
        ),
    )
