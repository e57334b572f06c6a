"""Every screen of the console, from its addresses, with something to see on each.

An address that nobody has said anything about is an error: a new screen is looked at, or it is said
here why it is none.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.utils import timezone

from billing.models import BankStatement, StatementUpload
from billing.services import reconciliation
from console.account_page.tabs import TABS
from console.help.pages import ROLES
from console.models import ImportKind
from console.passwords import sign_in_link
from console.reports.catalog import LISTED
from console.saved_views import keeping
from tenancy.errors import ServiceError
from tenancy.models import Account, Plan, User
from tests.billing.reports.builders import paid, paid_by_hand
from tests.console.admin.addresses import Address, Kind, all_addresses
from tests.console.admin.furnished import Furnished
from tests.console.imports.builders import PLAN_ROW, plan_row, plans_csv, previewed, queued
from tests.console.reconcile.conftest import (
    QUEUE,
    form,
    line_for,
    line_with,
    page_of,
    tick,
    waiting,
)
from tests.factories import make_account, make_note, open_transfer, put, put_unapplied

# Addresses of these kinds are pages by themselves.
PAGES = {Kind.VIEW, Kind.VERB, Kind.OWN}
# Of the other kinds: what is a page too, and what is none.
PAGES_BY_NAME = {"import", "import_file", "login", "catch_all"}
NO_PAGE = {
    "pdf": "a file",
    "mail_html": "a mail as the customer's own program shows it",
    "search": "what Ctrl+K gets; looked at in the dashboard",
    "autocomplete": "JSON",
    "view_on_site": "leads on",
    "app_list": "not found",
    "jsi18n": "a script",
    "logout": "posted to",
    "columns": "posted to",
    "export": "posted to, a file",
    "timeline_export": "posted to, a file",
    "report_export": "posted to, a file",
    "import_template": "a file",
    "import_current": "a file",
    "import_errors": "a file",
    "import_changes": "a file",
    "import_check": "posted to",
    "import_read": "posted to",
    "import_confirm": "posted to",
    "import_cancel": "posted to",
    "import_again": "posted to",
    "import_progress": "a part of import_file",
}
NO_PAGE_KINDS = {Kind.NEVER, Kind.LEADS_ON}
# Outside of the staff site, by the beginning of the address.
OUTSIDE = {"admin/set-password/<uidb64>/<token>/", "api/docs/", "api/docs/errors/"}
NO_PAGE_OUTSIDE = {"", "admin/", "api/v1/", "api/schema/", "^api/", "healthz", "readyz"}

STATEMENTS = "/admin/billing/bankstatement/import/"
STATEMENT = "Booking date;Amount;Currency;Payer;Reference\n"
UNCLEAR = "Date,Amount,Currency,Payer\n01/02/2025,89.00,USD,A\n"
LONG_NAME = "The Very Long Name of a Customer " * 4


class Unsaid(Exception):
    """An address that is neither a screen nor said to be none: put it into the tables above."""


@dataclass(frozen=True)
class Screen:
    path: str
    status: int = 200


class Filled:
    """The furnished world with everything that a screen may have to show, much of it long."""

    def __init__(self, furnished: Furnished, client: Client) -> None:
        """`client` is the superuser's session: the latest result of Reconcile is kept in it."""
        self.furnished, self.world, self.client = furnished, furnished.world, client
        self.root, self.now = self.world.ruth, timezone.now()
        self._money()
        self._lines()
        self._files()
        keeping.keep(
            person=self.root,
            list_name="tenancy.account",
            name="Waiting for me since the summer",
            query="status__exact=trial",
            now=self.now,
        )

    def _money(self) -> None:
        put(self.world.home, name=LONG_NAME)
        make_note(self.world.other, "W" * 200, pinned=True, by=self.world.sam)
        paid(make_account(name=LONG_NAME), self.now)
        paid_by_hand(make_account(name=LONG_NAME), self.now)
        put_unapplied(self.world.other, "30.00")
        open_transfer(make_account(), now=self.now)

    def _lines(self) -> None:
        line_with("Whose?", "12345678.90")
        line_with("G" * 300, payer_iban="GB82WEST12345698765432", currency="EUR", age=40)
        self.named = line_for(waiting(make_account(name=LONG_NAME)), payer_name="W" * 80)
        self.done = line_with("Gift", "5.00")
        facts = {"by": self.world.fiona, "reason": "W" * 200, "now": self.now}
        reconciliation.put_on_account(line=self.done, account=self.world.home, **facts)
        sure, late = waiting(make_account()), waiting(make_account())
        ticks = [tick(line_for(sure), sure), tick(gone := line_for(late), late)]
        reconciliation.apply(line=gone, payment=late, **facts)
        self.client.post(QUEUE, form(*ticks))

    def _files(self) -> None:
        good = plans_csv(PLAN_ROW, plan_row(slug="other", name="Plan " * 20))
        wrong = plans_csv(plan_row(price="89;00"), plan_row(slug="x" * 200, max_sites="many"))
        self.plan_files = [
            previewed(good, by=self.root)[0],
            previewed(wrong, by=self.root)[0],
            queued(plan_row(slug="later"), by=self.root, kind=ImportKind.PLANS)[0],
        ]
        for text in (f"{STATEMENT}2025-11-10;89.00;USD;{'W' * 60};IG-1\n", UNCLEAR, "no table"):
            file = SimpleUploadedFile("november.csv", text.encode())
            self.client.post(STATEMENTS, {"bank": "West Bank", "file": file})
        self.uploads = list(StatementUpload.objects.order_by("pk"))

    def target(self, address: Address) -> models.Model | None:
        """The richest object there is, or one that the verb can be done to."""
        if address.model_admin is None:
            return None
        model = address.model_admin.model
        if address.kind is Kind.VERB and "<" in address.route:
            return self._fit_for(address) or self.furnished.one(model)
        richest = {Account: self.world.home, User: self.world.alice, Plan: self.world.home.plan}
        return richest.get(model) or self.furnished.one(model)

    def _fit_for(self, address: Address) -> models.Model | None:
        verb = next(each() for each in address.model_admin.verbs if each.name == address.name)
        for target in address.model_admin.model._default_manager.order_by("pk")[:40]:
            with suppress(ServiceError):
                if not verb.refusal_for(target, self.root):
                    verb.consequences(target, self.root)
                    return target
        return None


