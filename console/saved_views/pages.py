"""The person's own views: the list of them, and where the forms above the lists are sent."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.timezone import now
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

from console.models import SavedView
from console.paging import whole_number
from console.saved_views import keeping
from console.saved_views.tabs import ViewsMixin
from tenancy.errors import ServiceError
from tenancy.models import User


class Views(UnfoldSiteViewMixin, TemplateView):
    """GET lists them; POST keeps one (`list`, `query`, `name`) or forgets one (`forget`)."""

    title = "My views"
    permission_required = ()
    template_name = "console/saved_views/page.html"
    http_method_names = ("get", "head", "post")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = SavedView.objects.filter(person=self.request.user.pk)
        lists = {screen.opts.label_lower: screen for screen in self._lists()}
        shown = [
            {"view": view, "list": lists[view.list_name].opts.verbose_name_plural}
            | {"url": f"{_url(lists[view.list_name])}?{view.query}"}
            for view in own
            if view.list_name in lists
        ]
        return super().get_context_data(**kwargs) | {"shown": shown}

    def post(self, request: HttpRequest) -> HttpResponse:
        person = User.objects.get(pk=request.user.pk)
        here = {screen.opts.label_lower: screen for screen in self._lists()}.get(
            request.POST.get("list", "")
        )
        back = _url(here) if here else reverse("admin:saved_views")
        if "forget" in request.POST:
            number = whole_number(request.POST["forget"])
            name = keeping.forget(person=person, view_id=number) if number else ""
            messages.success(request, f"The view “{name}” is forgotten." if name else "It is gone.")
            return HttpResponseRedirect(back)
        query = keeping.plain(request.POST.get("query", ""))
        if here is None:
            return HttpResponseRedirect(back)
        try:
            view = keeping.keep(
                person=person,
                list_name=here.opts.label_lower,
                name=request.POST.get("name", ""),
                query=query,
                now=now(),
            )
        except ServiceError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, f"Kept as “{view.name}”: a tab above this list.")
        return HttpResponseRedirect(f"{back}?{query}")

    def _lists(self) -> list[ModelAdmin]:
        """The lists with views that this person may open."""
        return [
            screen
            for screen in self.admin_site._registry.values()
            if isinstance(screen, ViewsMixin) and screen.has_view_permission(self.request)
        ]


def _url(screen: ModelAdmin) -> str:
    return reverse(f"admin:{screen.opts.app_label}_{screen.opts.model_name}_changelist")
