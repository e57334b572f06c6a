"""Screens by their names, for the search box: the menu's, the imports and the reports."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from console.reports.catalog import LISTED
from console.reports.pages import VIEW
from console.settings.navigation import NAVIGATION
from tenancy.models import User


@dataclass(frozen=True)
class Screen:
    title: str
    where: str
    link: str
    icon: str


# Title, permission, address.
IMPORTS = (
    ("Import plans", "tenancy.import_plan", "admin:tenancy_plan_import"),
    ("Import accounts", "tenancy.import_account", "admin:tenancy_account_import"),
    (
        "Import a bank statement",
        "billing.import_bankstatement",
        "admin:billing_bankstatement_import",
    ),
)


def find(*, request: HttpRequest, term: str) -> list[SearchResult]:
    """Those in whose title each word of `term` begins a word, and that the person may open."""
    wanted = term.lower().split()
    return [
        SearchResult(title=each.title, description=each.where, link=each.link, icon=each.icon)
        for each in (*_menu(request), *_imports(request.user), *_reports(request.user))
        if wanted and all(_begins_in(word, each.title) for word in wanted)
    ]


def _begins_in(word: str, title: str) -> bool:
    return any(each.startswith(word) for each in title.lower().split())


def _menu(request: HttpRequest) -> Iterator[Screen]:
    for group in NAVIGATION:
        for item in group["items"]:
            if item["permission"](request):
                link = item["link"](request) if callable(item["link"]) else str(item["link"])
                yield Screen(item["title"], group["title"], link, item["icon"])


def _imports(person: User) -> Iterator[Screen]:
    for title, permission, address in IMPORTS:
        if person.has_perm(permission):
            yield Screen(title, "CSV", reverse(address), "upload")


def _reports(person: User) -> Iterator[Screen]:
    if person.has_perm(VIEW):
        for report in LISTED:
            yield Screen(report.title, "Reports", report.url, "bar_chart")
