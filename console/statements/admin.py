"""Puts the import on the list of statements: its button, its addresses and its permission."""

from collections.abc import Callable

from django.db.models import Model
from django.http import HttpResponse
from django.urls import URLPattern

from billing.models import StatementUpload
from console.statements import pages
from console.upload_pages import UploadPagesMixin, View


class StatementImportMixin(UploadPagesMixin):
    import_label = "Import statement"

    def attempted(self) -> tuple[str, Model]:
        return pages.VERB, StatementUpload(file_name="Bank statement")

    def get_urls(self) -> list[URLPattern]:
        route = self.import_path

        def of_file(page: Callable[..., HttpResponse]) -> View:
            return lambda request, file_id: page(self, request, pages.kept(file_id))

        return [
            route("", "import", lambda request: pages.upload(self, request), "GET", "POST"),
            route("<int:file_id>/", "import_file", of_file(pages.show), "GET"),
            route("<int:file_id>/read/", "import_read", of_file(pages.choose), "POST"),
            route("<int:file_id>/confirm/", "import_confirm", of_file(pages.confirm), "POST"),
            route(
                "<int:file_id>/errors/",
                "import_errors",
                lambda request, file_id: pages.errors(pages.kept(file_id)),
                "GET",
            ),
            *super().get_urls(),
        ]
