"""An account is found by whatever a customer quotes, however they write it."""

from collections.abc import Callable

import pytest
from django.test import Client

from billing.models import Invoice, Payment
from tenancy.models import ApiKey, Site
from tests.conftest import World
from tests.console.admin.conftest import somebody
from tests.factories import NOW, REASON, make_account, make_site, open_transfer

pytestmark = pytest.mark.usefixtures("context_kept")


@pytest.fixture
def searched(world: World) -> World:
    from tenancy.services import api_keys

    site = make_site(world.home, name="Garden blog", domain="homeg8.com")
    api_keys.rotate(site=site, overlap_hours=0, by=world.sam, reason=REASON, now=NOW)
    open_transfer(world.home)
    open_transfer(world.other)
    make_account(name="Nobody's business", slug="nobodys-business")
    return world


def reference() -> str:
    return Payment.objects.get(account__slug="home-g8").reference


QUOTED: dict[str, Callable[[], str]] = {
    "name": lambda: "Home G8",
    "other case": lambda: "hOmE",
    "words turned round": lambda: "g8 home",
    "slug": lambda: "home-g8",
    "owner's e-mail": lambda: "alice@homeg8.example",
    "e-mail of anybody in it": lambda: "BOB@homeg8.example",
    "domain": lambda: "homeg8.com",
    "address of the site": lambda: "https://www.homeg8.com/blog",
    "reference": reference,
    "reference in lower case with blanks": lambda: reference().lower().replace("-", " "),
    "reference without hyphens": lambda: reference().replace("-", ""),
    "invoice": lambda: Invoice.objects.get(account__slug="home-g8").number,
    "start of a key": lambda: ApiKey.objects.get().prefix,
    "start as it is shown": lambda: str(ApiKey.objects.get()),
    "a whole key": lambda: f"{ApiKey.objects.get().prefix}_somethingsecret",
    "id": lambda: f"#{Site.objects.get().account_id}",
    "blanks around": lambda: "  Home  G8 ",
}


@pytest.mark.parametrize("quoted", QUOTED.values(), ids=QUOTED)
def test_the_account_is_found(quoted: Callable[[], str], searched: World) -> None:
    assert found(somebody("Support"), "tenancy/account", quoted()) == [searched.home.name]


def test_what_nobody_has_finds_nobody(searched: World) -> None:
    assert found(somebody("Support"), "tenancy/account", "no such customer") == []


def test_payments_are_found_by_part_of_the_reference_and_by_account(searched: World) -> None:
    client = somebody("Support")

    assert found(client, "billing/payment", reference().lower()[:7]) == [reference()]
    assert found(client, "billing/payment", "home g8") == [reference()]


def test_ledger_rows_are_found_by_account(searched: World) -> None:
    rows = somebody("Support").get("/admin/billing/credittransaction/", {"q": "home-g8"})

    assert {row.account_id for row in rows.context["cl"].result_list} == {searched.home.pk}


def found(client: Client, list_name: str, term: str) -> list[str]:
    response = client.get(f"/admin/{list_name}/", {"q": term})
    return [str(row) for row in response.context["cl"].result_list]
