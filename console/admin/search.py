"""Search that stays quick: each way to find something gives at most 200 ids; the list loads those.

Staff type what a customer quotes: an e-mail, a name, a domain, a reference in lower case with
blanks, the start of an API key.
"""

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest

from billing.models import Invoice, Payment
from console import quoted, words
from tenancy.models import Account, ApiKey, Site, User


class BoundedSearchMixin:
    """`ways` says how a term finds rows: querysets of primary keys, each cut, all in one query."""

    # Only says that there is a search box; `ways` does the searching.
    search_fields = ("pk",)

    def ways(self, term: str) -> list[QuerySet]:
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = quoted.clean(search_term)
        if not term:
            return queryset, False
        return queryset.filter(pk__in=_ids(self.ways(term))), False


def accounts(term: str) -> list[QuerySet]:
    """Ids of accounts by anything that somebody quotes about one."""
    ways = [
        words.found(Account, term).values_list("pk"),
        _of_accounts(words.found(User, term)),
        _of_accounts(words.found(Site, quoted.domain(term))),
        Account.objects.alias(low=Lower("slug")).filter(low=term.lower()).values_list("pk"),
        *by_number(Account, term),
    ]
    if reference := quoted.reference(term):
        ways.append(_of_accounts(Payment.objects.filter(reference__startswith=reference)))
    if prefix := quoted.key_prefix(term):
        ways.append(_of_accounts(ApiKey.objects.filter(prefix__startswith=prefix)))
    if term[:4].isdigit():
        ways.append(_of_accounts(Invoice.objects.filter(number=term)))
    return ways


def account_ids(term: str) -> list[int]:
    return _ids(accounts(term))[: words.MOST_FOUND]


def by_number(rows: type[models.Model], term: str) -> list[QuerySet]:
    number = quoted.number(term)
    return [] if number is None else [rows.objects.filter(pk=number).values_list("pk")]


def words_in(term: str, *fields: str) -> Q:
    """Each word of the term stands in one of the fields: for tables that stay small."""
    condition = Q()
    for word in term.split():
        condition &= Q(*[(f"{name}__icontains", word) for name in fields], _connector=Q.OR)
    return condition


def _ids(ways: list[QuerySet]) -> list[int]:
    # In no order unless a way says one: sorted words would be looked for along the primary key.
    cut = [(way if way.query.order_by else way.order_by())[: words.MOST_FOUND] for way in ways]
    first, *others = cut
    return [pk for (pk,) in (first.union(*others) if others else first)]


def _of_accounts(rows: QuerySet) -> QuerySet:
    return rows.filter(account__isnull=False).values_list("account_id")
