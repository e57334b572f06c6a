"""The pages of an import. GET shows; only a POST stages, checks again or imports."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from console.imports import files
from console.imports.carry_out import for_the_record
from console.imports.forms import UploadForm
from console.imports.limits import BACKGROUND_ABOVE, MAX_ROWS
from console.imports.opened import IMPORTERS
from console.imports.outcome import Change
from console.imports.paged import Counted, rows_of
from console.imports.runs import is_silent
from console.imports.standing import (
    current_run,
    problems_of,
    progress_of,
    state_of,
    summary_of,
)
from console.models import ImportFile, ImportRun
from console.models.import_file import MAX_BYTES
from console.upload_forms import ConfirmForm
from console.upload_pages import confirm_once, page_of, person, render_page, url_of
from tenancy.errors import ServiceError

FILES_PER_PAGE = 20
WARNINGS = 20  # said above all rows; each stands beside its row too


def upload(model_admin: ModelAdmin, request: HttpRequest, kind: str) -> HttpResponse:
    """The first page: what to put into the file, the file, and what was imported before."""
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            return _stage(model_admin, request, kind, form)
    else:
        form = UploadForm()
    importer = IMPORTERS[kind]
    return render_page(
        model_admin,
        request,
        "console/imports/upload.html",
        {
            "title": f"Import {importer.plural}",
            "form": form,
            "importer": importer,
            "here": url_of(model_admin, "import"),
            "template_url": url_of(model_admin, "import_template"),
            "current_url": url_of(model_admin, "import_current"),
            "earlier": _earlier(request, kind),
            "max_rows": MAX_ROWS,
            "background_above": BACKGROUND_ABOVE,
            "max_megabytes": MAX_BYTES // 1024 // 1024,
        },
    )


def _earlier(request: HttpRequest, kind: str) -> Page:
    """A page of the files of this kind, each with its state and its figures."""
    last_runs = ImportRun.objects.order_by("-id").select_related("confirmed_by")
    files_of_kind = (
        ImportFile.objects.filter(kind=kind)
        .defer("content")
        .select_related("uploaded_by", "imported_by")
        .prefetch_related(Prefetch("runs", last_runs))
    )
    page = page_of(request, "earlier", Paginator(files_of_kind, FILES_PER_PAGE))
    for file in page:
        run = next(iter(file.runs.all()), None)
        file.state = state_of(file, run, now=timezone.now())
        file.summary = summary_of(file)
        file.run = run if run and run.is_open else None
    return page


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
    """The preview, what a worker makes of it, or what was imported."""
    importer, now = IMPORTERS[import_file.kind], timezone.now()
    summary, run = summary_of(import_file), current_run(import_file)
    context: dict[str, Any] = {
        "title": f"Import {importer.plural}: {import_file.name}",
        "import_file": import_file,
        "state": state_of(import_file, run, now=now),
        "here": url_of(model_admin, "import_file", import_file.pk),
        "importer": importer,
        "summary": summary,
        "earlier": files.earlier_import(import_file),
        "run": run,
        "runs": import_file.runs.select_related("confirmed_by", "cancelled_by"),
    }
    if run is not None and run.is_open:
        context |= {"progress": progress_of(run, now=now), "is_silent": is_silent(run, now=now)}
    if summary:
        problems, rows = problems_of(import_file, run), import_file.rows.order_by("line")
        found = problems.count()
        may_confirm = not (import_file.is_imported or found or (run and run.is_open))
        context |= {
            "problems": page_of(request, "errors", Counted(problems, found)),
            "warnings": rows.exclude(warning="")[:WARNINGS],
            "changed": rows_of(model_admin, request, Change.CHANGED, rows, summary.changed),
            "new": rows_of(model_admin, request, Change.NEW, rows, summary.new),
            "may_confirm": may_confirm and summary.to_do,
            "in_background": summary.rows > BACKGROUND_ABOVE,
            "again": UploadForm(),
            "form": form or ConfirmForm(initial={"fingerprint": import_file.fingerprint}),
        }
    return render_page(model_admin, request, "console/imports/preview.html", context)


def check(model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile) -> HttpResponse:
    """Preview the same file again, against the data of now."""
    try:
        files.preview(import_file=import_file, by=person(request), now=timezone.now())
    except ServiceError as refusal:
        messages.warning(request, refusal.message)
    return redirect(url_of(model_admin, "import_file", import_file.pk))


def confirm(model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile) -> HttpResponse:
    """Import what the preview shows, once; what is refused shows the preview again, saying why."""
    form = ConfirmForm(request.POST)

    def perform(**facts: Any) -> str:
        confirmed = files.confirm(import_file=import_file, **facts)
        done = confirmed.summary
        if confirmed.run is not None:
            return f"A worker was called to import {import_file.name}."
        return (
            f"Imported {import_file.name}: {done.new:,} new, {done.changed:,} changed, "
            f"{done.unchanged:,} as they were."
        )

    is_done = confirm_once(
        request,
        form,
        verb=verb_of(import_file.kind),
        file=import_file,
        perform=perform,
        for_the_record=for_the_record,
    )
    if not is_done:
        return show(model_admin, request, import_file, form)
    return redirect(url_of(model_admin, "import_file", import_file.pk))


def verb_of(kind: str) -> str:
    """What an attempt to import this kind is called in the audit."""
    return f"import_{IMPORTERS[kind].plural}"


def staged(kind: str, file_id: int) -> ImportFile:
    """The staged file of this kind, or 404."""
    people = ("uploaded_by", "imported_by", "previewed_by")
    found = ImportFile.objects.select_related(*people).filter(kind=kind, pk=file_id).first()
    if found is None:
        raise Http404
    return found
