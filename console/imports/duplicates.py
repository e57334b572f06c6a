"""Values that must stand once in a file: every line that repeats one is named."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from console.imports.importer import Column, Importer
from console.imports.sheet import Problem

type NamedRow = tuple[int, Mapping[str, str]]  # line, cell by column

SHOWN = 5


def duplicates(importer: Importer, rows: Sequence[NamedRow]) -> list[Problem]:
    problems = []
    for column in importer.columns:
        if not column.unique:
            continue
        lines: dict[str, list[int]] = defaultdict(list)
        for line, cells in rows:
            if cells.get(column.name):
                lines[_compared(column, cells)].append(line)
        for line, cells in rows:
            others = lines.get(_compared(column, cells), [])
            if len(others) > 1:
                problems.append(
                    Problem.at(
                        line,
                        column.name,
                        cells[column.name],
                        f"This {column.unique} also stands in {_named(others, line)}. Keep one.",
                    )
                )
    return problems


def _compared(column: Column, cells: Mapping[str, str]) -> str:
    """As the column reads it: an address may be written in several ways."""
    return str(column.parse(cells.get(column.name, ""))).lower()


def _named(lines: list[int], own: int) -> str:
    others = [line for line in lines if line != own]
    named = ", ".join(f"{line:,}" for line in others[:SHOWN])
    more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
    return f"{'line' if len(others) == 1 else 'lines'} {named}{more}"
