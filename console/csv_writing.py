"""CSV as we hand it out: what Excel opens without asking, and what it does not run.

UTF-8 with a byte order mark (without one Excel reads Windows-1252), commas, CRLF.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.http import StreamingHttpResponse
from django.utils.timezone import now

BYTE_ORDER_MARK = "\ufeff"
CHUNK = 500  # rows in each piece that is sent
# A spreadsheet takes text that begins so for a formula. Ours are led by one ' more than they had,
# so that reading can take exactly that one away again.
FORMULA = re.compile(r"'*[=+\-@\t\r]")

# Only text is guarded: -2 and -2.00 stay numbers.
type Value = str | int | Decimal


class _Echo:
    """The csv writer writes to a file; this one hands each row straight back."""

    def write(self, text: str) -> str:
        return text


def guarded(value: Value) -> Value:
    """Text that a spreadsheet would run gets a ' before it; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def lines(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """The file in pieces, never held as a whole."""
    write = csv.writer(_Echo()).writerow
    piece = [BYTE_ORDER_MARK, write([guarded(heading) for heading in headings])]
    for count, row in enumerate(rows, start=1):
        piece.append(write([guarded(value) for value in row]))
        if count % CHUNK == 0:
            yield "".join(piece)
            piece = []
    yield "".join(piece)


def response(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]
) -> StreamingHttpResponse:
    """A download; `name` is the file's name without its ending."""
    answer = StreamingHttpResponse(lines(headings, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def stamped(name: str) -> str:
    """“accounts-2025-11-12-0930”: the UTC minute tells two downloads apart."""
    return f"{name}-{now():%Y-%m-%d-%H%M}"
