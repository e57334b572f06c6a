"""The pages of the reports. GET shows; a POST hands the table out as CSV and keeps who took it."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.timezone import now
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

from billing.reports.months import Month
from console.csv_writing import response, stamped
from console.reports import period
from console.reports.catalog import LISTED, REPORTS
from console.reports.report import Asked, Report
from console.reports.tables import Table
from tenancy.models import AuditEvent, User
from tenancy.records import record

VIEW = "billing.view_report"
EXPORT = "billing.export_report"
TAKEN_FROM = "Exported from the report"


class ReportList(UnfoldSiteViewMixin, TemplateView):
    """What there is to ask."""

    title = "Reports"
    permission_required = VIEW
    template_name = "console/reports/list.html"
    http_method_names = ("get", "head")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"reports": LISTED}


class ReportPage(UnfoldSiteViewMixin, TemplateView):
    """One report: figures, chart, tables."""

    permission_required = VIEW
    template_name = "console/reports/page.html"
    http_method_names = ("get", "head")

    @property
    def title(self) -> str:
        return _report(self.kwargs["name"]).title

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report, at = _report(self.kwargs["name"]), now()
        chosen = period.read(self.request.GET, today=at.date())
        shown = report.build(_asked(self.request, chosen, at))
        return super().get_context_data(**kwargs) | {
            "report": report,
            "reports": LISTED,
            "part_of": REPORTS.get(report.is_part_of),
            "shown": shown,
            "period": chosen,
            "choices": period.choices(today=at.date()) if report.has_period else [],
            "this_month": Month.of(at),
            "may_export": self.request.user.has_perm(EXPORT) and not chosen.problem,
            "asked": self.request.GET.urlencode(),
        }


class ReportExport(UnfoldSiteViewMixin, TemplateView):
    """One table of a report as CSV: the rows of the screen, in its order."""

    title = "Export"
    permission_required = VIEW
    http_method_names = ("post",)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        report, at = _report(name), now()
        by = User.objects.get(pk=request.user.pk)
        if not request.user.has_perm(EXPORT):
            _record(report, by=by, refused="No permission.")
            raise PermissionDenied
        chosen = period.read(request.GET, today=at.date())
        if chosen.problem:
            return HttpResponseBadRequest(chosen.problem, content_type="text/plain; charset=utf-8")
        tables = {table.code: table for table in report.build(_asked(request, chosen, at)).tables}
        table = tables.get(request.GET.get("table", ""), next(iter(tables.values())))
        _record(
            report,
            by=by,
            facts={
                "table": table.code,
                "rows": len(table.rows),
                "columns": table.headings,
                "filters": request.GET.urlencode(),
            }
            | ({"months": str(chosen.months)} if report.has_period else {}),
        )
        return response(_file_name(report, table), table.headings, table.values)


def _report(name: str) -> Report:
    if name not in REPORTS:
        raise Http404
    return REPORTS[name]


def _asked(request: HttpRequest, chosen: period.Period, at: datetime) -> Asked:
    return Asked(chosen.months, at, request.GET)


def _file_name(report: Report, table: Table) -> str:
    parts = dict.fromkeys((report.name, table.code))
    return stamped("-".join(parts))


class _ExportedReport:
    """What the audit event is about: a report, which is no row of any table."""

    pk = None
    _meta = SimpleNamespace(model_name="report")

    def __init__(self, report: Report) -> None:
        self._report = report

    def __str__(self) -> str:
        return self._report.title


def _record(
    report: Report, *, by: User, facts: dict[str, object] | None = None, refused: str = ""
) -> None:
    record(
        "report_exported",
        by=by,
        reason=refused or TAKEN_FROM,
        target=_ExportedReport(report),
        account=None,
        after={"refused_because": refused} if refused else facts,
        result=AuditEvent.Result.REFUSED if refused else AuditEvent.Result.DONE,
    )
