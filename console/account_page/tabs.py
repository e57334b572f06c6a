"""The tabs of the account page. Each reads only what it shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Prefetch

from billing.models import CreditTransaction, Invoice
from billing.services import unapplied
from console import timeline
from console.account_page.verbs import VerbLink, offered
from console.paging import Slice, query, whole_number
from console.timeline import export
from tenancy.models import Account, ApiKey, Site, SiteUserAccess, User

LEDGER_PAGE = 50
PAGE = 25
LATEST = 5
CHANGES = timeline.Asked(kind=timeline.Kind.CHANGES)


@dataclass(frozen=True)
class Tab:
    """`read` gives the template its context."""

    code: str
    title: str
    read: Callable[[Account, User, Mapping[str, str], datetime], dict[str, object]]

    @property
    def template(self) -> str:
        return f"console/account/tabs/{self.code}.html"


@dataclass(frozen=True)
class Row:
    """An object and what may be done to it."""

    object: object
    verbs: list[VerbLink]


def overview(
    account: Account, person: User, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    return {
        "entries": timeline.stream(account, CHANGES, size=LATEST).rows,
        "ledger": account.credit_transactions.select_related("created_by").order_by("-sequence")[
            :LATEST
        ],
        "subscription": (subscription := getattr(account, "subscription", None)),
        "paid_until": None if subscription else _paid_until(account),
        "notes": _notes(account, person),
    }


def _paid_until(account: Account) -> datetime | None:
    """The end of what was paid last: periods of the system before have no subscription here."""
    standing = account.activations.filter(reverses=None, reversed_by=None)
    return standing.order_by("-period_end").values_list("period_end", flat=True).first()


def _notes(account: Account, person: User) -> list[Row]:
    found = account.notes.select_related("written_by").order_by("-is_pinned", "-id")[:LATEST]
    rows = []
    for note in found:
        note.account = account
        rows.append(Row(note, offered(note, person=person)))
    return rows


LEDGER_KINDS = {"": "All rows", "added": "Added", "spent": "Spent"}


def ledger(
    account: Account, person: User, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    kind = asked.get("kind", "") if asked.get("kind", "") in LEDGER_KINDS else ""
    before = whole_number(asked.get("before"))
    rows = (
        CreditTransaction.objects.filter(account=account)
        .select_related("created_by", "payment", "reverses")
        .prefetch_related("reversals")
        .order_by("-sequence")
    )
    if kind:
        rows = rows.filter(amount__gt=0) if kind == "added" else rows.filter(amount__lt=0)
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    found = list(rows[: LEDGER_PAGE + 1])
    shown = found[:LEDGER_PAGE]
    for row in shown:
        row.account = account
    older = shown[-1].sequence if len(found) > LEDGER_PAGE else None
    return {
        "kinds": LEDGER_KINDS.items(),
        "kind": kind,
        "page": Slice(
            rows=[Row(row, offered(row, person=person)) for row in shown],
            newest=query(tab="ledger", kind=kind) if before is not None else "",
            older=query(tab="ledger", kind=kind, before=older) if older else "",
        ),
    }


def billing(
    account: Account, person: User, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    invoices = (
        Invoice.objects.filter(account=account)
        .select_related("plan", "payment__confirmed_by", "payment__rejected_by")
        .order_by("-id")
    )
    page = Paginator(invoices, PAGE).get_page(asked.get("page"))
    rows = []
    for invoice in page:
        payment = getattr(invoice, "payment", None)
        if payment is not None:
            payment.account = account
        verbs = offered(payment, person=person) if payment is not None else []
        rows.append(Row(invoice, verbs))
    return {
        "subscription": getattr(account, "subscription", None),
        "rows": rows,
        "page": page,
        "today": now.date(),
        "unapplied": _unapplied(account, person),
    }


def _unapplied(account: Account, person: User) -> list[Row]:
    found = unapplied.of_account(account).select_related("line", "reversed_by", "created_by")
    rows = []
    for allocation in found[:PAGE]:
        allocation.account = account
        rows.append(Row(allocation, offered(allocation, person=person)))
    return rows


@dataclass(frozen=True)
class SiteRow:
    site: Site
    keys: list[ApiKey]
    verbs: list[VerbLink]


def sites(
    account: Account, person: User, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    found = (
        Site.objects.filter(account=account)
        .select_related("industry")
        .prefetch_related("sectors", "api_keys")
        .defer("wp_app_password")
        .order_by("id")
    )
    page = Paginator(found, PAGE).get_page(asked.get("page"))
    rows = []
    for site in page:
        site.account = account
        keys = [key for key in site.api_keys.all() if key.works(now)]
        rows.append(SiteRow(site, keys, offered(site, person=person)))
    return {"rows": rows, "page": page}


def people(
    account: Account, person: User, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    given = SiteUserAccess.objects.select_related("site").defer("site__wp_app_password")
    found = (
        User.objects.filter(account=account)
        .prefetch_related(Prefetch("site_accesses", given.order_by("site__name")))
        .order_by("-is_active", "email")
    )
    page = Paginator(found, PAGE).get_page(asked.get("page"))
    rows = []
    for user in page:
        user.account = account
        rows.append(Row(user, offered(user, person=person)))
    return {"rows": rows, "page": page}


def stream(
    account: Account, person: User, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    chosen = timeline.Asked.read(asked)
    return {
        "kinds": [
            (chosen.of_kind(kind).query(), label, kind == chosen.kind)
            for kind, label in timeline.Kind.choices
        ],
        "asked": chosen,
        "people": timeline.people(account, chosen),
        "may_export": export.allowed(person),
        "page": timeline.stream(account, chosen, before=asked.get("before", "")),
    }


TABS = (
    Tab("overview", "Overview", overview),
    Tab("ledger", "Ledger", ledger),
    Tab("billing", "Billing", billing),
    Tab("sites", "Sites", sites),
    Tab("people", "People", people),
    Tab("timeline", "Timeline", stream),
)


def chosen(code: str | None) -> Tab:
    """The tab of the address; the first one for anything unknown."""
    return next((tab for tab in TABS if tab.code == code), TABS[0])
