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
    gross: list[Told] = field(default_factory=list)
    count: list[Told] = field(default_factory=list)
    count_in: list[Told] = field(default_factory=list)
    count_out: list[Told] = field(default_factory=list)


SUMS = ("sum_in", "sum_out", "net", "gross")
COUNTS = ("count", "count_in", "count_out")


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
    not_booked: Sequence[Decimal],
    faults: Faults,
) -> Checked:
    """Compare the lines with everything the file says of them; each difference is a fault.

    `running` is the balance beside each line, or empty. Sums and counts may be of the booked
    lines or of all, `not_booked` included: all of one kind.
    """
    opening = closing = None
    checks = []
    if running:
        opening, closing = _follow(amounts, days, running, faults)
        checks.append("the running balance from line to line")
    _check_balances(opening, closing, sum(amounts, ZERO), totals, faults)
    _check_sums(amounts, not_booked, totals, faults)
    if opening is None and totals.opening:
        opening = totals.opening[0].value
    if closing is None and totals.closing:
        closing = totals.closing[0].value
    if totals.opening and totals.closing:
        checks.append("opening balance + lines = closing balance")
    if any(getattr(totals, kind) for kind in SUMS):
        checks.append("the sums")
    if any(getattr(totals, kind) for kind in COUNTS):
        checks.append("the number of lines")
    return Checked(opening, closing, tuple(checks))


def _check_balances(
    opening: Decimal | None,
    closing: Decimal | None,
    moved: Decimal,
    totals: Totals,
    faults: Faults,
) -> None:
    first = opening if opening is not None else next(iter(totals.opening), (None, None))[1]
    for told in totals.opening:
        if told.value != first:
            faults.at(told.cell, f"does not agree: by other balances of the file it is {first:,}.")
    last = closing if closing is not None else next(iter(totals.closing), (None, None))[1]
    for told in totals.closing:
        if first is not None and told.value != first + moved:
            faults.at(
                told.cell,
                f"does not agree: {first:,} at the start and {moved:+,} by the lines make "
                f"{first + moved:,}.",
            )
        elif told.value != last:
            faults.at(told.cell, f"does not agree: by other balances of the file it is {last:,}.")


def _check_sums(
    amounts: Sequence[Decimal], not_booked: Sequence[Decimal], totals: Totals, faults: Faults
) -> None:
    booked, everything = _truths(amounts), _truths([*amounts, *not_booked])
    told = [(kind, told) for kind in (*SUMS, *COUNTS) for told in getattr(totals, kind)]
    wrong = _differing(told, booked)
    if wrong and _differing(told, everything):
        for kind, (cell, _) in wrong:
            faults.at(cell, f"does not agree: the lines make {booked[kind]:,}.")


def _truths(amounts: Sequence[Decimal]) -> dict[str, Decimal | int]:
    came = [amount for amount in amounts if amount > 0]
    left = [-amount for amount in amounts if amount < 0]
    sum_in, sum_out = sum(came, ZERO), sum(left, ZERO)
    return {
        "sum_in": sum_in,
        "sum_out": sum_out,
        "net": sum_in - sum_out,
        "gross": sum_in + sum_out,
        "count": len(amounts),
        "count_in": len(came),
        "count_out": len(left),
    }


def _differing(
    told: list[tuple[str, Told]], truths: dict[str, Decimal | int]
) -> list[tuple[str, Told]]:
    """Money out may be written as a negative sum."""
    return [
        (kind, (cell, value))
        for kind, (cell, value) in told
        if (abs(value) if kind == "sum_out" else value) != truths[kind]
    ]


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
