"""The files around an import: template, today's data in its form, errors, changes."""

from collections.abc import Iterator

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse

from console.csv_writing import response, stamped
from console.exports import record_export
from console.imports.cells import written
from console.imports.limits import CHUNK
from console.imports.opened import IMPORTERS
from console.imports.standing import current_run, problems_of
from console.models import ImportFile, ImportKind
from console.upload_pages import person
from tenancy.models import Account, Plan


def template(kind: str) -> StreamingHttpResponse:
    """The headings alone: an example row would end up imported."""
    importer = IMPORTERS[kind]
    return response(f"{importer.plural}-template", _headings(kind), [])


def current(model_admin: ModelAdmin, request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """Today's rows in the form of the import: importing the file as it is changes nothing."""
    importer, queryset = IMPORTERS[kind], _importable(kind)
    record_export(
        model_admin,
        request,
        by=person(request),
        rows=queryset.count(),
        columns=_headings(kind),
        form="import",
    )
    return response(stamped(importer.plural), _headings(kind), _rows(kind, queryset))


def problems(import_file: ImportFile) -> StreamingHttpResponse:
    """What stands in the way: found by the preview, or by the import when that failed."""
    _refuse_without_preview(import_file)
    found = problems_of(import_file, current_run(import_file))
    return response(
        f"errors-of-import-{import_file.pk}",
        ("Line", "Column", "Value", "What to do"),
        (
            (problem.line or "", problem.column, problem.value, problem.message)
            for problem in found.iterator(chunk_size=CHUNK)
        ),
    )


def changes(import_file: ImportFile) -> StreamingHttpResponse:
    """Every cell the import writes, one a line, for checking outside."""
    _refuse_without_preview(import_file)
    return response(
        f"changes-of-import-{import_file.pk}",
        ("Line", "Slug", "What", "Column", "Old", "New"),
        (
            (row.line, row.slug, row.change, column, before or "", after)
            for row in import_file.rows.order_by("line").iterator(chunk_size=CHUNK)
            for column, before, after in row.cells
        ),
    )


def _refuse_without_preview(import_file: ImportFile) -> None:
    if not import_file.preview:
        raise Http404("There is no preview of this file, or none any more.")


def _headings(kind: str) -> list[str]:
    return [column.name for column in IMPORTERS[kind].columns]


def _importable(kind: str) -> QuerySet:
    if kind == ImportKind.PLANS:
        return Plan.objects.order_by("position", "id")
    accounts = Account.objects.filter(is_system=False, is_deleted=False)
    return accounts.select_related("plan", "owner").order_by("id")


def _rows(kind: str, queryset: QuerySet) -> Iterator[list[str]]:
    value = _plan_value if kind == ImportKind.PLANS else _account_value
    for target in queryset.iterator(chunk_size=1000):
        yield [value(target, heading) for heading in _headings(kind)]


def _plan_value(plan: Plan, column: str) -> str:
    return written(getattr(plan, column))


def _account_value(account: Account, column: str) -> str:
    match column:
        case "plan":
            return account.plan.slug
        case "owner_email":
            return account.owner.email if account.owner else ""
        case "opening_credits":
            return ""
    return written(getattr(account, column))
