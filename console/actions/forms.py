"""The form of every verb: its own fields, then why, then the ticket."""

from typing import Any
from uuid import uuid4

from django import forms
from django.db import models
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tenancy.errors import ServiceError
from tenancy.records import MAX_REASON, clean_reason

# The first entry that fits is taken: a more special field stands before its base.
WIDGETS: tuple[tuple[type[forms.Field], type[forms.Widget]], ...] = (
    (forms.EmailField, UnfoldAdminEmailInputWidget),
    (forms.URLField, UnfoldAdminURLInputWidget),
    (forms.ModelMultipleChoiceField, UnfoldAdminCheckboxSelectMultipleWidget),
    (forms.MultipleChoiceField, UnfoldAdminCheckboxSelectMultipleWidget),
    (forms.ModelChoiceField, UnfoldAdminSelectWidget),
    (forms.ChoiceField, UnfoldAdminSelectWidget),
    (forms.BooleanField, UnfoldBooleanSwitchWidget),
    (forms.DecimalField, UnfoldAdminDecimalFieldWidget),
    (forms.IntegerField, UnfoldAdminIntegerFieldWidget),
    (forms.DateField, UnfoldAdminDateWidget),
    (forms.CharField, UnfoldAdminTextInputWidget),
)


class VerbForm(forms.Form):
    """Base of all: `reason` is mandatory, `ticket_url` optional, `token` makes it one use.

    `target` is the object the verb acts on (None for verbs that create one).
    """

    token = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why",
        max_length=MAX_REASON,
        help_text="Kept with the change. Your colleagues and the auditor read it.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        error_messages={"required": "Give a reason: it is kept with the change."},
    )
    ticket_url = forms.URLField(
        label="Ticket link",
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text="The conversation that led to this, if there is one.",
        error_messages={"invalid": "Paste the whole address, such as https://example.com/4711."},
    )

    def __init__(self, *args: Any, target: models.Model | None, **kwargs: Any) -> None:
        self.target = target
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4
        for name, field in self.fields.items():
            if name not in ("token", "reason"):
                self._dress(field)
        own = [name for name in self.fields if name not in ("reason", "ticket_url", "token")]
        self.order_fields([*own, "reason", "ticket_url", "token"])

    @staticmethod
    def _dress(field: forms.Field) -> None:
        if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
            is_choice = isinstance(field, forms.ChoiceField)
            field.error_messages["required"] = "Choose one." if is_choice else "Fill this in."
        widget_class = next(widget for kind, widget in WIDGETS if isinstance(field, kind))
        plain = field.widget
        if type(plain) is widget_class:
            return
        field.widget = widget_class(attrs=plain.attrs)
        field.widget.is_required = field.required
        if isinstance(field, forms.ChoiceField):
            field.widget.choices = field.choices

    def clean_reason(self) -> str:
        try:
            return clean_reason(self.cleaned_data["reason"])
        except ServiceError as refusal:
            raise forms.ValidationError(refusal.message) from None

    def facts(self) -> dict[str, Any]:
        """The verb's own values: everything but reason, ticket and token."""
        shared = ("reason", "ticket_url", "token")
        return {name: value for name, value in self.cleaned_data.items() if name not in shared}


class CreditsField(forms.IntegerField):
    """A whole number of credits, written plainly. `1,000` and `1.000` are refused, not guessed."""

    default_error_messages = {
        "invalid": "Write a whole number of credits, such as 500, without separators or decimals."
    }

    def to_python(self, value: Any) -> int | None:
        text = str(value).strip() if value is not None else ""
        if text and not (text.lstrip("+-").isascii() and text.lstrip("+-").isdigit()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
