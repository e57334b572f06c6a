"""Where the menu of columns above each list is sent."""

from django.contrib.admin.views.main import ERROR_FLAG, ORDER_VAR, PAGE_VAR
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.timezone import now
from django.views.generic import View
from unfold.views import UnfoldSiteViewMixin

from console.list_columns import keeping
from console.list_columns.choice import BETWEEN, NAME, ColumnsMixin
from tenancy.models import User

# The number by which an address sorts counts columns, so it means another one now.
LEFT_OUT = (NAME, ORDER_VAR, PAGE_VAR, ERROR_FLAG)


class Columns(UnfoldSiteViewMixin, View):
    """POST keeps a choice (`list`, `query` and the ticked `columns`), or forgets it (`usual`).

    The list is shown again with the choice in its address: there it can be shared, and saved as
    a view.
    """

    title = "Columns"
    permission_required = ()
    http_method_names = ("get", "head", "post")

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:index"))

    def post(self, request: HttpRequest) -> HttpResponse:
        screen = self._screen(request.POST.get("list", ""))
        if screen is None:
            return HttpResponseRedirect(reverse("admin:index"))
        person = User.objects.get(pk=request.user.pk)
        # As the list reads its own address: the tab of staff has other columns than that of users.
        request.GET = QueryDict(request.POST.get("query", ""), mutable=True)
        for name in LEFT_OUT:
            request.GET.pop(name, None)
        list_name = screen.columns_name(request)
        chosen = screen.known_columns(request, request.POST.getlist(NAME))
        if "usual" in request.POST:
            keeping.forget(person=person, list_name=list_name)
        elif chosen:
            keeping.keep(person=person, list_name=list_name, columns=chosen, now=now())
            request.GET[NAME] = BETWEEN.join(chosen)
        opts = screen.opts
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        query = request.GET.urlencode()
        return HttpResponseRedirect(f"{url}?{query}" if query else url)

    def _screen(self, label: str) -> ColumnsMixin | None:
        """The list of this name, if the person may open it."""
        for screen in self.admin_site._registry.values():
            if screen.opts.label_lower == label and isinstance(screen, ColumnsMixin):
                return screen if screen.has_view_permission(self.request) else None
        return None
