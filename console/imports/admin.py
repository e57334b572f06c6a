"""Puts the import on a model's list: its button, its addresses and its permission."""

from collections.abc import Callable
from typing import ClassVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from console.exports import may_export
from console.imports import downloads, pages, run_pages
from console.models import ImportFile
from console.upload_pages import UploadPagesMixin, View


class CsvImportMixin(UploadPagesMixin):
    """`import_kind` says what is imported."""

    import_kind: ClassVar[str]
    import_label = "Import CSV"

    def attempted(self) -> tuple[str, Model]:
        return pages.verb_of(self.import_kind), ImportFile(kind=self.import_kind, name="Import")

    def get_urls(self) -> list[URLPattern]:
        kind, route = self.import_kind, self.import_path

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
        guarded = self.import_view(view, "GET")

        def progress(request: HttpRequest, **arguments: int) -> HttpResponse:
            if not self.admin_site.has_permission(request) and "HX-Request" in request.headers:
                return HttpResponse(headers={"HX-Refresh": "true"})
            return guarded(request, **arguments)

        name = f"{self.opts.app_label}_{self.opts.model_name}_import_progress"
        return path("import/<int:file_id>/progress/", progress, name=name)

    def _current(self, request: HttpRequest) -> HttpResponse:
        if not may_export(self, request):
            self.refuse_import(request)
        return downloads.current(self, request, self.import_kind)
