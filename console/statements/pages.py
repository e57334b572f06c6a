"""The pages of a statement's import. GET shows; only a POST keeps, chooses or imports."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from billing.models import BankFormat, BankStatement, StatementUpload
from billing.services import statement_previews, statement_uploads, statements
from billing.services.statement_previews import Preview
from billing.statements import MAX_BYTES, MAX_LINES
from billing.statements.headings import IN_WORDS
from console.actions.once import once
from console.csv_writing import response
from console.statements.forms import ConfirmForm, ReadingForm, UploadForm
from tenancy.errors import ServiceError
from tenancy.models import AuditEvent, User
from tenancy.records import MAX_REASON, record

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
    return _render(
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
        "faults": _page(request, "errors", found.faults),
        "lines": _page(request, "lines", found.new),
        "may_confirm": may_confirm,
        "reading_form": reading_form or _reading_form(upload, found),
        "form": confirm_form or _confirm_form(upload, found),
    }
    return _render(model_admin, request, "console/statements/preview.html", context)


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
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return show(model_admin, request, upload, form)
    by, values = person(request), form.cleaned_data

    def perform() -> str:
        statement = statements.import_(
            upload=upload,
            fingerprint=values["fingerprint"],
            by=by,
            reason=values["reason"],
            now=timezone.now(),
            ticket_url=values["ticket_url"],
        )
        return (
            f"Imported {statement.file_name}: {statement.line_count:,} lines, "
            f"{statement.sum_in:,} {statement.currency} in."
        )

    target = f"{upload._meta.label_lower}:{upload.pk}"
    try:
        done = once(token=values["token"], by=by, verb=VERB, target=target, perform=perform)
    except ServiceError as refusal:
        upload.refresh_from_db()  # what was undone must not be shown as done
        form.add_error(None, refusal.message)
        record_refusal(upload, by=by, reason=values["reason"], refusal=refusal.message)
        return show(model_admin, request, upload, form)
    if done.repeated:
        messages.info(request, f"Already done, nothing was changed again. {done.message}")
    else:
        messages.success(request, done.message)
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


def record_refusal(upload: StatementUpload, *, by: User, reason: str, refusal: str) -> None:
    record(
        VERB,
        by=by,
        reason=reason or refusal,
        target=upload,
        account=None,
        after={"refused_because": refusal},
        result=AuditEvent.Result.REFUSED,
    )


def kept(upload_id: int) -> StatementUpload:
    """The upload, or 404."""
    found = StatementUpload.objects.select_related("uploaded_by").filter(pk=upload_id).first()
    if found is None:
        raise Http404
    return found


def person(request: HttpRequest) -> User:
    # request.user is a lazy stand-in; services compare and store the real person.
    return User.objects.get(pk=request.user.pk)


def url_of(model_admin: ModelAdmin, name: str, *args: object) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)


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


def _page(request: HttpRequest, name: str, rows: tuple) -> Page:
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get(name))
    page.parameter = name
    return page


def _render(
    model_admin: ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    urls = {name: url_of(model_admin, name) for name in ("changelist", "import")}
    return render(
        request,
        template,
        {**model_admin.admin_site.each_context(request), "urls": urls, **context},
    )
