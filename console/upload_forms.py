"""The forms of an uploaded file: the file itself, and why it is imported."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget

from console.actions.forms import VerbForm
from tenancy.errors import ServiceError


class UploadField(forms.FileField):
    """A file whose size fits: `check_size(bytes)` raises ServiceError when it does not.

    `accept` is the kinds that the browser offers, `choose` what is said when there is no file.
    """

    def __init__(
        self, *, accept: str, choose: str, check_size: Callable[[int], None], **kwargs: Any
    ) -> None:
        self.check_size = check_size
        super().__init__(
            max_length=255,
            allow_empty_file=True,  # `check_size` says what is too small, too
            widget=UnfoldAdminFileFieldWidget(attrs={"accept": accept}),
            error_messages={"required": choose, "invalid": choose},
            **kwargs,
        )

    def validate(self, value: UploadedFile | None) -> None:
        super().validate(value)
        # Asked by its size alone: a file that is too large is never read into memory.
        try:
            self.check_size(value.size)
        except ServiceError as refusal:
            raise forms.ValidationError(refusal.message) from None


class ConfirmForm(VerbForm):
    """`fingerprint` is that of the preview the person has before them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, target=None, **kwargs)
        self.fields["fingerprint"] = forms.CharField(max_length=64, widget=forms.HiddenInput)
