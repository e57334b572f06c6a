"""Previews as they are kept: in rows of the database, so that a page reads only what it shows."""

import json
from collections.abc import Iterable, Sequence
from itertools import batched

from django.db import connection

from console.imports.limits import CHUNK
from console.imports.outcome import Cell, Change, RowOutcome
from console.imports.sheet import Problem
from console.models import ImportFile, ImportRow, ImportRun

# A portion in one statement: model instances would cost half of a preview's time.
KEEP_ROWS = """
INSERT INTO igny8_import_rows
       (import_file_id, line, slug, name, change, cells, warning, opening_credits)
SELECT %s, (r->>0)::int, r->>1, r->>2, r->>3, r->4, r->>5, (r->>6)::bigint
  FROM jsonb_array_elements(%s::jsonb) AS e(r)
"""
KEEP_PROBLEMS = """
INSERT INTO igny8_import_problems (import_file_id, run_id, line, "column", value, message)
SELECT %s, %s, (r->>0)::int, r->>1, r->>2, r->>3
  FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS e(r, place)
 ORDER BY place
"""


def keep(import_file: ImportFile, found: Iterable[RowOutcome | Problem]) -> None:
    """Keep the rows that change something and the problems, in place of those kept before."""
    import_file.rows.all().delete()
    import_file.problems.all().delete()
    for chunk in batched(found, CHUNK):
        rows = [
            each.facts()
            for each in chunk
            if isinstance(each, RowOutcome) and each.change != Change.UNCHANGED
        ]
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(KEEP_ROWS, [import_file.pk, json.dumps(rows)])
        keep_problems(import_file, [each for each in chunk if isinstance(each, Problem)])


def keep_problems(
    import_file: ImportFile, problems: Sequence[Problem], *, run: ImportRun | None = None
) -> None:
    """`run` is the one that found them; without one, the preview did."""
    for chunk in batched(problems, CHUNK):
        facts = [(each.line, each.column, each.value, each.message) for each in chunk]
        with connection.cursor() as cursor:
            cursor.execute(
                KEEP_PROBLEMS, [import_file.pk, run.pk if run else None, json.dumps(facts)]
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
