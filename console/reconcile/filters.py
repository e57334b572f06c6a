"""What part of the open lines is shown: the filters of the address, and the address of a filter."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from billing.models import OPEN_LINE, BankStatement, LineState, StatementLine
from billing.services import references

LONGEST_TEXT = 100


@dataclass(frozen=True)
class Bucket:
    """Lines from `low` to `high` days old; no end without `high`."""

    code: str
    label: str
    low: int
    high: int | None

    def condition(self, today: date) -> Q:
        """By the value date. A line of tomorrow is as young as one of today."""
        youngest = Q(value_date__lte=today - timedelta(days=self.low)) if self.low else Q()
        if self.high is None:
            return youngest
        return youngest & Q(value_date__gte=today - timedelta(days=self.high))


BUCKETS = (
    Bucket("0-2", "0–2 days", 0, 2),
    Bucket("3-7", "3–7 days", 3, 7),
    Bucket("8-30", "8–30 days", 8, 30),
    Bucket("31", "over 30 days", 31, None),
)
# What needs doing comes first in the list and in the address: without a state it is the new ones.
STATES = ((LineState.NEW.value, "New"), (LineState.HELD.value, "Held"), ("open", "New and held"))

COMMON = ("q", "state")  # the others are folded away


class FilterForm(forms.Form):
    """The filters as people set them; all of them are optional."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "Payer, reference, IBAN, bank id", "type": "search"}
        ),
    )
    state = forms.ChoiceField(choices=STATES, required=False, widget=UnfoldAdminSelectWidget)
    age = forms.ChoiceField(
        choices=[("", "Any age"), *((bucket.code, bucket.label) for bucket in BUCKETS)],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    currency = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    low = forms.DecimalField(
        label="Amount from",
        required=False,
        decimal_places=2,
        max_digits=14,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    high = forms.DecimalField(
        label="to",
        required=False,
        decimal_places=2,
        max_digits=14,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    statement = forms.ModelChoiceField(
        BankStatement.objects.none(),
        required=False,
        empty_label="Any statement",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [
            ("", "Any currency"),
            *((one, one) for one in currencies),
        ]
        self.fields["statement"].queryset = statements_with_open_lines()

    @property
    def common(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in COMMON]

    @property
    def rarer(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in COMMON]

    @property
    def is_rarer(self) -> bool:
        """Whether one of the rarer filters is set, or was meant to be."""
        return any(field.value() for field in self.rarer)

    def chosen(self) -> dict[str, Any]:
        """The filters that are set and make sense; the others are as if they were not there."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


def statements_with_open_lines() -> QuerySet[BankStatement]:
    open_lines = StatementLine.objects.filter(state__in=OPEN_LINE)
    ids = open_lines.order_by().values("statement").distinct()
    return BankStatement.objects.filter(pk__in=ids)


def lines(chosen: dict[str, Any], *, today: date) -> QuerySet[StatementLine]:
    """The open lines that pass all chosen filters, oldest first."""
    state = chosen.get("state", LineState.NEW)
    found = StatementLine.objects.filter(state__in=OPEN_LINE if state == "open" else (state,))
    if "statement" in chosen:
        found = found.filter(statement=chosen["statement"])
    if "age" in chosen:
        bucket = next(bucket for bucket in BUCKETS if bucket.code == chosen["age"])
        found = found.filter(bucket.condition(today))
    if "currency" in chosen:
        found = found.filter(currency=chosen["currency"])
    if "low" in chosen:
        found = found.filter(remaining__gte=chosen["low"])
    if "high" in chosen:
        found = found.filter(remaining__lte=chosen["high"])
    if "q" in chosen:
        found = found.filter(_says(chosen["q"]))
    return found.order_by("value_date", "id")


def _says(text: str) -> Q:
    text = text.replace("\x00", "")
    says = (
        Q(payer_name__icontains=text)
        | Q(reference_raw__icontains=text)
        | Q(bank_transaction_id=text)
        | Q(state_reason__icontains=text)
    )
    compact = references.normalise(text)
    if compact:
        says |= Q(reference_normalised__contains=compact) | Q(payer_iban__contains=compact)
    return says


def address(query: QueryDict, **changes: object) -> str:
    """The query string with some parameters changed; an empty value takes one away."""
    kept = {name: value for name, value in query.items() if value} | {
        name: str(value) if value else "" for name, value in changes.items()
    }
    return "?" + urlencode({name: value for name, value in kept.items() if value})
