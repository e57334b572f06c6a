"""The rows of a list, in its order and with its columns, as its address asks for them."""

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest
from unfold.views import ChangeList

from console.list_columns.choice import BETWEEN, NAME, Offered
from console.queues import Queue


class ConsoleChangeList(ChangeList):
    """Sorts by the columns of `sortable_by` alone; the stock list sorts by any in the address."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.usual_columns = list(self.model_admin.usual_columns(request))
        self.column_menu: list[Offered] = self.model_admin.column_menu(request, self.list_display)
        self.column_query = request.GET.urlencode()

    @property
    def is_usual(self) -> bool:
        return list(self.list_display) == self.usual_columns

    @property
    def queue(self) -> Queue | None:
        """The one that the list is cut down to."""
        chosen = (getattr(spec, "chosen", None) for spec in self.filter_specs)
        return next(filter(None, chosen), None)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        given = super().get_filters_params(params)
        given.pop(NAME, None)
        return given

    def get_query_string(
        self, new_params: dict[str, Any] | None = None, remove: list[str] | None = None
    ) -> str:
        """Sorting is by a column's number, so it names the columns it counts."""
        new_params = dict(new_params or {})
        if ORDER_VAR in new_params and not self.is_usual:
            new_params.setdefault(NAME, BETWEEN.join(self.list_display))
        return super().get_query_string(new_params, remove)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The heading would say how many there are, uncut; the line below the list says it.
        self.full_result_count = self.result_count

    def get_ordering_field(self, field_name: str) -> Any:
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None
