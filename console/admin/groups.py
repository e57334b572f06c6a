"""The groups of staff, in plain words. They are fixed by the code: a migration writes them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from unfold.decorators import display

from console import groups as table
from console.admin import columns
from console.admin.base import ConsoleAdmin
from console.site import site
from tenancy.models import User

DESCRIPTIONS = {group.name: group.description for group in table.GROUPS}


@admin.register(Group, site=site)
class StaffGroupAdmin(ConsoleAdmin):
    list_display = ("name", "description", "people", "limit")
    list_select_related = ("grant_limit",)
    search_fields = ("name",)
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "limit", ("description",))}),
        ("What it may do", {"fields": (("may_do",), ("may_see",))}),
        ("Who is in it", {"fields": ("members",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        staff = User.objects.defer("password").order_by("email")
        return (
            super()
            .get_queryset(request)
            .annotate(member_total=Count("user", distinct=True))
            .prefetch_related(Prefetch("user_set", queryset=staff, to_attr="staff"))
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().changelist_view(request, {"title": "Staff groups", **(extra_context or {})})

    @display(description="What it is for")
    def description(self, group: Group) -> str:
        return DESCRIPTIONS.get(group.name, "Not one of the console's own groups.")

    @display(description="People", formatting="price", wrapper_class="console-amount")
    def people(self, group: Group) -> str:
        return f"{group.member_total:,}"

    @display(description="May grant credits")
    def limit(self, group: Group) -> str:
        limit = getattr(group, "grant_limit", None)
        if limit is None:
            return "Not at all"
        return columns.link_to(limit, f"{limit.per_grant:,} a time, {limit.per_day:,} a day")

    @display(description="Actions")
    def may_do(self, group: Group) -> str:
        verbs = group.permissions.exclude(codename__startswith="view_")
        return _listed(sorted(verbs.values_list("name", flat=True)))

    @display(description="Reading")
    def may_see(self, group: Group) -> str:
        kinds = (
            group.permissions.filter(codename__startswith="view_")
            .exclude(codename__startswith="view_historical")
            .select_related("content_type")
        )
        return (
            f"Sees {', '.join(sorted(_plural(permission) for permission in kinds)) or 'nothing'}."
        )

    @display(description="People")
    def members(self, group: Group) -> str:
        return _listed([columns.link_to(user) for user in group.staff])


def _plural(permission: Any) -> str:
    model = permission.content_type.model_class()
    return str(model._meta.verbose_name_plural) if model else permission.name


def _listed(items: list[str]) -> str:
    return render_to_string("console/detail/list.html", {"items": items})
