"""The list as it is on the screen, as CSV: same filters, search, order and columns, all rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.urls import URLPattern, path, reverse

from console.csv_values import reader
from console.csv_writing import Value, response, stamped
from tenancy.models import AuditEvent, User
from tenancy.records import record

CHUNK = 1000  # rows fetched at a time
# Which page of the list is shown has no say in what is exported.
PAGING = ("p", "all", "e")
TAKEN_FROM = "Exported from the list"


class CsvExportMixin(ModelAdmin):
    """Adds the button and the address `export/`; the permission is export_<model>.

    `csv_values` gives a column's plain value where the screen shows a decorated one: a dotted path
    of attributes, or a function, by the column's name. `csv_only` are columns that the screen has
    no room for.
    """

    csv_values: Mapping[str, str | Callable[[Model], Value]] = {}
    csv_only: Sequence[str] = ()
    change_list_template = "console/imports/change_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = {}
        if may_export(self, request):
            offered["csv_export_url"] = f"{_url(self)}?{_as_shown(request).urlencode()}"
        return super().changelist_view(request, {**(extra_context or {}), **offered})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        # A POST, though nothing changes: every export is kept in the audit trail.
        if request.method != "POST":
            return HttpResponseNotAllowed(("POST",))
        by = User.objects.get(pk=request.user.pk)
        if not may_export(self, request):
            _record(self.model, 0, by=by, refused="No permission.")
            raise PermissionDenied
        request.GET = _as_shown(request)
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponse("This list has no such filter.", status=400)
        queryset = shown.get_queryset(request)
        columns = [name for name in shown.list_display if name != "action_checkbox"]
        columns += [name for name in self.csv_only if name not in columns]
        labels = [column_label(self, name) for name in columns]
        record_export(
            self,
            request,
            by=by,
            rows=queryset.count(),
            columns=labels,
        )
        name = stamped(str(self.opts.verbose_name_plural).replace(" ", "-"))
        return response(name, labels, _rows(self, queryset, columns))


def may_export(model_admin: ModelAdmin, request: HttpRequest) -> bool:
    opts = model_admin.opts
    return model_admin.has_view_permission(request) and request.user.has_perm(
        f"{opts.app_label}.export_{opts.model_name}"
    )


class _ExportedList:
    """What an export's audit event is about: a list, which is no object of its own."""

    pk = None

    def __init__(self, model: type[Model], rows: int) -> None:
        self._meta = model._meta
        self._rows = rows

    def __str__(self) -> str:
        noun = self._meta.verbose_name if self._rows == 1 else self._meta.verbose_name_plural
        return f"{self._rows:,} {noun}"


def record_export(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    by: User,
    rows: int,
    columns: list[str],
    form: str = "list",
) -> None:
    """Keep who took which rows out. Written before the first row leaves."""
    filters = request.GET.urlencode()
    facts = {"rows": rows, "filters": filters, "columns": columns, "form": form}
    _record(model_admin.model, rows, by=by, facts=facts)


def _record(
    model: type[Model],
    rows: int,
    *,
    by: User,
    facts: dict[str, object] | None = None,
    refused: str = "",
) -> None:
    record(
        "list_exported",
        by=by,
        reason=refused or TAKEN_FROM,
        target=_ExportedList(model, rows),
        account=None,
        after={"refused_because": refused} if refused else facts,
        result=AuditEvent.Result.REFUSED if refused else AuditEvent.Result.DONE,
    )


def _rows(model_admin: ModelAdmin, queryset: QuerySet, columns: list[str]) -> Iterator[list[Value]]:
    # A cursor in the server: as much memory for a million rows as for a thousand.
    readers = [reader(model_admin, name) for name in columns]
    for target in queryset.iterator(chunk_size=CHUNK):
        yield [read(target) for read in readers]


def column_label(model_admin: ModelAdmin, name: str) -> str:
    label = str(label_for_field(name, model_admin.model, model_admin))
    return label[:1].upper() + label[1:]


def _as_shown(request: HttpRequest) -> QueryDict:
    shown = request.GET.copy()
    for name in PAGING:
        shown.pop(name, None)
    return shown


def _url(model_admin: ModelAdmin) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_export")
