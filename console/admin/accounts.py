"""The list of accounts; the page of one account is console.account_page."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from console.account_page import AccountPageMixin
from console.actions.accounts import (
    Cancel,
    CreateAccount,
    DeleteAccount,
    EditAccount,
    ExtendTrial,
    Reactivate,
    RestoreAccount,
    Suspend,
)
from console.actions.credits import Adjust, Grant, Unfreeze
from console.actions.notes import WriteNote
from console.actions.transfers import OpenTransfer
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter, YesNoFilter
from console.admin.search import BoundedSearchMixin
from console.exports import CsvExportMixin
from console.imports.admin import CsvImportMixin
from console.models import ImportKind
from console.queues import QUEUES, QueueFilter
from console.reports.filters import ConvertedFilter
from console.saved_views.tabs import ViewsMixin
from console.site import site
from tenancy.models import Account


class DeletedFilter(YesNoFilter):
    title = "deleted"
    parameter_name = "deleted"
    condition = Q(is_deleted=True)
    yes, no = "Deleted", "Not deleted"


class AttentionFilter(SimpleListFilter):
    """Accounts in any queue: somebody should look at each."""

    title = "needs attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Needs attention")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "yes":
            return queryset
        now = timezone.now()
        waiting = [queue for queue in QUEUES if queue.model is Account]
        return queryset.filter(
            reduce(or_, (queue.rows(now=now, person=request.user) for queue in waiting))
        )


class CreditsFilter(YesNoFilter):
    title = "credits"
    parameter_name = "credits"
    condition = Q(credit_balance__credits=0)
    yes, no = "None left", "Some left"


@admin.register(Account, site=site)
class AccountAdmin(
    ViewsMixin, CsvImportMixin, CsvExportMixin, AccountPageMixin, BoundedSearchMixin, ConsoleAdmin
):
    import_kind = ImportKind.ACCOUNTS

    verbs = (
        WriteNote,
        EditAccount,
        Grant,
        Adjust,
        OpenTransfer,
        ExtendTrial,
        Reactivate,
        Unfreeze,
        RestoreAccount,
        Suspend,
        Cancel,
        DeleteAccount,
    )
    list_verbs = (CreateAccount,)

    list_display = (
        "name",
        "slug",
        "status_word",
        "plan_link",
        "credits_left",
        "owner_link",
        "trial_end",
        "created",
    )
    more_columns = (
        "status_reason",
        "status_changed_at",
        "payment_method",
        "billing_email",
        "billing_address_country",
    )
    list_select_related = ("plan", "owner", "credit_balance")
    views = (
        ("Needs attention", "attention=yes"),
        ("Trials", "status__exact=trial"),
        ("Waiting for payment", "status__exact=pending_payment"),
        ("Active", "status__exact=active"),
        ("Suspended", "status__exact=suspended"),
        ("No credits", "queue=no-credits"),
        ("Deleted", "deleted=yes"),
    )
    list_filter = (
        QueueFilter,
        AttentionFilter,
        "status",
        ("plan", RelatedDropdownFilter),
        ("status_reason", ChoicesDropdownFilter),
        ("payment_method", ChoicesDropdownFilter),
        CreditsFilter,
        DeletedFilter,
        ("trial_ends_at", DaysFilter),
        ("created_at", DaysFilter),
        ConvertedFilter,
        "is_system",
        "exempt_from_suspension",
    )
    ordering = ("-id",)
    ordered_by_day = ("created_at", "trial_ends_at")
    search_help_text = "Name, e-mail, domain, reference, invoice, API key"

    status_word = columns.state("status", "Status", colors.ACCOUNT)
    plan_link = columns.link("plan", "Plan")
    owner_link = columns.link("owner", "Owner")
    credits_left = columns.credits("credit_balance.credits", "Credits")
    trial_end = columns.day("trial_ends_at", "Trial ends")
    created = columns.day("created_at", "Created")

    def ways(self, term: str) -> list[QuerySet]:
        return search.accounts(term)
