"""What one person keeps of one list: the columns chosen last, and views under names. One query."""

from dataclasses import dataclass

from django.contrib.admin import ModelAdmin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest

from console.models import ListColumns, SavedView
from tenancy.models import User


@dataclass(frozen=True)
class Own:
    """`columns` as in the address, empty for none; `views` have `pk`, `name` and `query`."""

    columns: str = ""
    views: tuple[dict[str, object], ...] = ()


def own_of(screen: ModelAdmin, request: HttpRequest) -> Own:
    """Asked of the database once in a request, which shows one list."""
    if not hasattr(request, "own_of_list"):
        names = screen.opts.label_lower, screen.columns_name(request)
        request.own_of_list = _read(request.user.pk, *names)
    return request.own_of_list


def _read(person: int | None, list_name: str, columns_name: str) -> Own:
    mine = {"person": OuterRef("pk")}
    columns = ListColumns.objects.filter(**mine, list_name=columns_name).values("columns")
    views = SavedView.objects.filter(**mine, list_name=list_name).order_by("name")
    each = views.values(facts=JSONObject(pk="pk", name="name", query="query"))
    found = (
        User.objects.filter(pk=person).values_list(Subquery(columns), ArraySubquery(each)).first()
    )
    return Own(found[0] or "", tuple(found[1])) if found else Own()
