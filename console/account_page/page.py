"""The account page: read-only, everything about one customer, changed through its verbs alone."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from console.account_page import actions, strip, tabs
from console.timeline import export
from tenancy.models import Account

LOADED = ("plan", "owner", "deleted_by", "credit_balance", "subscription")


class AccountPageMixin:
    """Takes the place of the stock change form in the admin of accounts."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.timeline_export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_timeline_export"
        return [path("<path:object_id>/timeline/export/", view, name=name), *super().get_urls()]

    def timeline_export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = _find(object_id)
        if account is None:
            raise Http404
        return export.answer(request, account)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(("GET",))
        if not self.has_view_permission(request):
            raise PermissionDenied
        account = _find(object_id)
        if account is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        now = timezone.now()
        tab = tabs.chosen(request.GET.get("tab"))
        context = {
            **self.admin_site.each_context(request),
            "title": account.name,
            "opts": self.opts,
            "original": account,
            "account": account,
            "strip": strip.build(account, person=request.user, now=now),
            "actions": actions.of_account(account, person=request.user),
            "tabs": tabs.TABS,
            "tab": tab,
            **tab.read(account, request.user, request.GET, now),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "console/account/page.html", context)


def _find(object_id: str) -> Account | None:
    try:
        return Account.objects.select_related(*LOADED).get(pk=object_id)
    except (Account.DoesNotExist, ValueError):
        return None
