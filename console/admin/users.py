"""People: customers' users and console staff, apart by the tabs above the list."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display

from console import words
from console.actions.site_access import GiveSite, TakeSite
from console.actions.staff import (
    AddStaff,
    DeactivateStaff,
    NewSignInLink,
    ReactivateStaff,
    SetGroups,
)
from console.actions.users import (
    ChangeRole,
    DeactivateUser,
    MakeOwner,
    ReactivateUser,
    SendSignInLink,
    WithdrawInvitation,
)
from console.admin import columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter
from console.admin.search import BoundedSearchMixin
from console.exports import CsvExportMixin
from console.site import site
from tenancy.models import User


@admin.register(User, site=site)
class UserAdmin(CsvExportMixin, BoundedSearchMixin, ConsoleAdmin):
    verbs = (
        ChangeRole,
        SendSignInLink,
        MakeOwner,
        GiveSite,
        TakeSite,
        ReactivateUser,
        WithdrawInvitation,
        DeactivateUser,
        SetGroups,
        NewSignInLink,
        ReactivateStaff,
        DeactivateStaff,
    )
    list_verbs = (AddStaff,)

    list_filter = (
        ("role", ChoicesDropdownFilter),
        ("groups", RelatedDropdownFilter),
        "is_staff",
        "is_active",
        ("account", AutocompleteSelectFilter),
        ("date_joined", DaysFilter),
    )
    list_select_related = ("account",)
    ordering = ("-id",)
    ordered_by_day = ("date_joined",)
    sortable_by = ("email",)
    search_help_text = "E-mail, name, account"

    pasted = ("email",)
    csv_values = {"can_sign_in": lambda user: _sign_in(user)[0]}
    fieldsets = (
        (None, {"fields": ("email", "name", "can_sign_in", "last_seen")}),
        ("Account", {"when": "account_id", "fields": ("account_link", "role", "sites")}),
        ("Console", {"when": "is_staff", "fields": ("group_names", ("power",))}),
        ("Dates", {"fields": ("date_joined", "acts")}),
    )

    account_link = columns.link("account", "Account")
    last_seen = columns.moment("last_login", "Last sign-in")
    joined = columns.day("date_joined", "Date joined")
    sites = columns.rows_of("user", "tenancy.SiteUserAccess", "Sites given by name")
    acts = columns.rows_of("actor", "tenancy.AuditEvent", "What this person did")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Of the password only whether there is one: `has_joined` of many people."""
        invited = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None)
        return super().get_queryset(request).defer("password").annotate(is_invited=invited)

    def usual_columns(self, request: HttpRequest) -> tuple[str, ...]:
        if shows_staff(request):
            return ("email", "name", "group_names", "can_sign_in", "last_seen", "joined")
        return ("email", "name", "account_link", "role", "can_sign_in", "last_seen", "joined")

    def columns_name(self, request: HttpRequest) -> str:
        return f"{self.opts.label_lower}{' of staff' if shows_staff(request) else ''}"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        title = "Console staff" if shows_staff(request) else "Users"
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_actions_list(self, request: HttpRequest) -> list[UnfoldAction]:
        return super().get_actions_list(request) if shows_staff(request) else []

    def get_list_filter(self, request: HttpRequest) -> tuple:
        hidden = {"role", "account"} if shows_staff(request) else {"groups"}
        return tuple(
            given
            for given in super().get_list_filter(request)
            if (given[0] if isinstance(given, tuple) else given) not in hidden
        )

    def ways(self, term: str) -> list[QuerySet]:
        return [
            words.found(User, term).values_list("pk"),
            User.objects.filter(account_id__in=search.account_ids(term)).values_list("pk"),
            *search.by_number(User, term),
        ]

    @display(description="Sign-in")
    def can_sign_in(self, user: User) -> str:
        return columns.badge(*_sign_in(user))

    @display(description="Groups")
    def group_names(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        if user.is_superuser:
            names.insert(0, "Superuser")
        return ", ".join(names) or "No group"

    @display(description="Rights")
    def power(self, user: User) -> str:
        if user.is_superuser:
            return "Everything (superuser). Each use is kept in the audit."
        return "What the groups give; nobody has rights of their own."


def shows_staff(request: HttpRequest) -> bool:
    return request.GET.get("is_staff__exact") == "1"


def _sign_in(user: User) -> tuple[str, str]:
    """Whether they can sign in, and its color."""
    if not user.is_active:
        return "Deactivated", "danger"
    return ("Invited, has not joined", "info") if user.is_invited else ("Can sign in", "success")
