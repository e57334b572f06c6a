"""The pages of an import. GET shows; only a POST stages, checks again or imports."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from console.actions.once import once
from console.imports import files
from console.imports.forms import ConfirmForm, UploadForm
from console.imports.outcome import Change, Outcome
from console.imports.run import IMPORTERS
from console.models import ImportFile
from console.models.import_file import MAX_BYTES
from tenancy.errors import ServiceError
from tenancy.models import AuditEvent, User
from tenancy.records import record

logger = logging.getLogger(__name__)

ROWS_PER_PAGE = 100
RECENT = 10


def upload(model_admin: ModelAdmin, request: HttpRequest, kind: str) -> HttpResponse:
    """The first page: what to put into the file, and the file."""
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            return _stage(model_admin, request, kind, form)
    else:
        form = UploadForm()
    importer = IMPORTERS[kind]
    recent = ImportFile.objects.filter(kind=kind).defer("content", "preview")
    return _render(
        model_admin,
        request,
        "console/imports/upload.html",
        {
            "title": f"Import {importer.plural}",
            "form": form,
            "importer": importer,
            "recent": recent.select_related("uploaded_by", "imported_by")[:RECENT],
            "max_megabytes": MAX_BYTES // 1024 // 1024,
        },
    )


def _stage(
    model_admin: ModelAdmin, request: HttpRequest, kind: str, form: UploadForm
) -> HttpResponse:
    file, by, now = form.cleaned_data["file"], person(request), timezone.now()
    staged = files.stage(kind=kind, name=file.name, content=file.read(), by=by, now=now)
    files.preview(import_file=staged, by=by, now=now)
    return redirect(url_of(model_admin, "import_file", staged.pk))


def show(
    model_admin: ModelAdmin,
    request: HttpRequest,
    import_file: ImportFile,
    form: ConfirmForm | None = None,
) -> HttpResponse:
    """The preview, or what was imported."""
    importer = IMPORTERS[import_file.kind]
    outcome = Outcome.from_json(import_file.preview) if import_file.preview else None
    context: dict[str, Any] = {
        "title": f"Import {importer.plural}: {import_file.name}",
        "import_file": import_file,
        "here": url_of(model_admin, "import_file", import_file.pk),
        "importer": importer,
        "outcome": outcome,
        "earlier": files.earlier_import(import_file),
    }
    if outcome:
        may_confirm = not (import_file.is_imported or outcome.problems)
        context |= {
            "totals": outcome.totals(),
            "warnings": [row for row in outcome.rows if row.warning],
            "problems": _page(request, "errors", outcome.problems),
            "changed": _page(request, "changed", outcome.of(Change.CHANGED)),
            "new": _page(request, "new", outcome.of(Change.NEW)),
            "new_columns": _columns(outcome),
            "may_confirm": may_confirm and outcome.changes_something,
            "form": form or ConfirmForm(initial={"fingerprint": import_file.fingerprint}),
        }
    return _render(model_admin, request, "console/imports/preview.html", context)


def check(model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile) -> HttpResponse:
    """Preview the same file again, against the data of now."""
    try:
        files.preview(import_file=import_file, by=person(request), now=timezone.now())
    except ServiceError as refusal:
        messages.warning(request, refusal.message)
    return redirect(url_of(model_admin, "import_file", import_file.pk))


def confirm(model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile) -> HttpResponse:
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return show(model_admin, request, import_file, form)
    by, values = person(request), form.cleaned_data

    def perform() -> str:
        outcome = files.confirm(
            import_file=import_file,
            fingerprint=values["fingerprint"],
            by=by,
            reason=values["reason"],
            ticket_url=values["ticket_url"],
            now=timezone.now(),
        )
        totals = outcome.totals()
        return (
            f"Imported {import_file.name}: {totals['new']:,} new, {totals['changed']:,} changed, "
            f"{totals['unchanged']:,} as they were."
        )

    verb = f"import_{IMPORTERS[import_file.kind].plural}"
    target = f"{import_file._meta.label_lower}:{import_file.pk}"
    try:
        done = once(token=values["token"], by=by, verb=verb, target=target, perform=perform)
    except ServiceError as refusal:
        import_file.refresh_from_db()  # what was undone must not be shown as done
        form.add_error(None, refusal.message)
        record_refusal(import_file, by=by, reason=values["reason"], refusal=refusal.message)
        return show(model_admin, request, import_file, form)
    if done.repeated:
        messages.info(request, f"Already done, nothing was changed again. {done.message}")
    else:
        messages.success(request, done.message)
    return redirect(url_of(model_admin, "import_file", import_file.pk))


def record_refusal(import_file: ImportFile, *, by: User, reason: str, refusal: str) -> None:
    logger.warning("import of %s refused for %s: %s", import_file, by.email, refusal)
    record(
        f"import_{IMPORTERS[import_file.kind].plural}",
        by=by,
        reason=reason or refusal,
        target=import_file,
        account=None,
        after={"refused_because": refusal},
        result=AuditEvent.Result.REFUSED,
    )


def staged(kind: str, file_id: int) -> ImportFile:
    """The staged file of this kind, or 404."""
    people = ("uploaded_by", "imported_by", "previewed_by")
    found = ImportFile.objects.select_related(*people).filter(kind=kind, pk=file_id).first()
    if found is None:
        raise Http404
    return found


def person(request: HttpRequest) -> User:
    # request.user is a lazy stand-in; services compare and store the real person.
    return User.objects.get(pk=request.user.pk)


def url_of(model_admin: ModelAdmin, name: str, *args: object) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)


def _page(request: HttpRequest, name: str, rows: list) -> Any:
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get(name))
    page.parameter = name
    return page


def _columns(outcome: Outcome) -> list[str]:
    return [cell.column for row in outcome.of(Change.NEW)[:1] for cell in row.cells]


def _render(
    model_admin: ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    urls = {
        name: url_of(model_admin, name)
        for name in ("changelist", "import", "import_template", "import_current")
    }
    return render(
        request,
        template,
        {
            **model_admin.admin_site.each_context(request),
            "urls": urls,
            **context,
        },
    )
