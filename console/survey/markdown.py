"""Markdown: tables, lists and the way numbers are written."""

from collections.abc import Iterable
from decimal import Decimal

YES, NO, LOOK = "✅", "❌", "⚠️"
NOTHING = "–"


def cell(value: object) -> str:
    """A value as the text of a table's cell: one line, without a bar that would end the cell.

    What customers typed may hold line breaks and the control characters of a terminal.
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return YES if value else NO
    text = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    columns = list(columns)
    return [
        "",
        row(columns),
        f"|{'---|' * len(columns)}",
        *(row(cell(value) for value in values) for values in rows),
        "",
    ]


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def bullets(items: Iterable[str]) -> list[str]:
    return ["", *(f"- {item}" for item in items), ""]


def verdict(is_well: bool, well: str, otherwise: str) -> str:
    """One line that says how it is, with its mark."""
    return f"{YES} {well}" if is_well else f"{NO} {otherwise}"


def number(value: int) -> str:
    return f"{value:,}"


def price(value: Decimal) -> str:
    """US dollars: $89, and $89.50 where there are cents."""
    return f"${value:,.0f}" if value == value.to_integral_value() else f"${value:,.2f}"


def count(value: int, one: str, many: str = "") -> str:
    """“1 account”, “8 accounts”, “2,000 entries”."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def document(*sections: Iterable[str]) -> str:
    """The lines of all sections: headings stand apart, and no two blank lines follow each other."""
    lines: list[str] = []
    for section in sections:
        for line in ["", *section]:
            if line.startswith("#"):
                lines += ["", line, ""]
            else:
                lines.append(line)
    apart = (line for index, line in enumerate(lines) if line or (index and lines[index - 1]))
    return "\n".join(apart).strip() + "\n"
