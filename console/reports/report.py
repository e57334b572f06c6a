"""What every report is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from billing.reports.months import Month, Months
from console.reports.charts import Chart
from console.reports.tables import Table


@dataclass(frozen=True)
class Asked:
    """What a report is asked: the months, the time of now, and its own parameters."""

    months: Months
    now: datetime
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(UTC).date()


@dataclass(frozen=True)
class Figure:
    """A number that stands above the chart."""

    title: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Shown:
    tables: Sequence[Table]
    chart: Chart | None = None
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class Report:
    """`counted` says in words what its numbers are, a paragraph each.

    One that `is_part_of` another is reached from that one's numbers alone.
    """

    name: str
    title: str
    question: str
    counted: Sequence[str]
    build: Callable[[Asked], Shown]
    has_period: bool = True
    is_part_of: str = ""

    @property
    def url(self) -> str:
        return reverse("admin:report", args=(self.name,))

    @property
    def export_url(self) -> str:
        return reverse("admin:report_export", args=(self.name,))


def rows_of(model: type[Model], **filters: object) -> str:
    """The address of a model's list with filters; those without a value are left out."""
    chosen = {name: value for name, value in filters.items() if value not in ("", None)}
    return f"{_list_of(model)}?{urlencode(chosen)}"


@cache
def _list_of(model: type[Model]) -> str:
    # A report has thousands of links to a handful of lists.
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")


def days(field: str, month: Month | Months) -> dict[str, date]:
    """The filter by days that is exactly these months."""
    first, last = month.days if isinstance(month, Months) else (month.first, month.last)
    return {f"{field}_from": first, f"{field}_to": last}
