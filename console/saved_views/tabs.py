"""Views of a list as tabs above it: those everybody has, then the person's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse

from console.saved_views.keeping import MOST_LETTERS, plain
from console.saved_views.own import own_of


@dataclass(frozen=True)
class Tab:
    """`view_id` is set on the person's own."""

    title: str
    query: str = ""
    is_here: bool = False
    view_id: int | None = None


class ViewsMixin(ModelAdmin):
    """`views` are titles and filters: (("Trials", "status__exact=trial"), …)."""

    views: ClassVar[Sequence[tuple[str, str]]] = ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        here = plain(request.GET.urlencode())
        own = own_of(self, request)
        given = [("All", "", None), *((title, plain(query), None) for title, query in self.views)]
        given += [(view["name"], view["query"], view["pk"]) for view in own.views]
        tabs = [
            Tab(title, query, is_here=query == here, view_id=view_id)
            for title, query, view_id in given
        ]
        shown = {
            "view_tabs": tabs,
            "view_of": self.opts.label_lower,
            "view_query": here,
            "view_here": next((tab for tab in tabs if tab.is_here), None),
            "view_letters": MOST_LETTERS,
        }
        return super().changelist_view(request, {**shown, **(extra_context or {})})
