"""Filters that say what they do: a day includes its evening, and a wrong date is said."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

ONE_DAY = timedelta(days=1)


class DaysFilter(RangeDateFilter):
    """From one day to another, both included; days are UTC.

    The stock filter compares with midnight and so leaves the last day out. A date it cannot read
    filters nothing: the form under it says that it is wrong.
    """

    def __init__(self, field: models.Field, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        # The heading is “By …”, and “By at” is no English.
        if field.name == "at":
            self.title = "day"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        first, last = self._day("from"), self._day("to")
        if isinstance(self.field, models.DateTimeField):
            if first:
                queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
            if last:
                end = _midnight(last + ONE_DAY)
                queryset = queryset.filter(**{f"{self.field_path}__lt": end})
            return queryset
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        if last:
            queryset = queryset.filter(**{f"{self.field_path}__lte": last})
        return queryset

    def _day(self, end: str) -> date | None:
        value = self.used_parameters.get(f"{self.parameter_name}_{end}")
        day = parse_date_str(value) if isinstance(value, str) else None
        # The very last day there is has no day after it.
        return day if day and day < date.max else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


class YesNoFilter(SimpleListFilter):
    """A condition as two links. Subclasses give `condition`, and the words for both sides."""

    condition: models.Q
    yes = "Yes"
    no = "No"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", self.yes), ("no", self.no)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.filter(self.condition)
        if self.value() == "no":
            return queryset.filter(~self.condition)
        return queryset
