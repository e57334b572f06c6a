"""The one form under the queue: why the ticked lines are confirmed."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from console.actions.forms import VerbForm
from console.reconcile.rows import Tick


class ConfirmForm(VerbForm):
    """One reason for all that is ticked. In one line, so that Enter sends it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, target=None, **kwargs)
        del self.fields["ticket_url"]
        self.fields["reason"].widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
        self.fields["reason"].help_text = ""

    def ticks(self) -> list[Tick]:
        """What was ticked, each line once; only what a page of ours can have sent."""
        read = [Tick.read(text) for text in self.data.getlist("tick")] if self.is_bound else []
        return list({tick.line: tick for tick in read if tick is not None}.values())

    def clean(self) -> dict[str, Any]:
        if not self.ticks():
            raise forms.ValidationError("Tick at least one line. Nothing was confirmed.")
        return super().clean()
