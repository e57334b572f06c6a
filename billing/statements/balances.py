"""Whether the lines agree with what the file says of them: balances, sums, counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from billing.statements.faults import Cell, Faults
from billing.statements.statement import ZERO


class Told(NamedTuple):
    """A number that the file gives, and where."""

    cell: Cell
    value: Decimal


@dataclass
class Totals:
    """What a file says of all its lines. Each may be said more than once, in front and behind."""

    opening: list[Told] = field(default_factory=list)
    closing: list[Told] = field(default_factory=list)
    sum_in: list[Told] = field(default_factory=list)
    sum_out: list[Told] = field(default_factory=list)
    net: list[Told] = field(default_factory=list)
    count: list[Told] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """The balances of the statement, and in words what was compared."""

    opening: Decimal | None
    closing: Decimal | None
    checks: tuple[str, ...]


def check(
    amounts: Sequence[Decimal],
    days: Sequence[date],
    *,
    running: Sequence[Told],
    totals: Totals,
    counts: set[int],
    faults: Faults,
) -> Checked:
    """Compare the lines with everything the file says of them; each difference is a fault.

    `running` is the balance beside each line, or empty. `counts` are the numbers of lines a file
    may mean: with and without those that are not booked.
    """
    opening, closing, checks = None, None, []
    if running:
        opening, closing = _follow(amounts, days, running, faults)
        checks.append("the running balance from line to line")
    sum_in = sum((amount for amount in amounts if amount > 0), ZERO)
    sum_out = -sum((amount for amount in amounts if amount < 0), ZERO)
    for told in totals.sum_in:
        _same(told, sum_in, "the lines sum up to {}", faults)
    for told in totals.sum_out:
        _same(Told(told.cell, abs(told.value)), sum_out, "the lines sum up to {}", faults)
    for told in totals.net:
        _same(told, sum_in - sum_out, "the lines sum up to {}", faults)
    for told in totals.count:
        if told.value not in counts:
            faults.at(told.cell, f"is not the number of lines: there are {len(amounts):,}.")
    for told in totals.opening:
        opening = told.value if opening is None else opening
        _same(told, opening, "by the other balances of the file it is {}", faults)
    if opening is not None:
        for told in totals.closing:
            end = opening + sum_in - sum_out
            words = f"{opening:,} at the start with {sum_in:,} in and {sum_out:,} out make {{}}"
            _same(told, end, words, faults)
        if totals.closing:
            checks.append("opening balance + lines = closing balance")
    for told in totals.closing:
        closing = told.value if closing is None else closing
        _same(told, closing, "by the other balances of the file it is {}", faults)
    if totals.sum_in or totals.sum_out or totals.net:
        checks.append("the sums")
    if totals.count:
        checks.append("the number of lines")
    return Checked(opening, closing, tuple(checks))


def _same(told: Told, value: Decimal, words: str, faults: Faults) -> None:
    if told.value != value and not any(fault.value == told.cell.text for fault in faults.found):
        faults.at(told.cell, f"does not agree: {words.format(f'{value:,}')}.")


def _follow(
    amounts: Sequence[Decimal], days: Sequence[date], running: Sequence[Told], faults: Faults
) -> tuple[Decimal | None, Decimal | None]:
    """The balance before the first line in time and after the last one."""
    balances = [told.value for told in running]
    last = len(balances) - 1
    # Oldest first: each balance is the one above it and its line. Newest first: the one below it.
    down = [at for at in range(1, last + 1) if balances[at] != balances[at - 1] + amounts[at]]
    up = [at for at in range(last) if balances[at] != balances[at + 1] + amounts[at]]
    is_falling = all(one >= other for one, other in pairwise(days)) and days[0] > days[last]
    is_rising = all(one <= other for one, other in pairwise(days)) and days[0] < days[last]
    if is_rising or (not is_falling and len(down) < len(up)):
        breaks, first, newest = down, 0, last
    elif is_falling or len(up) < len(down):
        breaks, first, newest = up, last, 0
    elif last == 0:
        breaks, first, newest = [], 0, 0
    else:  # it adds up, or does not, in both directions: nothing says which end is the start
        breaks, first, newest = (down, 0, last) if down else ([], None, None)
    for at in breaks:
        before = balances[at - 1] if breaks is down else balances[at + 1]
        faults.at(
            running[at].cell,
            f"does not agree: the balance before, {before:,}, and this line’s {amounts[at]:,} make "
            f"{before + amounts[at]:,}.",
        )
    if breaks or first is None:
        return None, None
    return balances[first] - amounts[first], balances[newest]
