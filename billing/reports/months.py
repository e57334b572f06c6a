"""Calendar months in UTC, one and several in a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
# Nothing was sold before, and the last month there is must have a month after it.
YEARS = range(2000, 2100)


@dataclass(frozen=True, order=True)
class Month:
    year: int
    number: int  # 1 is January

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month of a day, or of a moment in UTC."""
        if isinstance(day, datetime):
            day = day.astimezone(UTC)
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> "Month | None":
        """`2025-11`; None for anything else."""
        found = WRITTEN.fullmatch(text.strip())
        if found is None:
            return None
        year, number = int(found[1]), int(found[2])
        return cls(year, number) if year in YEARS and 1 <= number <= 12 else None

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    def later(self, months: int) -> "Month":
        """So many months on; negative ones go back."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return self.later(1).first - timedelta(days=1)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is not in it."""
        return self.later(1).start


@dataclass(frozen=True)
class Months:
    """From one month to another, both included. Raises ValueError when the last is before."""

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}.")

    @classmethod
    def up_to(cls, last: Month, count: int) -> "Months":
        return cls(last.later(1 - count), last)

    def __iter__(self) -> Iterator[Month]:
        return (self.first.later(number) for number in range(len(self)))

    def __len__(self) -> int:
        first, last = self.first, self.last
        return (last.year - first.year) * 12 + last.number - first.number + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def start(self) -> datetime:
        return self.first.start

    @property
    def end(self) -> datetime:
        """The first moment that is not in them."""
        return self.last.end

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day, both included."""
        return self.first.first, self.last.last
