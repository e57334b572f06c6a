"""From written dates to dates: one style for a column, decided by what means one thing."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from billing.statements.faults import Cell, Faults

YEARS = range(1970, 2100)
ORDERS = ("YMD", "DMY", "MDY")
ONE_ORDER = ("named", "-4", "/4", ".4")
IN_WORDS = {
    "YMD": "year, month, day",
    "DMY": "day, month, year",
    "MDY": "month, day, year",
    "named": "month by name",
}
# “2025-03-01T09:30:00.123+01:00”: the day is the one written.
ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
TIME = rf"(?:[T ]{CLOCK}{ZONE})?"
NUMBERS = re.compile(rf"([0-9]{{1,4}})([./-])([0-9]{{1,2}})\2([0-9]{{1,4}}){TIME}")
COMPACT = re.compile(r"[0-9]{8}")
DAY_NAME = re.compile(rf"([0-9]{{1,2}})\.? ([^\W\d_]+)[.,]? ([0-9]{{4}}|[0-9]{{2}}){TIME}")
DAY_SIGN_NAME = re.compile(rf"([0-9]{{1,2}})[./-]([^\W\d_]+)[./-]([0-9]{{4}}|[0-9]{{2}}){TIME}")
NAME_DAY = re.compile(rf"([^\W\d_]+)\.? ([0-9]{{1,2}}),? ([0-9]{{4}}){TIME}")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar", "feb february februar", "mar march mär märz mrz",
            "apr april", "may mai", "jun june juni", "jul july juli", "aug august",
            "sep sept september", "oct october okt oktober", "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """What a date may mean, by order; `shape` tells sign, place and length of the year."""

    meanings: Mapping[str, date]
    shape: str


@dataclass(frozen=True)
class Dates:
    """`values` stand as the cells did, None for those that became faults."""

    values: list[date | None]
    style: str


def read_dates(
    columns: Sequence[Sequence[Cell]], *, order: str | None, faults: Faults
) -> list[Dates]:
    """Read all columns of dates of a file; `order` is what a person chose.

    Columns in the same shape are read in the same order, so that one shows it for the other.
    """
    written = [[_take_apart(cell.text.strip()) for cell in cells] for cells in columns]
    shapes = [_most(Counter(parts.shape for parts in column if parts)) for column in written]
    values: list[list[date | None]] = [[None] * len(cells) for cells in columns]
    styles = {}
    for shape in dict.fromkeys(shapes):
        usable: list[tuple[Cell, Written, tuple[int, int]]] = []
        for at, column in enumerate(written):
            if shapes[at] != shape:
                continue
            for place, (cell, parts) in enumerate(zip(columns[at], column, strict=True)):
                if parts is None:
                    faults.at(cell, _why_not(cell.text))
                elif parts.shape != shape:
                    faults.at(cell, "is not written like the other dates of its column.")
                else:
                    usable.append((cell, parts, (at, place)))
        settled = _order([(cell, parts) for cell, parts, _ in usable], shape, order, faults)
        styles[shape] = IN_WORDS.get(settled, "")
        for cell, parts, (at, place) in usable if settled else ():
            values[at][place] = parts.meanings.get(settled)
            if settled not in parts.meanings:
                faults.at(cell, f"is no date, read as {IN_WORDS[settled]}.")
    return [Dates(found, styles[shape]) for found, shape in zip(values, shapes, strict=True)]


def is_date(text: str) -> bool:
    return _take_apart(text) is not None


def _order(
    usable: list[tuple[Cell, Written]], shape: str, chosen: str | None, faults: Faults
) -> str:
    """The order in which all these dates are read; "" after a fault that asks for it."""
    counts = Counter(order for _, parts in usable for order in parts.meanings)
    if not counts:
        return ""
    # With a long year in front, or the month by name, there is one order, whatever was chosen.
    if shape in ONE_ORDER:
        return next(iter(counts))
    if chosen:
        return chosen
    # Nobody writes points with the month first (Unicode CLDR has no such locale).
    if shape.startswith(".") and counts["DMY"]:
        return "DMY"
    fitting = [order for order in ORDERS if counts[order] == len(usable)]
    if not fitting:
        return _majority(usable, counts, faults)
    in_doubt = [
        cell
        for cell, parts in usable
        if len({parts.meanings[order] for order in fitting}) > 1  # not so 05/05/2025
    ]
    if in_doubt:
        faults.ask(
            "dates",
            in_doubt[0],
            f"may be {' or '.join(IN_WORDS[order] for order in fitting)}: no date of the file "
            "shows which. Choose the order.",
        )
        return ""
    return fitting[0]


def _majority(usable: list[tuple[Cell, Written]], counts: Counter, faults: Faults) -> str:
    """The order of most dates; none where two orders share the first place."""
    (first, most), (second, next_most) = counts.most_common(2)
    if most > next_most:
        return first
    for cell, parts in usable:
        if not {first, second} <= set(parts.meanings):
            faults.at(cell, "is in another order than other dates of the file.")
    return ""


@lru_cache(maxsize=4096)  # a statement has few days and many lines
def _take_apart(text: str) -> Written | None:
    """All that a text may mean as a date; None when that is nothing."""
    if found := NUMBERS.fullmatch(text):
        first, sign, second, third = found.group(1, 2, 3, 4)
        widths = (len(first), len(third))
        if widths[0] == 4 and widths[1] <= 2:
            meanings = {"YMD": _date(first, second, third)}
        elif widths[0] <= 2 and widths[1] == 4:
            meanings = {"DMY": _date(third, second, first), "MDY": _date(third, first, second)}
        elif widths == (2, 2) or (widths[0] == 1 and widths[1] == 2):
            meanings = {
                "YMD": _date(first, second, third) if widths[0] == 2 else None,
                "DMY": _date(third, second, first),
                "MDY": _date(third, first, second),
            }
        else:
            return None
        shape = f"{sign}{widths[0]}" if widths[0] == 4 else f"{sign}?{widths[1]}"
    elif COMPACT.fullmatch(text):
        meanings = {
            "YMD": _date(text[:4], text[4:6], text[6:]),
            "DMY": _date(text[4:], text[2:4], text[:2]),
            "MDY": _date(text[4:], text[:2], text[2:4]),
        }
        shape = "8"
    else:
        meanings, shape = {"named": _named(text)}, "named"
    possible = {order: day for order, day in meanings.items() if day}
    return Written(possible, shape) if possible else None


def _named(text: str) -> date | None:
    if found := DAY_NAME.fullmatch(text) or DAY_SIGN_NAME.fullmatch(text):
        day, month, year = found.group(1, 2, 3)
    elif found := NAME_DAY.fullmatch(text):
        month, day, year = found.group(1, 2, 3)
    else:
        return None
    number = MONTHS.get(month.lower(), 0)
    return _date(year, str(number), day)


def _date(year: str, month: str, day: str) -> date | None:
    """Of two digits, 00 to 68 are years of this century, as in POSIX; the others are in doubt."""
    number = int(year) if len(year) == 4 else 2000 + int(year)
    if number not in YEARS or (len(year) == 2 and int(year) > 68):
        return None
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None


def _why_not(text: str) -> str:
    return "is no date." if text.strip() else "The date is empty."


def _most(counts: Counter) -> str:
    return counts.most_common(1)[0][0] if counts else ""
