"""Plans: what they give, cost and allow."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from console.actions.plans import ArchivePlan, CreatePlan, EditPlan, UnarchivePlan
from console.admin import columns
from console.admin.base import ConsoleAdmin
from console.admin.filters import YesNoFilter
from console.exports import CsvExportMixin
from console.imports.admin import CsvImportMixin
from console.models import ImportKind
from console.site import site
from tenancy.models import Feature, Plan


class ArchivedFilter(YesNoFilter):
    title = "on sale"
    parameter_name = "archived"
    condition = Q(archived_at__isnull=False)
    yes, no = "Archived", "Current"


@admin.register(Plan, site=site)
class PlanAdmin(CsvImportMixin, CsvExportMixin, ConsoleAdmin):
    import_kind = ImportKind.PLANS
    csv_values = {"account_count": "account_total"}

    verbs = (EditPlan, UnarchivePlan, ArchivePlan)
    list_verbs = (CreatePlan,)

    list_display = (
        "name",
        "slug",
        "price_a_month",
        "credits_a_month",
        "sites_at_most",
        "users_at_most",
        "feature_words",
        "account_count",
        "standing",
    )
    more_columns = ("trial", "updated_at")
    list_filter = (ArchivedFilter, "is_active", "is_public")
    list_filter_options = {"archived": {"horizontal": True, "label": "Show"}}
    search_fields = ("name", "slug")
    ordering = ("position", "id")
    pasted = ("slug",)
    fieldsets = (
        (None, {"fields": ("name", "slug", "standing", "account_count", "position")}),
        ("A month of it", {"fields": ("price_a_month", "credits_a_month", "trial")}),
        ("What it allows", {"fields": ("sites_at_most", "users_at_most", ("feature_words",))}),
        ("Dates", {"fields": ("created_at", "updated_at", "archived_at")}),
    )

    price_a_month = columns.money("price", "Price a month")
    credits_a_month = columns.credits("included_credits", "Credits a month")
    sites_at_most = columns.number("max_sites", "Sites at most")
    users_at_most = columns.number("max_users", "Users at most")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).annotate(account_total=Count("accounts"))

    @display(description="Features")
    def feature_words(self, plan: Plan) -> str:
        return ", ".join(Feature(code).label for code in plan.features) or "No features"

    @display(description="Accounts", formatting="price", wrapper_class="console-amount")
    def account_count(self, plan: Plan) -> str:
        url = reverse("admin:tenancy_account_changelist")
        return format_html(
            '<a class="text-link" href="{}?plan__id__exact={}">{}</a>',
            url,
            plan.pk,
            f"{plan.account_total:,}",
        )

    @display(description="Standing")
    def standing(self, plan: Plan) -> str:
        """One word for three columns, the most serious first."""
        if not plan.is_active:
            return columns.badge("Switched off", "danger")
        if plan.is_archived:
            return columns.badge("Archived")
        if not plan.is_public:
            return columns.badge("Not public", "info")
        return columns.badge("On sale", "success")

    @display(description="Trial")
    def trial(self, plan: Plan) -> str:
        return f"{plan.trial_days} days" if plan.trial_days else "No trial"
