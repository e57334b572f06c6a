"""Long lists, page by page, newest first, by a number that only grows: nothing slips or repeats."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from functools import cache

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request

from tenancy.api.codes import Code
from tenancy.api.fields import Text
from tenancy.api.problems import ApiError
from tenancy.api.shapes import Answer, Body

LARGEST_PAGE = 100
USUAL_PAGE = 50


class PageSize(serializers.IntegerField):
    """A query is text, so here digits are a number; no other way to write one is."""

    def to_internal_value(self, data: str) -> int:
        if not (data.isascii() and data.isdecimal()):
            self.fail("invalid")
        return super().to_internal_value(data)


class PageQuery(Body):
    cursor = Text(required=False, help_text="From `next` of the page before.")
    page_size = PageSize(required=False, min_value=1, max_value=LARGEST_PAGE, default=USUAL_PAGE)


def page(
    rows: models.QuerySet, *, by: str, request: Request, query: dict[str, object]
) -> dict[str, object]:
    """`results` and `next`, the address of the page after this one (null on the last).

    `by` is the unique, growing number that the rows are ordered by.
    """
    rows = rows.order_by(f"-{by}")
    if "cursor" in query:
        rows = rows.filter(**{f"{by}__lt": _decoded(str(query["cursor"]))})
    size = query["page_size"]
    found = list(rows[: size + 1])
    address = None
    if len(found) > size:
        found = found[:size]
        cursor = _encoded(getattr(found[-1], by))
        path = request.build_absolute_uri(request.path)
        address = f"{path}?cursor={cursor}&page_size={size}"
    return {"results": found, "next": address}


@cache
def paged(row: type[Answer]) -> type[Answer]:
    """The answer of a list of `row`s; one for each kind, whichever calls give it."""
    return type(
        row.__name__.removesuffix("Answer") + "Page",
        (Answer,),
        {
            "__doc__": "A page of a list, newest first.",
            "results": row(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The address of the next page; null on the last."
            ),
        },
    )


def _encoded(number: int) -> str:
    return urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if len(text) < 19 and text.isdecimal():
            return int(text)
    except (Error, ValueError):
        pass
    fault = {"parameter": "cursor", "code": "invalid", "detail": "Use `next` of the page before."}
    raise ApiError(Code.VALIDATION_ERROR, errors=[fault])
