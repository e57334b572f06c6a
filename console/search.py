"""The search box over everything (Ctrl+K): at most eight hits of a kind, exact ones first.

Each kind is found by indexes, cut, and asked only for what the person may see.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.urls import reverse
from unfold.dataclasses import SearchResult

from billing.models import (
    OPEN_LINE,
    OPEN_PAYMENT,
    Invoice,
    Payment,
    StatementLine,
)
from billing.services import references
from console import quoted, words
from console.actions.figures import money_text
from tenancy.emails import lookup_form
from tenancy.models import Account, ApiKey, Site, User

MOST = 8
SHORTEST = 2  # characters


@dataclass(frozen=True)
class Hit:
    result: SearchResult
    is_exact: bool


def find(*, person: User, term: str) -> list[SearchResult]:
    """What `term` may mean, best first; nothing for a term too short to mean anything."""
    return [hit.result for hit in hits(person=person, term=term)]


def the_one(found: list[Hit]) -> str:
    """The page that all exact hits are on; empty when there is none, or more than one."""
    pages = {hit.result.link.partition("?")[0]: hit.result.link for hit in found if hit.is_exact}
    return next(iter(pages.values())) if len(pages) == 1 else ""


def hits(*, person: User, term: str) -> list[Hit]:
    term = quoted.clean(term)
    if len(term) < SHORTEST and quoted.number(term) is None:
        return []
    found = [
        hit for permission, finder in FINDERS if person.has_perm(permission) for hit in finder(term)
    ]
    return sorted(found, key=lambda hit: not hit.is_exact)


def account_page(account_id: int, tab: str = "") -> str:
    url = reverse("admin:tenancy_account_change", args=(account_id,))
    return f"{url}?tab={tab}" if tab else url


def accounts(term: str) -> list[Hit]:
    exact = (
        Q(slug=term.lower())
        | Q(name__iexact=term)
        | Q(billing_email__iexact=term)
        | Q(owner__email=lookup_form(term))
    )
    number = quoted.number(term)
    if number is not None:
        exact |= Q(pk=number)
    # Of a thousand that begin alike only 200 are looked at; the one that is meant is among them.
    same_slug = Account.objects.alias(low=Lower("slug")).filter(low=term.lower())
    ids = [
        *words.ids(Account, term),
        *_owned_by(words.ids(User, term)),
        *same_slug.values_list("pk", flat=True),
    ]
    found = _ranked(
        Account.objects.select_related("owner", "plan").filter(
            pk__in=ids if number is None else [*ids, number]
        ),
        exact=exact,
        begins=Q(name__istartswith=term) | Q(slug__startswith=term.lower()),
        contains=Q(pk__in=ids),
    )
    return [
        Hit(
            SearchResult(
                title=account.name,
                description=_joined(
                    "account",
                    "deleted" if account.is_deleted else account.get_status_display().lower(),
                    account.plan.name,
                    account.slug,
                    account.owner.email if account.owner else "",
                ),
                link=account_page(account.pk),
                icon="apartment",
            ),
            is_exact=account.rank == 0,
        )
        for account in found
    ]


def users(term: str) -> list[Hit]:
    ids = words.ids(User, term)
    found = _ranked(
        User.objects.select_related("account").filter(pk__in=ids),
        exact=Q(email=lookup_form(term)),
        begins=Q(email__startswith=term.lower()),
        contains=Q(pk__in=ids),
    )
    return [
        Hit(
            SearchResult(
                title=user.email,
                description=_joined(
                    f"{user.get_role_display().lower()} of {user.account}"
                    if user.account
                    else "console staff"
                    if user.is_staff
                    else "user without an account",
                    "" if user.is_active else "deactivated",
                ),
                link=account_page(user.account_id, "people")
                if user.account_id
                else reverse("admin:tenancy_user_change", args=(user.pk,)),
                icon="person",
            ),
            is_exact=user.rank == 0,
        )
        for user in found
    ]


def sites(term: str) -> list[Hit]:
    domain = quoted.domain(term)
    ids = [*words.ids(Site, term), *words.ids(Site, domain)]
    found = _ranked(
        Site.objects.select_related("account")
        .only("name", "domain", "account__name")
        .filter(pk__in=ids),
        exact=Q(domain__in=(domain, f"www.{domain}")) | Q(name__iexact=term),
        begins=Q(domain__startswith=domain) | Q(name__istartswith=term),
        contains=Q(pk__in=ids),
    )
    return [
        Hit(
            SearchResult(
                title=site.name,
                description=_joined(f"site of {site.account}", site.domain),
                link=account_page(site.account_id, "sites"),
                icon="language",
            ),
            is_exact=site.rank == 0,
        )
        for site in found
    ]


def payments(term: str) -> list[Hit]:
    """By reference (whole or its beginning), by bank id, and open ones by their amount."""
    exact = Q(bank_transaction_id=term)
    reference = quoted.reference(term)
    begins = Q(pk__in=())
    if reference:
        exact |= Q(reference=reference)
        begins = Q(reference__startswith=reference)
    amount = quoted.amount(term)
    contains = Q(status__in=OPEN_PAYMENT, expected_amount=amount) if amount else Q(pk__in=())
    found = _ranked(
        Payment.objects.select_related("account"), exact=exact, begins=begins, contains=contains
    )
    hits = [
        Hit(_payment(payment, payment.reference), is_exact=payment.rank == 0) for payment in found
    ]
    return hits or _did_you_mean(term)


def _did_you_mean(term: str) -> list[Hit]:
    """What a reference with a slip of the pen stands for."""
    slips = {guess.reference: guess.slip for guess in references.did_you_mean(term)}
    if not slips:
        return []
    found = Payment.objects.select_related("account").filter(reference__in=slips)[:MOST]
    return [
        Hit(
            _payment(payment, f"Did you mean {payment.reference}?", slips[payment.reference]),
            is_exact=False,
        )
        for payment in found
    ]


def _payment(payment: Payment, title: str, *notes: str) -> SearchResult:
    return SearchResult(
        title=title,
        description=_joined(
            *notes,
            f"bank transfer of {payment.account}",
            money_text(payment.expected_amount, payment.currency),
            payment.get_status_display().lower(),
        ),
        link=account_page(payment.account_id, "billing"),
        icon="payments",
    )


def invoices(term: str) -> list[Hit]:
    """By number, whole or its beginning. By amount its payment is found, which leads to it."""
    if not term[:4].isdigit():
        return []
    found = _ranked(
        Invoice.objects.select_related("account"),
        exact=Q(number=term),
        begins=Q(number__startswith=term) if "-" in term else Q(pk__in=()),
        contains=Q(pk__in=()),
    )
    return [
        Hit(
            SearchResult(
                title=invoice.number,
                description=_joined(
                    f"invoice of {invoice.account}",
                    money_text(invoice.amount, invoice.currency),
                    invoice.get_status_display().lower(),
                ),
                link=account_page(invoice.account_id, "billing"),
                icon="receipt_long",
            ),
            is_exact=invoice.rank == 0,
        )
        for invoice in found
    ]


def lines(term: str) -> list[Hit]:
    """Lines of a statement by the bank's id, and open ones by their amount."""
    amount, bank_id = quoted.amount(term), quoted.bank_id(term)
    if not (amount or bank_id):
        return []
    found = _ranked(
        StatementLine.objects.all(),
        exact=Q(bank_transaction_id=bank_id) if bank_id else Q(pk__in=()),
        begins=Q(pk__in=()),
        contains=Q(state__in=OPEN_LINE, remaining=amount) if amount else Q(pk__in=()),
    )
    return [
        Hit(
            SearchResult(
                title=line.bank_transaction_id or f"Line of {line.value_date:%Y-%m-%d}",
                description=_joined(
                    f"statement line from {line.payer_name or 'nobody named'}",
                    money_text(line.amount, line.currency),
                    line.get_state_display().lower(),
                    f"{line.value_date:%Y-%m-%d}",
                ),
                link=reverse("admin:reconcile_line", args=(line.pk,)),
                icon="description",
            ),
            is_exact=line.rank == 0,
        )
        for line in found
    ]


