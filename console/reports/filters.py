"""Filters of lists that the reports' numbers lead to. The conditions are the reports' own."""

from collections.abc import Callable
from typing import ClassVar

from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from billing.models import OPEN_LINE, Operation
from billing.reports import cash, sign_ups
from billing.reports.months import Month, Months
from console.admin.filters import YesNoFilter
from console.reports.credits_moved import NO_OPERATION


class _MonthFilter(TextFilter):
    """A month in which a report counts the rows; a wrong one finds nothing."""

    keys: ClassVar[Callable[[Months], QuerySet]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        month = Month.read(self.value())
        if month is None:
            return queryset.none()
        return queryset.filter(pk__in=type(self).keys(Months(month, month)))


class CountedFilter(_MonthFilter):
    title = "month counted as cash (2025-11)"
    parameter_name = "counted"
    keys = staticmethod(lambda months: cash.counted_in(months).values("pk"))


class ConvertedFilter(_MonthFilter):
    title = "month of the first payment (2025-11)"
    parameter_name = "converted"
    keys = staticmethod(lambda months: sign_ups.converted_in(months).values("account"))


class OperationFilter(DropdownFilter):
    """What a row was spent for; rows may also name none, or one that there was earlier."""

    title = "operation"
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [*Operation.choices, (NO_OPERATION, "Without one")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        return queryset.filter(operation="" if self.value() == NO_OPERATION else self.value())


class StandingFilter(YesNoFilter):
    title = "standing"
    parameter_name = "standing"
    condition = Q(reverses=None, reversed_by=None)
    yes, no = "Stands", "Undone or undoing"


class UndoesFilter(YesNoFilter):
    title = "undoing"
    parameter_name = "undoes"
    condition = Q(reverses__isnull=False)
    yes, no = "Undoes another", "Is one of its own"


class IncomingFilter(YesNoFilter):
    title = "direction"
    parameter_name = "incoming"
    condition = Q(amount__gt=0)
    yes, no = "In", "Out or zero"


class OpenLineFilter(YesNoFilter):
    title = "open"
    parameter_name = "open"
    condition = Q(state__in=OPEN_LINE)
    yes, no = "Without a place yet", "Placed"


class _AmongFilter(YesNoFilter):
    """Whether a row is among the rows of a report."""

    among: ClassVar[Callable[[], QuerySet]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        found = type(self).among().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=found)
        if self.value() == "no":
            return queryset.exclude(pk__in=found)
        return queryset


class ByHandFilter(_AmongFilter):
    title = "statement"
    parameter_name = "by_hand"
    yes, no = "Received by hand", "From statements alone"
    among = cash.by_hand


class ByHandTakenBackFilter(ByHandFilter):
    among = cash.by_hand_taken_back


class WrittenOffFilter(_AmongFilter):
    title = "write-off"
    parameter_name = "written_off"
    yes, no = "With a write-off", "Without"
    among = cash.written_off_payments


class WrittenOffTakenBackFilter(WrittenOffFilter):
    among = cash.written_off_taken_back
