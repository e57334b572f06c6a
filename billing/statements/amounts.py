"""From written amounts to Decimals: one style for a whole file, decided by what means one thing.

“1.234” alone may be a thousand or a little more than one, so it decides nothing: the style comes
from the amounts that can be read in one way only, and then every amount has to follow it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.statements.faults import Cell, Faults

BLANKS = " \u00a0\u2009\u202f"
MAX_LENGTH = 60  # characters
MAX_DIGITS = 12  # before the decimal sign, as the database stores them
_AROUND = rf"(?:[+\-\u2212]|[A-Z]{{3}}|[€£$]|[{BLANKS}])*"
WRITTEN = re.compile(
    rf"(\()?({_AROUND})([0-9](?:[0-9.,'’{BLANKS}]*[0-9])?)({_AROUND})(\))?", re.ASCII
)
TOKEN = re.compile(r"([+\-\u2212])|([A-Z]{3}|[€£$])")
# By decimal sign: digits in one piece or in groups of three, and one or two decimals.
NUMBER = {
    decimal: re.compile(
        rf"([0-9]+|[1-9][0-9]{{0,2}}([{other}'’{BLANKS}])[0-9]{{3}}(?:\2[0-9]{{3}})*)"
        rf"(?:[{decimal}]([0-9]{{1,2}}))?"
    )
    for decimal, other in (",.", ".,")
}
# One group sign and three digits: a thousand, or three decimals.
EITHER_WAY = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
GROUP_IN_WORDS = {"": "", ".": "points", ",": "commas", "'": "apostrophes", " ": "blanks"}


@dataclass(frozen=True)
class Amount:
    """`currency` is the code or sign written beside it, if any."""

    value: Decimal
    currency: str


@dataclass(frozen=True)
class Amounts:
    """`values` stand as the cells did, None for those that became faults."""

    values: list[Amount | None]
    style: str


def read_amounts(cells: Sequence[Cell], *, decimal: str | None, faults: Faults) -> Amounts:
    """Read all amounts of a file; `decimal` is what a person chose."""
    written = [_take_apart(cell, faults) for cell in cells]
    bodies = {at: parts[1] for at, parts in enumerate(written) if parts}
    decimal = decimal or _decimal_sign(cells, bodies, faults)
    if decimal is None:
        return Amounts([None] * len(cells), "")
    values: list[Amount | None] = [None] * len(cells)
    grouped: dict[int, str] = {}
    for at, body in bodies.items():
        read = _number(body, decimal)
        if read is None:
            faults.at(cells[at], _why_not(body, decimal))
            continue
        number, group = read
        if group:
            grouped[at] = group
        is_negative, _, currency = written[at]
        values[at] = Amount(-number if is_negative and number else number, currency)
    for at in _outvoted(grouped):
        values[at] = None
        faults.at(cells[at], "groups its thousands by another sign than the rest of the file.")
    return Amounts(values, _in_words(decimal, bodies.values(), grouped))


def is_amount(text: str) -> bool:
    return len(text) <= MAX_LENGTH and WRITTEN.fullmatch(text.strip()) is not None


def _take_apart(cell: Cell, faults: Faults) -> tuple[bool, str, str] | None:
    """Whether it is negative, the digits with the signs between them, the currency."""
    text = cell.text.strip()
    if not text:
        faults.at(cell, "The amount is empty; an amount of nothing is written 0.")
        return None
    found = WRITTEN.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        faults.at(cell, "is no amount.")
        return None
    opened, before, body, behind, closed = found.groups()
    tokens = TOKEN.findall(before) + TOKEN.findall(behind)
    signs = [sign for sign, _ in tokens if sign]
    currencies = [currency for _, currency in tokens if currency]
    if len(currencies) > 1 or len(signs) + bool(opened) > 1 or bool(opened) != bool(closed):
        faults.at(cell, "is no amount: it has more than one sign, currency or bracket.")
        return None
    is_negative = bool(opened) or (bool(signs) and signs[0] != "+")
    return is_negative, body, "".join(currencies)


def _number(body: str, decimal: str) -> tuple[Decimal, str] | None:
    """The number and its group sign (of a kind), if `body` is written with this decimal sign."""
    found = NUMBER[decimal].fullmatch(body)
    if found is None:
        return None
    whole, group, cents = found.groups()
    digits = whole.replace(group, "") if group else whole
    if len(digits) > MAX_DIGITS:
        return None
    return Decimal(f"{digits}.{cents or '':0<2}"), _kind(group) if group else ""


def _kind(sign: str) -> str:
    if sign in BLANKS:
        return " "
    return "'" if sign in "'’" else sign


def _decimal_sign(cells: Sequence[Cell], bodies: dict[int, str], faults: Faults) -> str | None:
    """The decimal sign of the file; None after a fault that asks for it."""
    only: dict[int, str] = {}
    open_either_way = []
    for at, body in bodies.items():
        if EITHER_WAY.fullmatch(body):
            open_either_way.append(at)
        elif "." in body or "," in body:
            readable = [sign for sign in ",." if _number(body, sign)]
            if len(readable) == 1:
                only[at] = readable[0]
    if only:
        votes = Counter(only.values())
        for at in _outvoted(only):
            other = "," if only[at] == "." else "."
            faults.at(
                cells[at],
                f"has a decimal {_name(only[at])}, while others in this file have a decimal "
                f"{_name(other)}.",
            )
            del bodies[at]
        return votes.most_common(1)[0][0]
    if open_either_way:
        cell = cells[open_either_way[0]]
        sign = "." if "." in cell.text else ","
        more = len(open_either_way) - 1
        faults.ask(
            "decimal",
            cell,
            f"may be a thousand or have three decimals{f', as {more:,} more' if more else ''}: no "
            f"amount of the file shows what its {_name(sign)} means. Choose the decimal sign.",
        )
        return None
    return "."  # nothing but whole numbers


def _outvoted(votes: dict[int, str]) -> list[int]:
    """Those that are not with the majority; all of them where there is none."""
    counts = Counter(votes.values()).most_common(2)
    if len(counts) < 2:
        return []
    is_tie = counts[0][1] == counts[1][1]
    return [at for at, vote in votes.items() if is_tie or vote != counts[0][0]]


def _name(sign: str) -> str:
    return "comma" if sign == "," else "point"


def _why_not(body: str, decimal: str) -> str:
    whole, _, cents = body.partition(decimal)
    if len(re.sub(r"\D", "", whole)) > MAX_DIGITS:
        return "is larger than any amount can be."
    if cents.isdigit() and len(cents) > 2:
        return f"has {len(cents)} decimals; an amount has two at most."
    return f"is no amount with a decimal {_name(decimal)} and thousands in groups of three."


def _in_words(decimal: str, bodies: Sequence[str], grouped: dict[int, str]) -> str:
    has_decimals = any(decimal in body for body in bodies)
    group = next(iter(grouped.values()), "")
    words = f"decimal {_name(decimal)}" if has_decimals else "whole numbers"
    return f"{words}, thousands grouped by {GROUP_IN_WORDS[group]}" if group else words
