"""A long preview in pages, each row with its link to what is there by now."""

from django.contrib.admin import ModelAdmin
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from console.imports.outcome import Change
from console.upload_pages import page_of, url_of

ROWS_PER_PAGE = 100


class Counted(Paginator):
    """Knows how many there are, without counting them again."""

    count = 0

    def __init__(self, rows: QuerySet, count: int) -> None:
        self.count = count
        super().__init__(rows, ROWS_PER_PAGE)


def rows_of(
    model_admin: ModelAdmin, request: HttpRequest, change: Change, rows: QuerySet, count: int
) -> Page:
    """A page of rows; each that is there by now knows its page as `url`."""
    page = page_of(request, change.value, Counted(rows.filter(change=change), count))
    page.object_list = list(page.object_list)
    slugs = [row.slug for row in page.object_list]
    there = dict(model_admin.model.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    for row in page.object_list:
        if row.slug in there:
            row.url = url_of(model_admin, "change", there[row.slug])
    return page
