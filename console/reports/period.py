"""The months that a report is asked for, from the address: ?from=2025-11&to=2026-01."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.text import Truncator

from billing.reports.months import Month, Months

SHOWN_AT_FIRST = 12
MOST = 36


@dataclass(frozen=True)
class Period:
    """`problem` says why the months are not the ones that were asked for."""

    months: Months
    problem: str = ""


@dataclass(frozen=True)
class Choice:
    """A period that is one click away."""

    label: str
    months: Months

    @property
    def query(self) -> str:
        return f"?from={self.months.first}&to={self.months.last}"


def read(params: Mapping[str, str], *, today: date) -> Period:
    """Without months in the address the last twelve; months that have not begun are left out."""
    this = Month.of(today)
    at_first = Months.up_to(this, SHOWN_AT_FIRST)
    read_months: dict[str, Month | None] = {}
    for name in ("from", "to"):
        text = params.get(name, "").strip()
        month = Month.read(text) if text else None
        if text and month is None:
            said = Truncator(text).chars(20)
            return Period(at_first, f"“{said}” is no month. Write it like {this}.")
        read_months[name] = month
    last = min(read_months["to"] or this, this)
    first = read_months["from"] or last.later(1 - SHOWN_AT_FIRST)
    if first > this:
        return Period(at_first, f"{first} has not begun.")
    if first > last:
        return Period(at_first, f"{first} is after {last}.")
    months = Months(first, last)
    if len(months) > MOST:
        return Period(at_first, f"{months} are {len(months)} months; at most {MOST} are shown.")
    return Period(months)


def choices(*, today: date) -> list[Choice]:
    this = Month.of(today)
    return [
        Choice("This month", Months(this, this)),
        Choice("Last month", Months(this.later(-1), this.later(-1))),
        Choice("3 months", Months.up_to(this, 3)),
        Choice("12 months", Months.up_to(this, 12)),
        Choice("36 months", Months.up_to(this, 36)),
    ]
