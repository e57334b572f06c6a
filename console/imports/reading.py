"""From text to rows: which delimiter, where each row begins, and what is no CSV."""

import csv
import io
import re
from collections.abc import Container, Iterator

from console.imports.decode import decode
from console.imports.sheet import Problem, Row, Sheet
from tenancy.errors import ServiceError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)


class Broken(Exception):
    """The text stops being CSV at this problem; the rows before it are good."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(content: bytes, *, known: Container[str], max_rows: int) -> Sheet:
    """Read a whole file; `known` are headings that tell the delimiters apart.

    Never raises for what a file holds: whatever is wrong is in the sheet's problems.
    """
    sheet = Sheet()
    try:
        text, sheet.encoding = decode(content)
    except ServiceError as refusal:
        sheet.problems.append(Problem.at(0, "", "", refusal.message))
        return sheet
    delimiter, rows = split(text, known=known)
    sheet.delimiter = DELIMITERS[delimiter]
    count = 0
    try:
        for row in rows:
            if not any(row.cells):
                sheet.blank_lines += 1
            elif sheet.headings is None:
                sheet.headings = row
            else:
                count += 1
                if count <= max_rows:
                    sheet.rows.append(row)
    except Broken as broken:
        sheet.problems.append(broken.problem)
    _check_size(sheet, count, max_rows)
    return sheet


def _check_size(sheet: Sheet, count: int, max_rows: int) -> None:
    if count > max_rows:
        sheet.rows = []
        sheet.problems.append(
            Problem.at(
                0,
                "",
                "",
                f"The file has {count:,} rows; {max_rows:,} fit into one import. Split it.",
            )
        )
    elif count == 0 and not sheet.problems:
        message = (
            "The file has headings but no rows: nothing to import."
            if sheet.headings
            else "The file holds nothing but blank lines."
        )
        sheet.problems.append(Problem.at(0, "", "", message))


def split(text: str, *, known: Container[str]) -> tuple[str, Iterator[Row]]:
    """The delimiter and the rows, their cells without blanks around them."""
    named = SEPARATOR_LINE.match(text)  # Excel's own way to say it, on a line of its own
    delimiter = named[1] if named else _delimiter_of(text, known)
    rows = _rows(text, delimiter)
    if named:
        next(rows)
    return delimiter, rows


def heading_name(text: str) -> str:
    """“Included credits” is the column included_credits."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def _delimiter_of(text: str, known: Container[str]) -> str:
    def fit(delimiter: str) -> tuple[int, int]:
        cells = next((row.cells for row in _rows(text, delimiter) if any(row.cells)), ())
        return sum(heading_name(cell) in known for cell in cells), len(cells)

    def safely(delimiter: str) -> tuple[int, int]:
        try:
            return fit(delimiter)
        except Broken:
            return 0, 0

    return max(DELIMITERS, key=safely)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    # newline="" leaves line ends as they are, so that the reader counts lines as an editor does.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Broken(Problem.at(line, "", "", _in_words(str(error), line))) from None
        yield Row(line, tuple(cell.strip() for cell in cells))


def _in_words(error: str, line: int) -> str:
    if "expected after" in error:
        return (
            "After a closing quotation mark comes a delimiter or the end of the line. Write a "
            "quotation mark inside a cell twice."
        )
    if "field limit" in error:
        return (
            f"A cell that begins on line {line:,} is longer than {csv.field_size_limit():,} "
            "characters; most likely a quotation mark is never closed."
        )
    return f"A quotation mark that opens on line {line:,} or after it is never closed."
