"""The staff site: its screens are registered by the modules of console.admin."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.views import PasswordChangeView
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from unfold.sites import UnfoldAdminSite

from console import dashboard, mail_pages, search, search_screens, sign_in
from console.demo import staff as demo_staff
from console.passwords import ChangeOwnPasswordForm


class ConsoleSite(UnfoldAdminSite):
    """Everything under /admin/."""

    index_title = "Work waiting"
    index_template = "console/dashboard/page.html"
    enable_nav_sidebar = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._menus: dict[str, Any] = {}

    def _get_config(self, key: str, *args: Any) -> Any:
        """The menu with its addresses worked out once: lazy ones are looked up anew each time one
        is read.
        """
        if key not in ("SIDEBAR", "TABS"):
            return super()._get_config(key, *args)
        if key not in self._menus:
            self._menus[key] = _worked_out(super()._get_config(key, *args))
        return self._menus[key]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list:
        """Empty: every page would work out the stock menu of all models, and none shows it."""
        return []

    def get_urls(self) -> list[URLPattern]:
        # Before the site's own, which end with one that takes every address.
        return [
            path("mails/", self.admin_view(self._mails), name="mails"),
            path("mails/html/", self.admin_view(mail_pages.html), name="mail_html"),
            *super().get_urls(),
        ]

    def _mails(self, request: HttpRequest) -> HttpResponse:
        return mail_pages.index(request, self.each_context(request))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(request, {**dashboard.context(request), **(extra_context or {})})

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        demo = {}
        if settings.DEMO:
            demo = {"demo_logins": demo_staff.LOGINS, "demo_password": demo_staff.PASSWORD}
        context = {**demo, **(extra_context or {})}
        return sign_in.recorded(request, lambda: super(ConsoleSite, self).login(request, context))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        sign_in.record_sign_out(request)
        return super().logout(request, extra_context)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        request.current_app = self.name
        return PasswordChangeView.as_view(
            form_class=ChangeOwnPasswordForm,
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Unfold's own has no limit and keeps answers for five minutes, whoever may see them."""
        started = time.monotonic()
        term = request.GET.get("s", "")
        if not term.strip():
            return HttpResponse()
        found = search.find(person=request.user, term=term)
        screens = search_screens.find(request=request, term=term)
        links = {screen.link for screen in screens}
        lists = self._search_apps(super().get_app_list(request), term.strip().lower())
        screens += [each for each in lists if each.link not in links]
        results = [*found, *screens[: search.MOST]]
        page = Paginator(results, per_page=max(1, len(results)))
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html",
            {
                "results": page.page(1),
                "page_obj": page,
                "page_counter": 0,
                "execution_time": time.monotonic() - started,
                "command_show_history": False,
            },
            headers={"HX-Trigger": "search"},
        )


def _worked_out(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        return {key: _worked_out(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_worked_out(item) for item in value]
    return value


site = ConsoleSite(name="admin")
