"""The page's part that is asked for every second while a worker imports, and its two buttons."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from console.imports import runs
from console.imports.opened import IMPORTERS
from console.imports.standing import current_run, progress_of, state_of
from console.models import ImportFile, ImportRun
from console.upload_pages import person, url_of
from tenancy.errors import ServiceError


def progress(
    model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile
) -> HttpResponse:
    """How far it is. When the page as a whole is out of date, the browser is told to load it anew.

    `?silent=1` is asked by a page that says already that nobody is at work.
    """
    whole_page = url_of(model_admin, "import_file", import_file.pk)
    run, now = current_run(import_file), timezone.now()
    if "HX-Request" not in request.headers:
        return redirect(whole_page)
    if (
        run is None
        or not run.is_open
        or runs.is_silent(run, now=now) != (request.GET.get("silent") == "1")
    ):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(
        request,
        "console/imports/progress.html",
        {
            "run": run,
            "state": state_of(import_file, run, now=now),
            "progress": progress_of(run, now=now),
            "importer": IMPORTERS[import_file.kind],
            "is_fetched": True,
        },
    )


def cancel(model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile) -> HttpResponse:
    return _on_run(model_admin, request, import_file, runs.cancel)  # the page says it is


def begin_again(
    model_admin: ModelAdmin, request: HttpRequest, import_file: ImportFile
) -> HttpResponse:
    done = "A worker was called. It begins from the first row as soon as one is free."
    return _on_run(model_admin, request, import_file, runs.begin_again, done)


def _on_run(
    model_admin: ModelAdmin,
    request: HttpRequest,
    import_file: ImportFile,
    verb: Callable[..., ImportRun],
    done: str = "",
) -> HttpResponse:
    run = current_run(import_file)
    if run is not None:
        try:
            verb(run=run, by=person(request), now=timezone.now())
            if done:
                messages.success(request, done)
        except ServiceError as refusal:
            messages.warning(request, refusal.message)
    return redirect(url_of(model_admin, "import_file", import_file.pk))
