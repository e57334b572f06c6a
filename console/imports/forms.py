"""Which file is imported."""

from django import forms

from console.imports.files import check_size
from console.upload_forms import UploadField


class UploadForm(forms.Form):
    file = UploadField(
        label="CSV file",
        accept=".csv,.txt,.tsv,text/csv,text/tab-separated-values",
        choose="Choose a CSV file first.",
        check_size=check_size,
    )
