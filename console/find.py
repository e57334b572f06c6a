"""The search as a page of its own: what Ctrl+K finds, with an address and without a script."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

from console import quoted, search


class Find(UnfoldSiteViewMixin, TemplateView):
    """One exact hit is opened at once; `all=1` shows the list instead."""

    title = "Search"
    permission_required = ()
    template_name = "console/find.html"
    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        term = quoted.clean(request.GET.get("q", ""))
        found = search.hits(person=request.user, term=term)
        only = search.the_one(found)
        if only and "all" not in request.GET:
            return HttpResponseRedirect(only)
        return self.render_to_response(self.get_context_data(term=term, found=found))
