"""A line of balances small enough to stand beside a number; what it shows is told in words too."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.account_page.credit_use import DayEnd

WIDTH, HEIGHT = 120, 28
# Room for the line's own thickness.
MARGIN = 2


@dataclass(frozen=True)
class Sparkline:
    """`points` are for an SVG polyline of WIDTH x HEIGHT; from nothing at the bottom upwards."""

    points: str
    says: str
    width: int = WIDTH
    height: int = HEIGHT


def draw(days: Sequence[DayEnd]) -> Sparkline | None:
    """None where there was nothing on any day: a line along the floor tells nobody anything."""
    balances = [day.balance for day in days]
    highest, lowest = max(balances, default=0), min(balances, default=0)
    if highest <= 0 or len(days) < 2:
        return None
    step = (WIDTH - 2 * MARGIN) / (len(days) - 1)
    rise = (HEIGHT - 2 * MARGIN) / highest
    points = " ".join(
        f"{MARGIN + step * number:.1f},{HEIGHT - MARGIN - rise * max(balance, 0):.1f}"
        for number, balance in enumerate(balances)
    )
    return Sparkline(points, _says(days, highest=highest, lowest=lowest))


def _says(days: Sequence[DayEnd], *, highest: int, lowest: int) -> str:
    first, last = days[0], days[-1]
    said = f"Balance of the last {len(days) - 1} days: {first.balance:,} on {first.at:%Y-%m-%d}, "
    if highest == lowest:
        return f"{said}and the same ever since."
    return f"{said}highest {highest:,}, lowest {lowest:,}, now {last.balance:,}."
