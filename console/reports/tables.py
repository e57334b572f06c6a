"""A report's table: the same cells on the screen and in the CSV."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from console.csv_writing import Value

CURRENCY = "Currency"
MOST_SHOWN = 500  # rows of one table on the screen; its CSV has all


@dataclass(frozen=True)
class Column:
    title: str
    is_number: bool


@dataclass(frozen=True)
class Cell:
    """`value` is what a CSV writes, `url` the rows behind it; nothing has no rows behind it."""

    value: Value
    url: str = ""

    @property
    def text(self) -> str:
        """As the screen writes it; a minus as wide as the plus."""
        if isinstance(self.value, Decimal):
            return f"{self.value:,.2f}".replace("-", "−")
        if isinstance(self.value, int):
            return f"{self.value:,}".replace("-", "−")
        return self.value

    @property
    def link(self) -> str:
        return self.url if self.value else ""

    @property
    def is_number(self) -> bool:
        return not isinstance(self.value, str)

    @property
    def is_nothing(self) -> bool:
        return not self.value


@dataclass(frozen=True)
class Table:
    """`code` names it in addresses and files. The last of `rows` is the total where it `has_total`.

    `empty` says what is missing when there are no rows.
    """

    code: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str
    has_total: bool = False

    @property
    def body(self) -> Sequence[Sequence[Cell]]:
        return self.rows[:-1] if self.has_total else self.rows

    @property
    def shown(self) -> Sequence[Sequence[Cell]]:
        """What of `body` the screen has room for."""
        return self.body[:MOST_SHOWN]

    @property
    def is_cut(self) -> bool:
        return len(self.shown) < len(self.body)

    @property
    def total(self) -> Sequence[Cell]:
        return self.rows[-1] if self.has_total else ()

    @property
    def headings(self) -> list[str]:
        return [column.title for column in self.columns]

    @property
    def values(self) -> Iterable[list[Value]]:
        """The rows of the CSV."""
        return ([cell.value for cell in row] for row in self.rows)


def text(title: str) -> Column:
    return Column(title, is_number=False)


def number(title: str) -> Column:
    return Column(title, is_number=True)


def summed(
    code: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    empty: str,
    apart: Sequence[str] = (),
) -> Table:
    """A table with the sum of its rows below them, where there are several in one currency.

    Columns `apart`, by title, are no sums: the state at a moment does not add up over months.
    """
    total = _total(columns, rows, apart) if len(rows) > 1 else []
    return Table(
        code=code,
        title=title,
        columns=columns,
        rows=[*rows, total] if total else rows,
        empty=empty,
        has_total=bool(total),
    )


def _total(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], apart: Sequence[str]
) -> list[Cell]:
    total = [Cell("Total")]
    for position, column in list(enumerate(columns))[1:]:
        values = [row[position].value for row in rows]
        if column.title == CURRENCY:
            if len(set(values)) > 1:
                return []
            total.append(Cell(values[0]))
        elif column.is_number and column.title not in apart:
            total.append(Cell(sum(values)))
        else:
            total.append(Cell(""))
    return total