def api_keys(term: str) -> list[Hit]:
    prefix = quoted.key_prefix(term)
    if not prefix:
        return []
    found = ApiKey.objects.filter(prefix__startswith=prefix).select_related("account", "site")
    return [
        Hit(
            SearchResult(
                title=str(key),
                description=_joined(
                    f"API key of {key.site.name}, {key.account}",
                    "revoked" if key.revoked_at else "",
                ),
                link=account_page(key.account_id, "sites"),
                icon="key",
            ),
            is_exact=key.prefix == prefix,
        )
        for key in found.defer("site__wp_app_password")[:MOST]
    ]


FINDERS: tuple[tuple[str, Callable[[str], list[Hit]]], ...] = (
    ("tenancy.view_account", accounts),
    ("tenancy.view_user", users),
    ("tenancy.view_site", sites),
    ("billing.view_payment", payments),
    ("billing.view_invoice", invoices),
    ("billing.view_statementline", lines),
    ("tenancy.view_apikey", api_keys),
)


def _ranked(rows: QuerySet, *, exact: Q, begins: Q, contains: Q) -> QuerySet:
    """At most eight: exact hits, then those that begin so, then the rest; the newest first."""
    rank = Case(
        When(exact, then=Value(0)),
        When(begins, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    matching = rows.filter(exact | begins | contains)
    return matching.annotate(rank=rank).order_by("rank", "-pk")[:MOST]


def _owned_by(user_ids: list[int]) -> list[int]:
    owned = Account.objects.filter(owner_id__in=user_ids).order_by()
    return list(owned.values_list("pk", flat=True)[: words.MOST_FOUND])


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
