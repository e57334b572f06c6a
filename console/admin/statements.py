"""What the bank reported: statements, their lines, and what each line paid."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from billing.models import Allocation, BankFormat, BankStatement, PayerLink, StatementLine
from billing.services import references
from console.actions.line_payments import Apply, Link
from console.actions.splits import Split
from console.actions.statement_lines import (
    HoldLine,
    IgnoreLine,
    PutOnAccount,
    ReleaseLine,
    ReopenLine,
    ReturnLine,
    ReturnUnapplied,
    UseUnapplied,
)
from console.admin import colors, columns, search
from console.admin.base import ConsoleAdmin
from console.admin.filters import DaysFilter, YesNoFilter
from console.admin.search import BoundedSearchMixin
from console.queues import QueueFilter
from console.reports.filters import (
    CountedFilter,
    IncomingFilter,
    OpenLineFilter,
    StandingFilter,
    UndoesFilter,
)
from console.site import site
from console.statements.admin import StatementImportMixin


@admin.register(BankStatement, site=site)
class BankStatementAdmin(StatementImportMixin, ConsoleAdmin):
    list_display = ("file_name", "bank", "lines_read", "money_in", "money_out", "imported_at")
    list_filter = (("imported_at", DaysFilter),)
    list_select_related = ("imported_by",)
    search_fields = ("file_name", "bank")
    ordering = ("-id",)
    pasted = ("hash",)
    fieldsets = (
        (None, {"fields": ("file_name", "bank", "imported_at", "imported_by")}),
        ("Control totals", {"fields": ("lines_read", "money_in", "money_out")}),
        ("Balance", {"fields": ("opening", "closing")}),
        ("File", {"fields": (("hash",), ("lines_link",))}),
    )

    hash = columns.text("file_sha256", "SHA-256", length=64)
    lines_read = columns.number("line_count", "Lines")
    money_in = columns.money("sum_in", "In")
    money_out = columns.money("sum_out", "Out")
    opening = columns.money("opening_balance", "Before")
    closing = columns.money("closing_balance", "After")
    lines_link = columns.rows_of("statement", "billing.StatementLine", "Lines")


@admin.register(StatementLine, site=site)
class StatementLineAdmin(BoundedSearchMixin, ConsoleAdmin):
    verbs = (
        Apply,
        Link,
        Split,
        PutOnAccount,
        HoldLine,
        ReleaseLine,
        ReopenLine,
        ReturnLine,
        IgnoreLine,
    )

    list_display = (
        "value_date",
        "money_moved",
        "left_over",
        "payer_name",
        "reference_start",
        "state_word",
        "statement_link",
    )
    more_columns = ("booked_on", "iban", "bank_transaction_id", "line_number")
    list_filter = (
        QueueFilter,
        "state",
        OpenLineFilter,
        IncomingFilter,
        ("statement", AutocompleteSelectFilter),
        ("value_date", DaysFilter),
    )
    list_filter_options = {"state": {"horizontal": True, "label": "State"}}
    list_select_related = ("statement",)
    ordering = ("-id",)
    ordered_by_day = ("value_date",)
    search_help_text = "Reference, payer, IBAN, bank id"
    pasted = ("reference_raw", "reference_normalised", "iban", "bank_transaction_id")
    fieldsets = (
        (None, {"fields": ("money_moved", "left_over", "state_word", ("why",))}),
        ("Dates", {"fields": ("value_date", "booked_on")}),
        ("Payer", {"fields": ("payer_name", "iban")}),
        ("Reference", {"fields": (("reference_raw",), ("reference_normalised",))}),
        ("From", {"fields": ("statement_link", "line_number", "bank_transaction_id", "twin")}),
        ("Paid with it", {"fields": ("allocations",)}),
    )

    money_moved = columns.money("amount", "Amount")
    left_over = columns.money("remaining", "Without a place yet")
    state_word = columns.state("state", "State", colors.LINE)
    statement_link = columns.link("statement", "Statement")
    reference_start = columns.text("reference_raw", "Reference", length=40)
    why = columns.text("state_reason", "Why", length=1000)
    iban = columns.text("payer_iban", "Payer IBAN")
    twin = columns.number("occurrence", "Occurrence in the file")
    allocations = columns.rows_of("line", "billing.Allocation", "Allocations")

    def ways(self, term: str) -> list[QuerySet]:
        lines = StatementLine.objects.values_list("pk")
        ways = [
            lines.filter(search.words_in(term, "payer_name", "reference_raw")),
            lines.filter(bank_transaction_id=term),
        ]
        if compact := references.normalise(term):
            ways += [
                lines.filter(payer_iban=compact),
                lines.filter(reference_normalised__contains=compact),
            ]
        return ways


@admin.register(Allocation, site=site)
class AllocationAdmin(ConsoleAdmin):
    verbs = (UseUnapplied, ReturnUnapplied)

    list_display = (
        "created_at",
        "money_used",
        "place_word",
        "line_link",
        "payment_link",
        "account_link",
        "reverses_link",
        "by",
    )
    list_filter = (
        QueueFilter,
        StandingFilter,
        UndoesFilter,
        ("place", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
        ("payment__method", ChoicesDropdownFilter),
        ("created_at", DaysFilter),
        ("line__value_date", DaysFilter),
        CountedFilter,
    )
    list_select_related = (
        "line",
        "payment",
        "account",
        "reverses__line",
        "reverses__payment",
        "created_by",
    )
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("money_used", "place_word", "line_link", "reverses_link")}),
        ("Whose", {"fields": ("payment_link", "account_link", ("why",))}),
        ("Made", {"fields": ("created_at", "by")}),
    )

    money_used = columns.money("amount", "Amount", currency="line.currency")
    line_link = columns.link("line", "Statement line")
    payment_link = columns.link("payment", "Bank transfer")
    account_link = columns.link("account", "Account")
    place_word = columns.state("place", "Where", colors.PLACE)
    why = columns.text("reason", "Why", length=1000)
    reverses_link = columns.link("reverses", "Undoes")
    by = columns.link("created_by", "By")


class CutFilter(YesNoFilter):
    title = "cut"
    parameter_name = "cut"
    condition = Q(cut_at__isnull=False)
    yes, no = "Cut", "In use"


@admin.register(PayerLink, site=site)
class PayerLinkAdmin(ConsoleAdmin):
    list_display = ("payer_key", "account_link", "created_at", "by", "cut_at")
    list_filter = (CutFilter, ("account", AutocompleteSelectFilter))
    list_filter_options = {"cut": {"horizontal": True, "label": "Show"}}
    list_select_related = ("account", "created_by")
    search_fields = ("payer_key",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("payer_key", "account_link")}),
        ("Learned", {"fields": ("created_at", "by")}),
        ("Cut", {"when": "cut_at", "fields": ("cut_at", "cut_by")}),
    )

    account_link = columns.link("account", "Account")
    by = columns.link("created_by", "By")


@admin.register(BankFormat, site=site)
class BankFormatAdmin(ConsoleAdmin):
    list_display = ("bank", "updated_at", "by")
    list_select_related = ("updated_by",)
    search_fields = ("bank",)
    ordering = ("bank",)
    fieldsets = (
        (None, {"fields": ("bank", "updated_at", "by")}),
        ("How its files are read", {"fields": (("columns_table",), ("style_table",))}),
    )

    by = columns.link("updated_by", "By")
    columns_table = columns.table("columns", "Columns")
    style_table = columns.table("style", "Numbers and dates")
