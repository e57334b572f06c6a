"""Previews as they are kept: in rows of the database, so that a page reads only what it shows."""

from collections.abc import Iterable, Sequence
from itertools import batched

from console.imports.limits import CHUNK
from console.imports.outcome import Cell, Change, RowOutcome
from console.imports.sheet import Problem
from console.models import ImportFile, ImportProblem, ImportRow, ImportRun


def keep(import_file: ImportFile, found: Iterable[RowOutcome | Problem]) -> None:
    """Keep the rows that change something and the problems, in place of those kept before."""
    import_file.rows.all().delete()
    import_file.problems.all().delete()
    for chunk in batched(found, CHUNK):
        rows = (each for each in chunk if isinstance(each, RowOutcome))
        ImportRow.objects.bulk_create(
            _row(import_file, row) for row in rows if row.change != Change.UNCHANGED
        )
        keep_problems(import_file, (each for each in chunk if isinstance(each, Problem)))


def keep_problems(
    import_file: ImportFile, problems: Iterable[Problem], *, run: ImportRun | None = None
) -> None:
    """`run` is the one that found them; without one, the preview did."""
    for chunk in batched(problems, CHUNK):
        ImportProblem.objects.bulk_create(
            ImportProblem(
                import_file=import_file,
                run=run,
                line=problem.line,
                column=problem.column,
                value=problem.value,
                message=problem.message,
            )
            for problem in chunk
        )


def expected(import_file: ImportFile, lines: Sequence[int]) -> dict[int, RowOutcome]:
    """What the preview showed for these lines, by line; those that change nothing are not there."""
    rows = import_file.rows.filter(line__range=(lines[0], lines[-1]))
    return {row.line: outcome(row) for row in rows}


def outcome(row: ImportRow) -> RowOutcome:
    return RowOutcome(
        row.line,
        row.slug,
        row.name,
        Change(row.change),
        tuple(Cell(*cell) for cell in row.cells),
        row.warning,
        row.opening_credits,
    )


def _row(import_file: ImportFile, row: RowOutcome) -> ImportRow:
    _, _, _, change, cells, *_ = row.facts()
    return ImportRow(
        import_file=import_file,
        line=row.line,
        slug=row.slug,
        name=row.name,
        change=change,
        cells=cells,
        warning=row.warning,
        opening_credits=row.opening_credits,
    )
