"""The menu of the staff screens and the tabs above lists that belong together.

An item without `permission` would be shown to every staff login, so each has one.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy

type Item = dict[str, Any]


def may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _list_of(model: str) -> Any:
    return reverse_lazy(f"admin:{model.replace('.', '_')}_changelist")


def _view(model: str) -> Callable[[HttpRequest], bool]:
    app_label, name = model.split(".")
    return may(f"{app_label}.view_{name}")


def _is_at(*lists: str) -> Callable[[HttpRequest], bool]:
    """Whether a page is one of these lists or below it. Said for every item: else Unfold asks each
    one about each tab on every page, a tenth of the page's time.
    """

    @cache
    def addresses() -> tuple[str, ...]:
        return tuple(str(_list_of(model)) for model in lists)

    return lambda request: request.path.startswith(addresses())


# Lists that stand beside each other as tabs.
BESIDE = (
    (
        ("Sites", "tenancy.site"),
        ("API keys", "tenancy.apikey"),
        ("Sync events", "tenancy.syncevent"),
        ("Sectors", "tenancy.sector"),
        ("Access", "tenancy.siteuseraccess"),
        ("Industries", "tenancy.industry"),
        ("Industry sectors", "tenancy.industrysector"),
    ),
    (("Accounts", "tenancy.account"), ("Notes", "tenancy.note")),
    (("Subscriptions", "billing.subscription"), ("Activations", "billing.activation")),
    (
        ("Statements", "billing.bankstatement"),
        ("Lines", "billing.statementline"),
        ("Allocations", "billing.allocation"),
        ("Payers", "billing.payerlink"),
        ("Formats", "billing.bankformat"),
    ),
    (
        ("Audit trail", "tenancy.auditevent"),
        ("Imports", "console.importfile"),
        ("Imports by a worker", "console.importrun"),
    ),
    (("Ledger proofs", "billing.ledgerproof"), ("Money proofs", "billing.moneyproof")),
)


def _beside(model: str) -> list[str]:
    return next((models for tabs in BESIDE if model in (models := [of for _, of in tabs])), [model])


def item(title: str, icon: str, model: str) -> Item:
    return {
        "title": title,
        "icon": icon,
        "link": _list_of(model),
        "permission": _view(model),
        "active": _is_at(*_beside(model)),
    }


def page(title: str, icon: str, name: str, permission: str, **more: str) -> Item:
    link = reverse_lazy(f"admin:{name}")
    return {
        "title": title,
        "icon": icon,
        "link": link,
        "permission": may(permission),
        "active": lambda request: request.path.startswith(str(link)),
        **more,
    }


def group(title: str, *items: Item) -> Item:
    return {"title": title, "items": list(items)}


def tab(title: str, model: str) -> Item:
    return {
        "title": title,
        "link": _list_of(model),
        "permission": _view(model),
        "active": _is_at(model),
    }


def tabs(*items: tuple[str, str]) -> Item:
    return {
        "models": [model for _, model in items],
        "items": [tab(title, model) for title, model in items],
    }


# Customers' users and console staff are one list, told apart by its address.
USERS, STAFF = "?is_staff__exact=0", "?is_staff__exact=1"


def _is_people(request: HttpRequest) -> bool:
    return request.path.startswith(str(_list_of("tenancy.user")))


def shows_staff(request: HttpRequest) -> bool:
    return _is_people(request) and request.GET.get("is_staff__exact") == "1"


def shows_users(request: HttpRequest) -> bool:
    return _is_people(request) and not shows_staff(request)


def _people(title: str, query: str, active: Callable[[HttpRequest], bool], **more: str) -> Item:
    link = lambda request: f"{_list_of('tenancy.user')}{query}"  # noqa: E731
    return {"title": title, "link": link, "permission": _view("tenancy.user"), **more} | {
        "active": active
    }


NAVIGATION = [
    group(
        "Work",
        {
            "title": "Dashboard",
            "icon": "space_dashboard",
            "link": reverse_lazy("admin:index"),
            "permission": lambda request: request.user.is_staff,
            "active": lambda request: request.path == reverse("admin:index"),
        },
        page("Search", "search", "find", "tenancy.view_account"),
        page("Your first day", "menu_book", "help", "tenancy.view_account"),
    ),
    group(
        "Customers",
        item("Accounts", "apartment", "tenancy.account"),
        _people("Users", USERS, shows_users, icon="person"),
        item("Sites", "language", "tenancy.site"),
    ),
    group(
        "Money",
        page(
            "Reconcile",
            "rule",
            "reconcile",
            "billing.view_statementline",
            badge="console.reconcile.badge.lines_waiting",
            badge_variant="warning",
        ),
        item("Bank transfers", "account_balance", "billing.payment"),
        item("Invoices", "receipt_long", "billing.invoice"),
        item("Subscriptions", "autorenew", "billing.subscription"),
        item("Statements", "description", "billing.bankstatement"),
        item("Approvals", "how_to_reg", "billing.approval"),
        page("Reports", "bar_chart", "reports", "billing.view_report"),
    ),
    group(
        "Credits",
        item("Ledger", "list_alt", "billing.credittransaction"),
        item("Balances", "account_balance_wallet", "billing.creditbalance"),
        item("Holds", "hourglass_empty", "billing.credithold"),
        item("Costs", "sell", "billing.creditcost"),
        item("Proofs", "verified", "billing.ledgerproof"),
    ),
    group("Plans", item("Plans", "inventory_2", "tenancy.plan")),
    group(
        "Staff",
        _people("Staff", STAFF, shows_staff, icon="badge"),
        item("Groups", "groups", "auth.group"),
        item("Limits", "speed", "billing.grantlimit"),
        page("E-mails", "mail", "mails", "tenancy.view_account"),
    ),
    group("Audit", item("Audit trail", "policy", "tenancy.auditevent")),
]

TABS = [
    {
        "models": ["tenancy.user"],
        "items": [
            _people("Customers' users", USERS, shows_users),
            _people("Console staff", STAFF, shows_staff),
        ],
    },
    *(tabs(*lists) for lists in BESIDE),
]
