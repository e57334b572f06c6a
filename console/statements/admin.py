"""Puts the import on the list of statements: its button, its addresses and its permission."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path

from billing.models import StatementUpload
from console.statements import pages

type View = Callable[..., HttpResponse]

PERMISSION = "billing.import_bankstatement"


class StatementImportMixin(ModelAdmin):
    change_list_template = "console/imports/change_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = {}
        if request.user.has_perm(PERMISSION):
            offered["statement_import_url"] = pages.url_of(self, "import")
        return super().changelist_view(request, {**(extra_context or {}), **offered})

    def get_urls(self) -> list[URLPattern]:
        def route(address: str, name: str, view: View, *methods: str) -> URLPattern:
            guarded = self.admin_site.admin_view(self._only(view, methods))
            full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            return path(f"import/{address}", guarded, name=full_name)

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

    def _refuse(self, request: HttpRequest) -> NoReturn:
        if request.method == "POST":
            pages.record_refusal(
                StatementUpload(file_name="Bank statement"),
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
            if not request.user.has_perm(PERMISSION):
                self._refuse(request)
            return view(request, **arguments)

        return guarded
