"""One pass over a file: the preview and the import are this same function."""

import logging
from collections.abc import Mapping

from django.db import DataError, IntegrityError, transaction

from console.imports import cells as read_cells
from console.imports.accounts import AccountImporter
from console.imports.duplicates import NamedRow, duplicates
from console.imports.headings import known_headings, read_headings
from console.imports.importer import Importer, RowRefused, Who
from console.imports.outcome import Outcome, RowOutcome
from console.imports.plans import PlanImporter
from console.imports.reading import read
from console.imports.sheet import Problem, Sheet
from console.models import ImportKind
from tenancy.errors import ServiceError

logger = logging.getLogger(__name__)

IMPORTERS: Mapping[str, type[Importer]] = {
    ImportKind.PLANS: PlanImporter,
    ImportKind.ACCOUNTS: AccountImporter,
}


def run(*, kind: str, content: bytes, who: Who, keep: bool) -> Outcome:
    """Do every row through the services and say what each did; call it inside a transaction.

    With `keep` the rows stay done (the caller undoes them all when there are problems). Without,
    each row is undone at once, so that a preview of thousands of accounts holds no lock on them.
    """
    importer = IMPORTERS[kind]()
    sheet = read(content, known=known_headings(importer), max_rows=importer.max_rows)
    outcome = Outcome(sheet.encoding, sheet.delimiter, sheet.blank_lines)
    outcome.problems += sheet.problems
    if sheet.headings is None:
        return outcome
    names, problems = read_headings(importer, sheet.headings)
    outcome.problems += problems
    if problems:
        return outcome
    rows = _named_rows(sheet, names, outcome)
    outcome.problems += duplicates(importer, rows)
    importer.prepare({read_cells.slug(cells["slug"]) for _, cells in rows}, lock=keep)
    for line, cells in rows:
        done = _row(importer, line, cells, who, keep, outcome.problems)
        if done is not None:
            outcome.rows.append(done)
    outcome.problems.sort(key=lambda problem: problem.line)
    return outcome


def _named_rows(sheet: Sheet, names: list[str], outcome: Outcome) -> list[NamedRow]:
    rows: list[NamedRow] = []
    for row in sheet.rows:
        cells = list(row.cells)
        while len(cells) > len(names) and not cells[-1]:
            cells.pop()
        if len(cells) == len(names):
            rows.append((row.line, dict(zip(names, cells, strict=True))))
            continue
        few = len(cells) < len(names)
        outcome.problems.append(
            Problem.at(
                row.line,
                "",
                ", ".join(cells),
                f"This row has {len(cells)} cells, the headings are {len(names)}. "
                + (
                    "A cell or a delimiter is missing."
                    if few
                    else "Put a cell that holds the delimiter into quotation marks."
                ),
            )
        )
    return rows


def _row(
    importer: Importer,
    line: int,
    cells: Mapping[str, str],
    who: Who,
    keep: bool,
    problems: list[Problem],
) -> RowOutcome | None:
    try:
        # A row's own savepoint: one that fails hides no other.
        with transaction.atomic():
            done = importer.do(line=line, cells=cells, who=who)
            if not keep:
                transaction.set_rollback(True)
            return done
    except RowRefused as refused:
        problems += refused.problems
    except ServiceError as refusal:
        problems.append(importer.refused(line, cells, refusal))
    except (IntegrityError, DataError) as error:
        # The last guard held where no service saw anything: the person can go on, we must look.
        logger.exception("import of %s: line %s refused by the database", importer.plural, line)
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        problems.append(
            Problem.at(
                line,
                "slug",
                cells["slug"],
                f"The database refuses this row (rule {rule or 'of a column'}). Check its cells, "
                "or show this message to the engineers.",
            )
        )
    return None
