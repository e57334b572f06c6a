"""What all staff screens share: read-only by default, changed through named verbs alone."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin import AdminSite, ShowFacets
from django.contrib.admin.options import ModelAdmin as DjangoModelAdmin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.views import ChangeList

from console.actions.base import Verb
from console.admin import columns
from console.admin.change_list import ConsoleChangeList
from console.admin.history_page import READ, HistoryPageMixin
from console.exports import column_label
from console.list_columns.choice import ColumnsMixin
from console.paginator import BoundedPaginator
from console.queues import PARAMETER, queue_of


class ConsoleAdmin(ColumnsMixin, HistoryPageMixin, ModelAdmin):
    """A screen that shows and never edits; `verbs` and `list_verbs` are its buttons.

    Not even a superuser gets the stock forms: a change without who and why cannot be made here.
    """

    verbs: ClassVar[Sequence[type[Verb]]] = ()
    # Fields of the page that people paste elsewhere: they have a button that copies them.
    pasted: ClassVar[Sequence[str]] = ()
    list_verbs: ClassVar[Sequence[type[Verb]]] = ()

    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    paginator = BoundedPaginator
    # Only columns with an index: sorting a million rows by another takes seconds.
    sortable_by: Sequence[str] = ()
    # Days with an index of day and number.
    ordered_by_day: ClassVar[Sequence[str]] = ()
    list_filter_submit = True
    show_facets = ShowFacets.NEVER
    empty_value_display = columns.EMPTY
    actions = None
    # Says which queue the list is cut down to, where it is.
    list_before_template = "console/list/queue.html"
    change_list_template = "console/list/page.html"
    change_form_after_template = "console/detail/after.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.actions_detail = [_add_verb(cls, verb()) for verb in cls.verbs]
        cls.actions_list = [_add_verb(cls, verb(), on_list=True) for verb in cls.list_verbs]

    def __init__(self, model: type[models.Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        told = {
            field.name: self._tell(field)
            for field in self.opts.fields
            if isinstance(field, models.DateField)
        }
        self.list_display = [told.get(name, name) for name in self.list_display]
        self.more_columns = [told.get(name, name) for name in self.more_columns]
        self.sortable_by = [told.get(name, name) for name in self.sortable_by]
        self._told = told
        self.readonly_preprocess_fields = {
            name: partial(columns.copied, label=column_label(self, name)) for name in self.pasted
        }

    def _tell(self, field: models.Field) -> str:
        """Make the column that shows a date of the model with how long ago; returns its name."""
        kind = columns.moment if isinstance(field, models.DateTimeField) else columns.day
        column = kind(field.name, capfirst(field.verbose_name))
        column.admin_order_field = field.name
        name = f"{field.name}_told"
        setattr(type(self), name, column)
        return name

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """Short fields in pairs; one written as a tuple keeps its line.

        A part that says `when` is left out while the object has nothing there: what never
        happened takes no room.
        """
        return [
            (title, {"fields": _paired(self._with_dates_told(options["fields"]))})
            for title, options in super().get_fieldsets(request, obj)
            if "when" not in options or getattr(obj, options["when"], None)
        ]

    def _with_dates_told(self, fields: Sequence[str | tuple[str, ...]]) -> list:
        return [
            self._told.get(field, field)
            if isinstance(field, str)
            else tuple(self._told.get(name, name) for name in field)
            for field in fields
        ]

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """A queue begins with what waited longest.

        Else by the day that the list is cut down to, where that has an index: it leads straight
        to the rows. By their number the database would walk past all that are newer.
        """
        if queue := queue_of(self.model, request.GET.get(PARAMETER)):
            return queue.ordering
        days = [
            f"-{name}"
            for name in self.ordered_by_day
            if request.GET.get(f"{name}_from") or request.GET.get(f"{name}_to")
        ]
        return [*days[:1], *super().get_ordering(request)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ConsoleChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in READ:
            return HttpResponseNotAllowed(READ)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """The verbs this person may do to this object as it stands; the others are not there."""
        target = self.get_object(request, str(object_id))
        return [
            offered
            for offered in super().get_actions_detail(request, object_id)
            if target is not None and not offered.method.verb.refusal_for(target, request.user)
        ]


def _paired(fields: Sequence[str | tuple[str, ...]]) -> list[str | tuple[str, ...]]:
    lines: list[str | tuple[str, ...]] = []
    waiting = ""
    for field in fields:
        if isinstance(field, str) and waiting:
            lines.append((waiting, field))
            waiting = ""
            continue
        if waiting:
            lines.append(waiting)
        waiting = field if isinstance(field, str) else ""
        if not waiting:
            lines.append(field)
    return [*lines, waiting] if waiting else lines


def _add_verb(cls: type[ConsoleAdmin], verb: Verb, *, on_list: bool = False) -> str:
    """Give an admin class the verb's button, address and permission; returns its attribute name."""
    permission = f"may_{verb.name}"
    setattr(cls, f"has_{permission}_permission", _permission_check(verb))

    if on_list:

        def view(self: DjangoModelAdmin, request: HttpRequest) -> HttpResponse:
            return verb.handle(self, request, None)
    else:

        def view(self: DjangoModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
            return verb.handle(self, request, object_id)

    view.__name__ = view.__qualname__ = verb.name
    button = action(
        view,
        description=verb.label,
        url_path=verb.name.replace("_", "-"),
        icon=verb.icon,
        variant=verb.variant,
    )
    # Hides the button. The view itself checks too, and keeps the refused attempt.
    button.allowed_permissions = (permission,)
    # Opens as a dialog. The form is ours and not the decorator's: it knows the object, shows the
    # refusals of the service, and is a whole page in a new tab.
    button.dialog = {"title": verb.label}
    button.verb = verb
    setattr(cls, verb.name, button)
    return verb.name


def _permission_check(verb: Verb) -> Callable[..., bool]:
    def has_permission(
        self: DjangoModelAdmin, request: HttpRequest, object_id: str | None = None
    ) -> bool:
        return request.user.has_perm(verb.permission)

    return has_permission
