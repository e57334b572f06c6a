"""What every account can spend, what operations cost, who may grant how much, and the proofs."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from unfold.decorators import display

from billing.models import CreditBalance, CreditCost, GrantLimit, LedgerProof, MoneyProof
from console.actions.credits import EditCreditCost, EditGrantLimit
from console.admin import columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter, YesNoFilter
from console.admin.search import BoundedSearchMixin
from console.site import site


class EmptyFilter(YesNoFilter):
    title = "credits"
    parameter_name = "empty"
    condition = Q(credits=0)
    yes, no = "None left", "Some left"


@admin.register(CreditBalance, site=site)
class CreditBalanceAdmin(BoundedSearchMixin, ConsoleAdmin):
    """No sorting by credits: an index for it would slow every deduction down."""

    list_display = ("page", "total", "reserved", "spendable", "rows", "spending")
    list_filter = ("frozen", EmptyFilter)
    list_filter_options = {"frozen": {"horizontal": True, "label": "Frozen"}}
    list_select_related = ("account",)
    ordering = ("-account_id",)
    search_help_text = "Account"
    fieldsets = (
        (None, {"fields": ("account_link", "spending")}),
        ("Credits", {"fields": ("total", "reserved", "spendable", "rows", "ledger")}),
    )

    account_link = columns.link("account", "Account")
    page = columns.text("account.name", "Account")
    total = columns.credits("credits", "Credits")
    reserved = columns.credits("held", "Held")
    spendable = columns.credits("available", "Can be spent")
    rows = columns.number("sequence", "Ledger rows")
    ledger = columns.rows_of("account", "billing.CreditTransaction", "Ledger")
    spending = columns.either("frozen", "Spending", yes="Frozen", no="Open", good=False)

    def ways(self, term: str) -> list[QuerySet]:
        ids = search.account_ids(term)
        return [CreditBalance.objects.filter(account_id__in=ids).values_list("pk")]


@admin.register(CreditCost, site=site)
class CreditCostAdmin(ConsoleAdmin):
    verbs = (EditCreditCost,)

    list_display = ("operation", "price", "unit", "updated_at")
    ordering = ("operation",)
    fieldsets = ((None, {"fields": ("operation", "price", "unit", "updated_at")}),)

    price = columns.credits("credits", "Credits")


@admin.register(GrantLimit, site=site)
class GrantLimitAdmin(ConsoleAdmin):
    verbs = (EditGrantLimit,)

    list_display = ("group", "at_once", "in_a_day")
    list_select_related = ("group",)
    ordering = ("group__name",)
    fieldsets = ((None, {"fields": ("group_link", "at_once", "in_a_day")}),)

    group_link = columns.link("group", "Group")
    at_once = columns.credits("per_grant", "Credits in one grant")
    in_a_day = columns.credits("per_day", "Credits by one person in a day (UTC)")


class ProofAdmin(ConsoleAdmin):
    """What both proofs show. Subclasses name the template of their differences."""

    differences_template: ClassVar[str]

    list_filter = (("at", DaysFilter),)
    ordering = ("-id",)

    @display(description="Result")
    def outcome(self, proof: LedgerProof | MoneyProof) -> str:
        if not proof.differences:
            return columns.badge("Agrees", "success")
        return columns.badge(f"{len(proof.differences):,} differences", "danger")

    @display(description="Took", formatting="price", wrapper_class="console-amount")
    def took(self, proof: LedgerProof | MoneyProof) -> str:
        return f"{proof.duration_ms:,} ms"

    @display(description="Found")
    def found(self, proof: LedgerProof | MoneyProof) -> str:
        return render_to_string(self.differences_template, {"differences": proof.differences})


@admin.register(LedgerProof, site=site)
class LedgerProofAdmin(ProofAdmin):
    differences_template = "console/detail/differences.html"

    list_display = ("at", "outcome", "accounts_read", "rows_read", "took")
    fieldsets = (
        (None, {"fields": ("at", "outcome", "accounts_read", "rows_read", "took")}),
        ("Differences", {"fields": (("found",),)}),
    )

    accounts_read = columns.number("accounts", "Accounts")
    rows_read = columns.number("transactions", "Ledger rows")


@admin.register(MoneyProof, site=site)
class MoneyProofAdmin(ProofAdmin):
    differences_template = "console/detail/money_differences.html"

    list_display = ("at", "outcome", "payments_read", "without_line", "lines_read", "took")
    fieldsets = (
        (None, {"fields": ("at", "outcome", "payments_read", "lines_read", "took")}),
        ("By hand", {"fields": ("without_line",)}),
        ("Differences", {"fields": (("found",),)}),
    )

    payments_read = columns.number("payments", "Bank transfers")
    lines_read = columns.number("lines", "Statement lines")
    without_line = columns.number("by_hand", "Confirmed by hand")
