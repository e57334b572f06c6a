"""The two forms of an import: which file, and why."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget

from console.actions.forms import VerbForm
from console.imports.files import too_large
from console.models.import_file import MAX_BYTES


class UploadForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        max_length=255,
        widget=UnfoldAdminFileFieldWidget(
            attrs={"accept": ".csv,.txt,.tsv,text/csv,text/tab-separated-values"}
        ),
        error_messages={
            "required": "Choose a CSV file first.",
            "missing": "Choose a CSV file first.",
            "invalid": "Choose a CSV file first.",
            "empty": "This file is empty.",
        },
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        # Asked by its size alone: a file that is too large is never read into memory.
        if file.size > MAX_BYTES:
            raise forms.ValidationError(too_large(file.size))
        return file


class ConfirmForm(VerbForm):
    """`fingerprint` is that of the preview the person has before them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, target=None, **kwargs)
        self.fields["fingerprint"] = forms.CharField(max_length=64, widget=forms.HiddenInput)
