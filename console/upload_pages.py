"""The pages of an uploaded file: their addresses and right, what they show, one confirmation."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, NoReturn

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from console.actions.once import once
from console.upload_forms import ConfirmForm
from tenancy.errors import ServiceError
from tenancy.models import AuditEvent, User
from tenancy.records import record

logger = logging.getLogger(__name__)

type View = Callable[..., HttpResponse]


class UploadPagesMixin(ModelAdmin):
    """Puts pages under `import/` and a button on the list; the permission is import_<model>."""

    import_label: ClassVar[str]
    change_list_template = "console/imports/change_list.html"

    def attempted(self) -> tuple[str, Model]:
        """The verb, and a file not stored, that a POST without the permission is kept under."""
        raise NotImplementedError

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.import_{self.opts.model_name}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = {}
        if self.has_import_permission(request):
            offered = {"import_url": url_of(self, "import"), "import_label": self.import_label}
        return super().changelist_view(request, {**(extra_context or {}), **offered})

    def import_path(self, address: str, name: str, view: View, *methods: str) -> URLPattern:
        """`import/<address>`, named <app>_<model>_<name>, as `import_view` guards it."""
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(f"import/{address}", self.import_view(view, *methods), name=full_name)

    def import_view(self, view: View, *methods: str) -> View:
        """For staff with the permission: others get 403, other methods 405."""
        allowed = (*methods, "HEAD") if "GET" in methods else methods

        @wraps(view)
        def guarded(request: HttpRequest, **arguments: int) -> HttpResponse:
            if request.method not in allowed:
                return HttpResponseNotAllowed(methods)
            if not self.has_import_permission(request):
                self.refuse_import(request)
            return view(request, **arguments)

        return self.admin_site.admin_view(guarded)

    def refuse_import(self, request: HttpRequest) -> NoReturn:
        """Raises PermissionDenied; an attempted POST is kept in the audit."""
        if request.method == "POST":
            verb, file = self.attempted()
            _record_refusal(verb, file, by=person(request), reason="", refusal="No permission.")
        raise PermissionDenied


def confirm_once(
    request: HttpRequest,
    form: ConfirmForm,
    *,
    verb: str,
    file: Model,
    perform: Callable[..., str],
    for_the_record: Callable[[ServiceError], str] = str,
) -> bool:
    """Import the file once for the form's token, and tell the person so; whether it is done.

    `perform(fingerprint=…, reason=…, ticket_url=…, by=…, now=…)` returns its message or raises
    ServiceError: then the form says why, and the audit keeps it as `for_the_record` words it.
    """
    if not form.is_valid():
        return False
    by, values = person(request), dict(form.cleaned_data)
    token, target = values.pop("token"), f"{file._meta.label_lower}:{file.pk}"

    def import_now() -> str:
        return perform(**values, by=by, now=timezone.now())

    try:
        done = once(token=token, by=by, verb=verb, target=target, perform=import_now)
    except ServiceError as refusal:
        file.refresh_from_db()  # what was undone must not be shown as done
        form.add_error(None, refusal.message)
        recorded = for_the_record(refusal)
        _record_refusal(verb, file, by=by, reason=values["reason"], refusal=recorded)
        return False
    if done.repeated:
        messages.info(request, f"Already done, nothing was changed again. {done.message}")
    else:
        messages.success(request, done.message)
    return True


def _record_refusal(verb: str, file: Model, *, by: User, reason: str, refusal: str) -> None:
    # Why is in the audit alone: it may quote a cell, and a log goes to more people than the file.
    logger.warning("import of %s refused for %s", file, by.email)
    record(
        verb,
        by=by,
        reason=reason or refusal,
        target=file,
        account=None,
        after={"refused_because": refusal},
        result=AuditEvent.Result.REFUSED,
    )


def render_page(
    model_admin: ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """The template in the frame of the console; `urls` has the list and the first page."""
    urls = {name: url_of(model_admin, name) for name in ("changelist", "import")}
    frame = model_admin.admin_site.each_context(request)
    return render(request, template, {**frame, "urls": urls, **context})


def page_of(request: HttpRequest, name: str, rows: Paginator) -> Page:
    """The page that the address asks for by its parameter `name`; the first or last for others."""
    page = rows.get_page(request.GET.get(name))
    page.parameter = name
    return page


def url_of(model_admin: ModelAdmin, name: str, *args: object) -> str:
    """The address of this model's page; raises NoReverseMatch when there is none."""
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)


def person(request: HttpRequest) -> User:
    """Who is signed in: services compare and store the real one, not request.user's stand-in."""
    return User.objects.get(pk=request.user.pk)