def screens(filled: Filled) -> list[Screen]:
    """All of them, those with the same styles and scripts one after another."""
    pages = [address for address in all_addresses() if is_page(address)]
    pages.sort(key=lambda address: "verb" if address.kind is Kind.VERB else address.name)
    return [
        Screen(path + query, 404 if address.name == "catch_all" else 200)
        for address in pages
        for path in _paths(filled, address)
        for query in _queries(filled, address)
    ]


def for_strangers(filled: Filled) -> list[str]:
    """What is to be seen without a session."""
    return ["/admin/login/", sign_in_link(filled.world.sam), "/api/docs/", "/api/docs/errors/"]


def is_page(address: Address) -> bool:
    if address.name in NO_PAGE or address.kind in NO_PAGE_KINDS:
        return False
    if address.kind in PAGES or address.name in PAGES_BY_NAME:
        return address.name != "login"
    raise Unsaid(f"{address.route} ({address.name})")


def unsaid_outside(patterns: list) -> set[str]:
    return {str(each.pattern) for each in patterns} - OUTSIDE - NO_PAGE_OUTSIDE


def _paths(filled: Filled, address: Address) -> list[str]:
    if address.name == "report":
        return [
            *(report.url for report in LISTED),
            f"/admin/reports/mrr-customers/?month={filled.now:%Y-%m}&show=end",
        ]
    if address.name == "reconcile_line":
        return [page_of(line) for line in (filled.named, filled.done)]
    if address.name == "import_file":
        kept = {Plan: filled.plan_files, BankStatement: filled.uploads}
        of_model = kept.get(address.model_admin.model, [])
        return [address.path(file) for file in of_model]
    return [address.path(filled.target(address))]


def _queries(filled: Filled, address: Address) -> list[str]:
    """The same address with something else to see."""
    model = address.model_admin.model if address.model_admin else None
    if address.name == "change" and model is Account:
        return [f"?tab={tab.code}" for tab in TABS]
    if address.name == "changelist" and model is Account:
        return ["", "?q=nobody-has-this-name"]
    if address.name == "reconcile_line":
        return [f"?q=customer&part=a{filled.world.home.pk}&part=a{filled.world.other.pk}"]
    return {
        "help": [f"?role={role.code}" for role in ROLES],
        "find": ["?q=a&all=1", "?q=nobody-has-this-name"],
        "reconcile": ["?state=open&low=1", "?q=nobody-has-this-name"],
    }.get(address.name, [""])
