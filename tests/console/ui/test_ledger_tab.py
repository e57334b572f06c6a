"""The ledger's pages: newest first, nothing twice, nothing left out."""

import re
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from billing.models import TransactionType
from console.account_page.tabs import LEDGER_PAGE
from tenancy.models import User
from tests import factories
from tests.conftest import World

SignIn = Callable[[User], Client]


def rows_of(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr id="row-(\d+)">', page)]


def test_paging_shows_every_row_once(world: World, as_: SignIn) -> None:
    for _ in range(2 * LEDGER_PAGE + 3):
        factories.make_ledger_row(world.home, amount=-1, type=TransactionType.DEDUCTION)
    client = as_(world.fiona)
    url = reverse("admin:tenancy_account_change", args=(world.home.pk,))

    seen, next_page, pages = [], "?tab=ledger", 0
    while next_page:
        page = client.get(url + next_page).content.decode()
        seen += rows_of(page)
        older = re.search(r'href="(\?tab=ledger[^"]*)"[^>]*rel="next"', page)
        next_page, pages = older.group(1).replace("&amp;", "&") if older else "", pages + 1

    assert seen == list(range(2 * LEDGER_PAGE + 4, 0, -1))
    assert pages == 3


def test_added_and_spent_can_be_looked_at_alone(world: World, as_: SignIn) -> None:
    factories.make_ledger_row(world.home, amount=-1, type=TransactionType.DEDUCTION)
    factories.make_ledger_row(world.home, amount=7, type=TransactionType.PURCHASE)
    client = as_(world.fiona)
    url = reverse("admin:tenancy_account_change", args=(world.home.pk,))

    assert rows_of(client.get(f"{url}?tab=ledger&kind=added").content.decode()) == [3, 1]
    assert rows_of(client.get(f"{url}?tab=ledger&kind=spent").content.decode()) == [2]


def test_a_row_says_what_it_undoes_and_what_undid_it(world: World, as_: SignIn) -> None:
    row = factories.make_ledger_row(world.home, amount=7, type=TransactionType.PURCHASE)
    factories.make_ledger_row(
        world.home,
        amount=-7,
        type=TransactionType.REVERSAL,
        reverses=row,
        created_by=world.fiona,
        reason="Booked twice",
    )
    url = reverse("admin:tenancy_account_change", args=(world.home.pk,))
    page = as_(world.fiona).get(f"{url}?tab=ledger").content.decode()

    assert "undoes row 2" in page
    assert "reversed by row 3" in page
    assert "“Booked twice”" in page
    assert page.count("Reverse this row") == 1  # row 1; rows 2 and 3 are settled
