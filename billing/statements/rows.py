"""From text to rows, as RFC 4180 has it, without mercy for quotation marks.

A cell that begins with a quotation mark ends with one; inside, the mark is written twice. Taken
at its word, this makes a lost or added mark visible: their number must be even. In a file where
no cell begins with one, the marks are letters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from billing.statements.encoding import NEW_LINE

MAX_CELL = 4000  # characters; the longest text of a bank has a tenth
QUOTE = (
    "A quotation mark is missing or one too many on this line: a cell in quotation marks ends at "
    "the delimiter, and a mark inside it is written twice."
)


@dataclass(frozen=True)
class Row:
    """`line` is the line of the file on which the row begins; `fault` says why it has no cells."""

    line: int
    cells: tuple[str, ...]
    raw: str
    fault: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.fault and not any(self.cells)


def split(text: str, delimiter: str) -> Iterator[Row]:
    """The rows of a text, their cells without blanks around them."""
    is_quoting = re.search(rf'(?:\A|[\r\n]|{re.escape(delimiter)}) *"', text) is not None
    position, line = 0, 1
    while position < len(text):
        end = _end_of_line(text, position)
        raw = text[position:end]
        if is_quoting and '"' in raw:
            row, end = _quoted(text, position, end, delimiter, line)
        else:
            row = Row(line, tuple(cell.strip() for cell in raw.split(delimiter)), raw)
        yield row
        line += len(NEW_LINE.findall(row.raw)) + 1 if "\n" in row.raw or "\r" in row.raw else 1
        position = end + (2 if text.startswith("\r\n", end) else 1)


def _end_of_line(text: str, position: int) -> int:
    found = NEW_LINE.search(text, position)
    return found.start() if found else len(text)


def _quoted(text: str, start: int, end: int, delimiter: str, line: int) -> tuple[Row, int]:
    """The row and where it ends, which may be lines further down."""
    pattern = _cell(delimiter)
    cells, position = [], start
    while True:
        found = pattern.match(text, position, position + MAX_CELL)
        if found is None:
            break
        quoted, plain = found.groups()
        cells.append(plain.strip() if quoted is None else quoted.replace('""', '"').strip())
        position = found.end()
        after = text[position : position + 1]
        if after == delimiter:
            position += 1
        elif after in ("", "\r", "\n"):
            return Row(line, tuple(cells), text[start:position]), position
        else:
            break
    return Row(line, (), text[start:end], QUOTE), end


@cache
def _cell(delimiter: str) -> re.Pattern[str]:
    outside = rf'[^"\r\n{re.escape(delimiter)}]*'
    return re.compile(rf' *"([^"]*(?:""[^"]*)*)"|({outside})')
