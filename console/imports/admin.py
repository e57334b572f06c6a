"""Puts the import on a model's list: its button, its addresses and its permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, NoReturn

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path

from console.exports import may_export
from console.imports import downloads, pages, run_pages
from console.imports.paged import url_of
from console.models import ImportFile

type View = Callable[..., HttpResponse]


class CsvImportMixin(ModelAdmin):
    """`import_kind` says what is imported; the permission is import_<model>."""

    import_kind: ClassVar[str]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.import_{self.opts.model_name}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = {}
        if self.has_import_permission(request):
            offered["csv_import_url"] = url_of(self, "import")
        return super().changelist_view(request, {**(extra_context or {}), **offered})

    def get_urls(self) -> list[URLPattern]:
        kind = self.import_kind

        def route(address: str, name: str, view: View, *methods: str) -> URLPattern:
            guarded = self.admin_site.admin_view(self._only(view, methods))
            full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            return path(f"import/{address}", guarded, name=full_name)

        def of_file(page: Callable[..., HttpResponse]) -> View:
            return lambda request, file_id: page(self, request, pages.staged(kind, file_id))

        def download(page: Callable[..., HttpResponse]) -> View:
            return lambda request, file_id: page(pages.staged(kind, file_id))

        return [
            route("", "import", lambda r: pages.upload(self, r, kind), "GET", "POST"),
            route("template/", "import_template", lambda r: downloads.template(kind), "GET"),
            route("current/", "import_current", self._current, "POST"),
            route("<int:file_id>/", "import_file", of_file(pages.show), "GET"),
            route("<int:file_id>/check/", "import_check", of_file(pages.check), "POST"),
            route("<int:file_id>/confirm/", "import_confirm", of_file(pages.confirm), "POST"),
            route("<int:file_id>/cancel/", "import_cancel", of_file(run_pages.cancel), "POST"),
            route("<int:file_id>/again/", "import_again", of_file(run_pages.begin_again), "POST"),
            self._progress(of_file(run_pages.progress)),
            route("<int:file_id>/errors/", "import_errors", download(downloads.problems), "GET"),
            route("<int:file_id>/changes/", "import_changes", download(downloads.changes), "GET"),
            *super().get_urls(),
        ]

    def _progress(self, view: View) -> URLPattern:
        """What a page fetches by itself: to somebody signed out, the whole page tells so."""
        guarded = self.admin_site.admin_view(self._only(view, ("GET",)))

        def progress(request: HttpRequest, **arguments: int) -> HttpResponse:
            if not self.admin_site.has_permission(request) and "HX-Request" in request.headers:
                return HttpResponse(headers={"HX-Refresh": "true"})
            return guarded(request, **arguments)

        name = f"{self.opts.app_label}_{self.opts.model_name}_import_progress"
        return path("import/<int:file_id>/progress/", progress, name=name)

    def _current(self, request: HttpRequest) -> HttpResponse:
        if not may_export(self, request):
            self._refuse(request)
        return downloads.current(self, request, self.import_kind)

    def _refuse(self, request: HttpRequest) -> NoReturn:
        if request.method == "POST":
            pages.record_refusal(
                ImportFile(kind=self.import_kind, name="Import"),
                by=pages.person(request),
                reason="",
                refusal="No permission.",
            )
        raise PermissionDenied

    def _only(self, view: View, methods: tuple[str, ...]) -> View:
        allowed = (*methods, "HEAD") if "GET" in methods else methods

        @wraps(view)
        def guarded(request: HttpRequest, **arguments: int) -> HttpResponse:
            if request.method not in allowed:
                return HttpResponseNotAllowed(methods)
            if not self.has_import_permission(request):
                self._refuse(request)
            return view(request, **arguments)

        return guarded
