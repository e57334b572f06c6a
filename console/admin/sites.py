"""Customers' WordPress sites, their sectors, and who may see which."""

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from console import quoted, words
from console.actions.sites import RevokeKey, RotateKey
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.search import BoundedSearchMixin
from console.exports import CsvExportMixin
from console.site import site
from tenancy.models import Sector, Site, SiteUserAccess


@admin.register(Site, site=site)
class SiteAdmin(CsvExportMixin, BoundedSearchMixin, ConsoleAdmin):
    verbs = (RotateKey, RevokeKey)

    list_display = (
        "name",
        "domain",
        "account_link",
        "industry_link",
        "status_word",
        "switched_on",
        "created_at",
    )
    more_columns = ("slug", "wp_address", "updated_at")
    list_select_related = ("account", "industry")
    list_filter = (
        "status",
        "is_active",
        ("industry", RelatedDropdownFilter),
        ("account", AutocompleteSelectFilter),
    )
    list_filter_options = {"status": {"horizontal": True, "label": "Status"}}
    ordering = ("-id",)
    search_help_text = "Name, domain, account, API key"
    pasted = ("slug", "domain")
    fieldsets = (
        (None, {"fields": ("name", "slug", "domain", "account_link", "industry_link")}),
        ("State", {"fields": ("status_word", "switched_on", "created_at", "updated_at")}),
        ("WordPress", {"fields": ("wp_address", "wp_username", "wp_password")}),
        ("Related", {"fields": ("keys", "sectors_here", "people_here", "syncs")}),
    )

    account_link = columns.link("account", "Account")
    industry_link = columns.link("industry", "Industry")
    status_word = columns.state("status", "Status", colors.SITE)
    switched_on = columns.either("is_active", "Switched on", good=True)
    wp_address = columns.web("wp_url", "WordPress address")
    wp_password = columns.either(
        "has_wp_password", "WordPress application password", yes="set", no="not set"
    )
    keys = columns.rows_of("site", "tenancy.ApiKey", "API keys")
    sectors_here = columns.rows_of("site", "tenancy.Sector", "Sectors")
    people_here = columns.rows_of("site", "tenancy.SiteUserAccess", "People with access")
    syncs = columns.rows_of("site", "tenancy.SyncEvent", "Sync events")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        """Without the password: not even decrypted to be thrown away."""
        has_password = ExpressionWrapper(~Q(wp_app_password=""), output_field=BooleanField())
        return (
            super()
            .get_queryset(request)
            .annotate(has_wp_password=has_password)
            .defer("wp_app_password")
        )

    def ways(self, term: str) -> list[QuerySet]:
        return [
            words.found(Site, quoted.domain(term)).values_list("pk"),
            Site.objects.filter(account_id__in=search.account_ids(term)).values_list("pk"),
            *search.by_number(Site, term),
        ]


@admin.register(Sector, site=site)
class SectorAdmin(ConsoleAdmin):
    list_display = ("name", "site_link", "account_link", "from_industry", "in_use")
    list_filter = (("account", AutocompleteSelectFilter), ("site", AutocompleteSelectFilter))
    search_fields = ("name", "slug")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": ("name", "slug", "site_link", "account_link", "from_industry", "in_use")},
        ),
        ("Dates", {"fields": ("created_at",)}),
    )

    site_link = columns.link("site", "Site")
    account_link = columns.link("account", "Account")
    from_industry = columns.link("industry_sector", "Industry sector")
    in_use = columns.either("is_active", "In use", good=True)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sector]:
        return (
            super()
            .get_queryset(request)
            .select_related("site", "account", "industry_sector")
            .defer("site__wp_app_password")
        )


@admin.register(SiteUserAccess, site=site)
class SiteUserAccessAdmin(ConsoleAdmin):
    list_display = ("page", "user_link", "site_link", "account_link", "granted_at")
    list_filter = (
        ("account", AutocompleteSelectFilter),
        ("site", AutocompleteSelectFilter),
        ("user", AutocompleteSelectFilter),
    )
    ordering = ("-id",)
    fieldsets = ((None, {"fields": ("user_link", "site_link", "account_link", "granted_at")}),)

    user_link = columns.link("user", "User")
    site_link = columns.link("site", "Site")
    account_link = columns.link("account", "Account")
    page = columns.text("pk", "Number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteUserAccess]:
        return (
            super()
            .get_queryset(request)
            .select_related("user", "site", "account")
            .defer("site__wp_app_password")
        )
