"""The forms of a statement's import: which file, and how it is read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.services.statement_uploads import check_size
from billing.statements.headings import IN_WORDS
from console.upload_forms import UploadField

# What people choose; the rest is found by its heading or not needed.
CHOSEN = tuple(field for field in IN_WORDS if field not in ("account", "status"))
STYLES = {
    "decimal": ("Decimal sign", [(",", "1.234,56"), (".", "1,234.56")]),
    "dates": (
        "Order of dates",
        [("DMY", "day, month, year"), ("MDY", "month, day, year"), ("YMD", "year, month, day")],
    ),
    "currency": ("Currency", [("USD", "USD"), ("EUR", "EUR"), ("GBP", "GBP"), ("CHF", "CHF")]),
    "reversals": (
        "Reversals",
        [("as_marked", "in or out as marked"), ("turned", "the other way round")],
    ),
}
AS_FOUND, NONE = "", "\x1f"  # a unit separator is no heading


class UploadForm(forms.Form):
    bank = forms.CharField(
        max_length=100,
        label="Bank",
        help_text="How its files are read is remembered under this name.",
        widget=UnfoldAdminTextInputWidget(attrs={"list": "banks", "autocomplete": "off"}),
        error_messages={"required": "Name the bank."},
    )
    file = UploadField(
        label="Statement file",
        help_text="As the bank hands it out: CSV or camt.053, also zipped. Nothing is kept yet.",
        accept=".csv,.txt,.tsv,.xml,.zip,text/csv,text/xml,application/zip",
        choose="Choose a file first.",
        check_size=check_size,
    )


class ReadingForm(forms.Form):
    """How the file is read: what each column means, and how it writes numbers and dates."""

    def __init__(
        self,
        *args: Any,
        headings: Sequence[str],
        found: Mapping[str, str],
        asks: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asks = asks
        for name, (label, choices) in STYLES.items():
            self._add(name, label, [("", "as the file says"), *choices], asked=name in asks)
        for field in CHOSEN if headings else ():
            as_found = f"as found: {found[field]}" if field in found else "as found"
            choices = [(AS_FOUND, as_found), (NONE, "there is none")]
            choices += [(heading, heading) for heading in headings]
            label = IN_WORDS[field][:1].upper() + IN_WORDS[field][1:]
            self._add(f"column_{field}", label, choices, asked=False)

    @property
    def styles(self) -> list[forms.BoundField]:
        return [self[name] for name in STYLES]

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in STYLES]

    def _add(self, name: str, label: str, choices: list, *, asked: bool) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label,
            choices=choices,
            required=False,
            widget=UnfoldAdminSelectWidget(),
            help_text="The file does not tell: choose." if asked else "",
        )

    @classmethod
    def initial_of(cls, *, columns: Mapping[str, str], style: Mapping[str, str]) -> dict[str, str]:
        chosen = {f"column_{field}": heading or NONE for field, heading in columns.items()}
        return {**style, **chosen}

    def chosen(self) -> tuple[dict[str, str], dict[str, str]]:
        """Columns (heading by field, empty for “there is none”) and style."""
        columns = {
            field: "" if value == NONE else value
            for field in CHOSEN
            if (value := self.cleaned_data.get(f"column_{field}", AS_FOUND)) != AS_FOUND
        }
        return columns, {name: self.cleaned_data[name] for name in STYLES}
