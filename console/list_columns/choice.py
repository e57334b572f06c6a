"""Which columns of its own a list shows: what the address says, else the person's last choice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest

from console.exports import column_label
from console.saved_views.own import own_of

NAME = "columns"
BETWEEN = "."


@dataclass(frozen=True)
class Offered:
    """A column in the menu; one that `stays` cannot be left out."""

    name: str
    label: str
    is_shown: bool
    stays: bool


class ColumnsMixin(ModelAdmin):
    """`more_columns` are offered and not shown until somebody chooses them.

    The first column always stays: it leads to the row. `lasting_columns` stay beside it.
    """

    more_columns: ClassVar[Sequence[str]] = ()
    lasting_columns: ClassVar[Sequence[str]] = ()

    def usual_columns(self, request: HttpRequest) -> Sequence[str]:
        return self.list_display

    def columns_name(self, request: HttpRequest) -> str:
        """Under which a choice is kept."""
        return self.opts.label_lower

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        asked = request.GET.get(NAME)
        # The number by which an address sorts counts the columns that the address names.
        if asked is None and ORDER_VAR not in request.GET:
            asked = own_of(self, request).columns
        return self.known_columns(request, (asked or "").split(BETWEEN)) or self.usual_columns(
            request
        )

    def known_columns(self, request: HttpRequest, names: Iterable[str]) -> list[str]:
        """Those of the names that this list has, in its order; none where it has none of them."""
        offered = self._offered(request)
        chosen = set(names).intersection(offered)
        staying = self._staying(offered) if chosen else set()
        return [name for name in offered if name in chosen | staying]

    def column_menu(self, request: HttpRequest, shown: Sequence[str]) -> list[Offered]:
        offered = self._offered(request)
        staying = self._staying(offered)
        return [
            Offered(name, column_label(self, name), name in shown, name in staying)
            for name in offered
        ]

    def _offered(self, request: HttpRequest) -> list[str]:
        return [*self.usual_columns(request), *self.more_columns]

    def _staying(self, offered: Sequence[str]) -> set[str]:
        return {offered[0], *self.lasting_columns}
