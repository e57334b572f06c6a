"""The history page of every object. It is read, never written.

The pages of simple-history are not used: its form for one row saves what is posted to it.
"""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from console import history
from console.paginator import BoundedPaginator

PER_PAGE = 25
READ = ("GET", "HEAD")


class HistoryPageMixin:
    """For admin classes: `/history/` opens with the view permission and takes no POST."""

    def get_urls(self) -> list[URLPattern]:
        one_row = path(
            "<path:object_id>/history/<str:row>/",
            self.admin_site.admin_view(self.history_row_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_history_row",
        )
        return [one_row, *super().get_urls()]

    def history_row_view(self, request: HttpRequest, object_id: str, row: str) -> HttpResponse:
        """Where simple-history has its form for one row. Here it leads to the whole history."""
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self._url("history", object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        if not self.has_view_permission(request):
            raise PermissionDenied
        target = self.get_object(request, unquote(object_id))
        if target is None:
            raise Http404
        page = BoundedPaginator(history.entries_of(target), PER_PAGE).get_page(request.GET.get("p"))
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {target}",
            "opts": self.opts,
            "object": target,
            "page_obj": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "entries": history.read(target, page),
            "back_url": self._url("change", target.pk),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "console/history/page.html", context)

    def _url(self, view: str, object_id: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}"
        return reverse(name, args=(object_id,))
