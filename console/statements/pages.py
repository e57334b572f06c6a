"""The pages of a statement's import. GET shows; only a POST keeps, chooses or imports."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from billing.models import BankFormat, BankStatement, StatementUpload
from billing.services import statement_previews, statement_uploads, statements
from billing.services.statement_previews import Preview
from billing.statements import MAX_BYTES, MAX_LINES
from billing.statements.headings import IN_WORDS
from console.csv_writing import response
from console.statements.forms import ReadingForm, UploadForm
from console.upload_forms import ConfirmForm
from console.upload_pages import confirm_once, page_of, person, render_page, url_of
from tenancy.errors import ServiceError
from tenancy.records import MAX_REASON

ROWS_PER_PAGE = 100
RECENT = 10
VERB = "statement_imported"


def upload(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The first page: which bank, and the file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = statement_uploads.upload(
                bank=form.cleaned_data["bank"],
                file_name=file.name,
                content=file.read(),
                by=person(request),
                now=timezone.now(),
            )
        except ServiceError as refusal:
            form.add_error(
                "bank" if refusal.facts.get("field") == "bank" else "file", refusal.message
            )
        else:
            return redirect(url_of(model_admin, "import_file", kept.pk))
    return render_page(
        model_admin,
        request,
        "console/statements/upload.html",
        {
            "title": "Import a bank statement",
            "form": form,
            "banks": BankFormat.objects.values_list("bank", flat=True),
            "recent": BankStatement.objects.select_related("imported_by")[:RECENT],
            "max_megabytes": MAX_BYTES // 1_000_000,
            "max_lines": MAX_LINES,
        },
    )


def show(
    model_admin: ModelAdmin,
    request: HttpRequest,
    upload: StatementUpload,
    confirm_form: ConfirmForm | None = None,
    reading_form: ReadingForm | None = None,
) -> HttpResponse:
    """The preview: what was understood, the control totals, what is wrong or new."""
    if upload.statement_id is not None:
        return redirect("admin:billing_bankstatement_change", upload.statement_id)
    found = statement_previews.preview(upload=upload)
    detected = found.statement.detected if found.statement else None
    may_confirm = found.statement is not None and found.new and not found.faults
    context = {
        "title": f"Import {upload.file_name}",
        "upload": upload,
        "preview": found,
        "statement": found.statement,
        "detected": detected,
        "columns": [
            (IN_WORDS.get(field, field), heading)
            for field, heading in (detected.columns or {}).items()
        ]
        if detected
        else [],
        "here": url_of(model_admin, "import_file", upload.pk),
        "faults": page_of(request, "errors", Paginator(found.faults, ROWS_PER_PAGE)),
        "lines": page_of(request, "lines", Paginator(found.new, ROWS_PER_PAGE)),
        "may_confirm": may_confirm,
        "reading_form": reading_form or _reading_form(upload, found),
        "form": confirm_form or _confirm_form(upload, found),
    }
    return render_page(model_admin, request, "console/statements/preview.html", context)


def choose(model_admin: ModelAdmin, request: HttpRequest, upload: StatementUpload) -> HttpResponse:
    """Read the same file in another way."""
    found = statement_previews.preview(upload=upload)
    form = _reading_form(upload, found, request.POST)
    if not form.is_valid():
        return show(model_admin, request, upload, reading_form=form)
    columns, style = form.chosen()
    try:
        statement_uploads.choose(upload=upload, columns=columns, style=style)
    except ServiceError as refusal:
        form.add_error(None, refusal.message)
        return show(model_admin, request, upload, reading_form=form)
    return redirect(url_of(model_admin, "import_file", upload.pk))


def confirm(model_admin: ModelAdmin, request: HttpRequest, upload: StatementUpload) -> HttpResponse:
    """Import what the preview shows, once; what is refused shows the preview again, saying why."""
    form = ConfirmForm(request.POST)

    def perform(**facts: Any) -> str:
        statement = statements.import_(upload=upload, **facts)
        return (
            f"Imported {statement.file_name}: {statement.line_count:,} lines, "
            f"{statement.sum_in:,} {statement.currency} in."
        )

    if not confirm_once(request, form, verb=VERB, file=upload, perform=perform):
        return show(model_admin, request, upload, form)
    upload.refresh_from_db()
    # The next step, where there is one to take.
    if upload.statement.sum_in:
        return redirect(f"{reverse('admin:reconcile')}?statement={upload.statement_id}")
    return redirect("admin:billing_bankstatement_change", upload.statement_id)


def errors(upload: StatementUpload) -> StreamingHttpResponse:
    found = statement_previews.preview(upload=upload)
    return response(
        f"errors-of-statement-{upload.pk}",
        ("File", "Line", "Column", "Value", "Reason"),
        ((f.file, f.line or "", f.column, f.value, f.reason) for f in found.faults),
    )


def kept(upload_id: int) -> StatementUpload:
    """The upload, or 404."""
    found = StatementUpload.objects.select_related("uploaded_by").filter(pk=upload_id).first()
    if found is None:
        raise Http404
    return found


def _reading_form(upload: StatementUpload, found: Preview, data: Any = None) -> ReadingForm:
    columns = found.statement.detected.columns if found.statement else {}
    return ReadingForm(
        data,
        headings=found.headings,
        found=columns or {},
        asks=found.asks,
        initial=ReadingForm.initial_of(columns=upload.columns, style=upload.style),
    )


def _confirm_form(upload: StatementUpload, found: Preview) -> ConfirmForm:
    """The file is the reason, on every ordinary morning; another one is typed over it."""
    reason = f"Statement of {upload.bank}: {upload.file_name}"
    return ConfirmForm(initial={"fingerprint": found.fingerprint, "reason": reason[:MAX_REASON]})
