"""What importing a file would do to each row: computed, nothing written, no lock held.

The services have the last word when it is imported; what they did is held against this.
"""

from collections.abc import Iterator, Mapping, Sequence

from console.imports.importer import Importer, RowRefused, Who
from console.imports.opened import Opened
from console.imports.outcome import RowOutcome
from console.imports.sheet import Problem
from tenancy.errors import ServiceError


def foresee(opened: Opened, *, who: Who) -> Iterator[RowOutcome | Problem]:
    """For each row what it does, or everything that is wrong with it; in the file's order."""
    for chunk in opened.chunks():
        for line, cells in chunk:
            yield from foresee_row(opened.importer, line, cells, who)


def foresee_row(
    importer: Importer, line: int, cells: Mapping[str, str], who: Who
) -> Sequence[RowOutcome | Problem]:
    """One outcome, or one problem at least. The row's chunk must be loaded."""
    try:
        return [importer.foresee(line=line, cells=cells, who=who)]
    except RowRefused as refused:
        return refused.problems
    except ServiceError as refusal:
        return [importer.refused(line, cells, refusal)]
