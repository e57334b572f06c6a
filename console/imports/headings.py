"""The first row of a file: which column is where, and what to do about the others."""

from collections import defaultdict
from difflib import get_close_matches

from console.imports.importer import Importer
from console.imports.reading import heading_name
from console.imports.sheet import Problem, Row


def known_headings(importer: Importer) -> frozenset[str]:
    return frozenset({column.name for column in importer.columns} | set(importer.refused_columns))


def read_headings(importer: Importer, row: Row) -> tuple[list[str], list[Problem]]:
    """The column name at each place, and what is wrong with the headings."""
    cells = list(row.cells)
    while cells and not cells[-1]:  # spreadsheets leave empty cells at the end
        cells.pop()
    names = [heading_name(cell) for cell in cells]
    places: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names, start=1):
        places[name].append(place)
    problems = []
    for name, where in places.items():
        cell = cells[where[0] - 1]
        message = _wrong(importer, name, where)
        if message:
            problems.append(Problem.at(row.line, name and cell, cell, message))
    missing = [
        column.name
        for column in importer.columns
        if column.is_required and column.name not in places
    ]
    problems += [
        Problem.at(
            row.line,
            name,
            "",
            f"The column {name} is missing. The template has all columns: copy yours into it.",
        )
        for name in missing
    ]
    return names, problems


def _wrong(importer: Importer, name: str, places: list[int]) -> str:
    columns = [column.name for column in importer.columns]
    if not name:
        numbers = ", ".join(str(place) for place in places)
        return f"Column {numbers} has no heading. Name it or take it out."
    if len(places) > 1:
        numbers = " and ".join(str(place) for place in places)
        return f"{name} heads columns {numbers}. Keep one of them."
    if name in importer.refused_columns:
        return importer.refused_columns[name]
    if name not in columns:
        close = get_close_matches(name, columns, n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}?" if close else f"Known are {', '.join(columns)}."
        return f"There is no column {name[:60]}. {hint}"
    return ""
