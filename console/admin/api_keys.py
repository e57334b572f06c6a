"""API keys of sites, by their visible start. No screen knows the hash, and nobody the key."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from console import quoted
from console.admin import columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter, YesNoFilter
from console.admin.search import BoundedSearchMixin
from console.site import site
from tenancy.models import ApiKey


class RevokedFilter(YesNoFilter):
    title = "revoked"
    parameter_name = "revoked"
    condition = Q(revoked_at__isnull=False)
    yes, no = "Revoked", "Not revoked"


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(BoundedSearchMixin, ConsoleAdmin):
    list_display = (
        "visible_start",
        "site_link",
        "account_link",
        "standing",
        "created_at",
        "last_used_at",
    )
    more_columns = ("expires_at", "revoked_at")
    list_filter = (
        RevokedFilter,
        ("site", AutocompleteSelectFilter),
        ("account", AutocompleteSelectFilter),
        ("last_used_at", DaysFilter),
    )
    list_filter_options = {"revoked": {"horizontal": True, "label": "Show"}}
    ordering = ("-id",)
    search_help_text = "Start of the key, site, account"
    pasted = ("visible_start",)
    fieldsets = (
        (None, {"fields": ("visible_start", "standing", "site_link", "account_link")}),
        ("Use", {"fields": ("created_at", "created_by", "last_used_at", "expires_at")}),
        (
            "Revoked",
            {"when": "revoked_at", "fields": ("revoked_at", "revoked_by", ("revoked_reason",))},
        ),
    )

    site_link = columns.link("site", "Site")
    account_link = columns.link("account", "Account")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return (
            super()
            .get_queryset(request)
            .select_related("site", "account")
            .defer("key_hash", "site__wp_app_password")
        )

    def ways(self, term: str) -> list[QuerySet]:
        keys = ApiKey.objects.values_list("pk")
        return [
            keys.filter(prefix__startswith=quoted.key_prefix(term) or term),
            keys.filter(account_id__in=search.account_ids(term)),
        ]

    @display(description="Key")
    def visible_start(self, key: ApiKey) -> str:
        return str(key)

    @display(description="Standing")
    def standing(self, key: ApiKey) -> str:
        if key.revoked_at:
            return columns.badge("Revoked", "danger")
        if not key.works(timezone.now()):
            return columns.badge("Replaced")
        if key.expires_at:
            return columns.badge("Works for a while", "warning")
        return columns.badge("Works", "success")
