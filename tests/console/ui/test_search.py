"""The search box finds what customers quote, and shows it to those who may see it."""

import html
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console import quoted, search
from tenancy.models import Account, User
from tenancy.services import api_keys
from tests import factories
from tests.conftest import World

SignIn = Callable[[User], Client]
MOST_QUERIES = 8


def titles(person: User, term: str) -> list[str]:
    return [hit.title for hit in search.find(person=person, term=term)]


@pytest.fixture
def known(world: World) -> World:
    factories.put(world.home, billing_email="invoices@homeg8.example")
    factories.make_site(world.home, name="Tester site", domain="www.homeg8.com")
    return world


@pytest.mark.parametrize(
    ("term", "first"),
    [
        ("Home G8", "Home G8"),
        ("home g8", "Home G8"),
        ("HOME-G8", "Home G8"),
        ("g8 home", "Home G8"),
        ("home", "Home G8"),
        ("alice@homeg8.example", "Home G8"),
        ("invoices@homeg8.example", "Home G8"),
        ("Invoices@HomeG8.example", "Home G8"),
        ("bob@homeg8.example", "bob@homeg8.example"),
        ("bob@", "bob@homeg8.example"),
        ("homeg8.com", "Tester site"),
        ("https://www.homeg8.com/blog?p=1", "Tester site"),
        ("tester site", "Tester site"),
    ],
)
def test_people_find_what_they_quote(known: World, term: str, first: str) -> None:
    assert titles(known.sam, term)[0] == first


@pytest.mark.parametrize("term", ["zoe@bücher.de", "Zoe@XN--BCHER-KVA.de"])
def test_a_person_is_found_by_either_form_of_a_domain(known: World, term: str) -> None:
    factories.make_user(known.home, email="zoe@xn--bcher-kva.de", role="editor")

    assert titles(known.sam, term) == ["zoe@xn--bcher-kva.de"]
    # It is what was meant, and nothing else; so is the account of an owner with this address.
    hits = search.hits(person=known.sam, term=term)
    assert search.the_one(hits).endswith("?tab=people")
    factories.put(known.home, owner=User.objects.get(email="zoe@xn--bcher-kva.de"))
    exact = [hit.result.title for hit in search.hits(person=known.sam, term=term) if hit.is_exact]
    assert exact == ["Home G8", "zoe@xn--bcher-kva.de"]


def test_an_account_is_found_by_its_number(known: World) -> None:
    assert titles(known.sam, f"#{known.other.pk}") == ["TacBit"]
    assert titles(known.sam, str(known.other.pk))[0] == "TacBit"


@pytest.mark.parametrize(
    "write",
    [
        str,
        str.lower,
        lambda reference: reference.replace("-", ""),
        lambda reference: reference.replace("-", " ").lower(),
        lambda reference: f" {reference}  ",
        lambda reference: f"SEPA transfer {reference.replace('-', '')} thank you",
        lambda reference: reference[:7],
    ],
    ids=["printed", "lower", "compact", "blanks", "around", "in a bank line", "its beginning"],
)
def test_a_payment_is_found_by_its_reference(known: World, write: Callable[[str], str]) -> None:
    payment = factories.open_transfer(known.home)
    factories.open_transfer(known.other)
    assert titles(known.fiona, write(payment.reference)) == [payment.reference]


def test_a_reference_with_a_slip_is_asked_about(known: World) -> None:
    reference = factories.open_transfer(known.home).reference
    wrong = reference[:4] + ("O" if reference[4] != "O" else "A") + reference[5:]

    (found,) = search.find(person=known.fiona, term=f"pay {wrong.lower()}")

    assert found.title == f"Did you mean {reference}?"
    slip = f"one character differs ({wrong[4]} for {reference[4]})"
    assert found.description.startswith(f"{slip}, bank transfer of Home G8")


def test_money_is_found_by_amount_bank_id_and_invoice(known: World) -> None:
    now = timezone.now()
    paid = factories.open_transfer(known.home, now=now)
    factories.confirm(
        paid, by=known.fiona, now=now, value_date=now.date(), bank_transaction_id="STMT-77/1"
    )
    waiting = factories.open_transfer(known.other, now=now)
    assert titles(known.fiona, "STMT-77/1") == [paid.reference]
    assert titles(known.fiona, "89.00") == [waiting.reference]
    assert titles(known.fiona, paid.invoice.number)[0] == paid.invoice.number
    assert set(titles(known.fiona, paid.invoice.number[:6])) >= {
        paid.invoice.number,
        waiting.invoice.number,
    }


def test_statement_lines_are_found_by_bank_id_and_amount(known: World) -> None:
    factories.make_line(Decimal("1234.50"), by=known.fiona, bank_transaction_id="FT26117X9")

    assert titles(known.fiona, "FT26117X9") == ["FT26117X9"]
    for written in ("1,234.50", "1234,50", "$1,234.50", "1234.50 usd"):
        assert titles(known.fiona, written) == ["FT26117X9"], written
    known.fiona.groups.clear()
    grant = Permission.objects.get(codename="view_account")
    known.fiona.user_permissions.add(grant)
    assert titles(User.objects.get(pk=known.fiona.pk), "FT26117X9") == []


def test_the_search_page_jumps_to_the_one_exact_hit(known: World, as_: SignIn) -> None:
    client = as_(known.sam)

    jumped = client.get("/admin/find/", {"q": "HOME-G8"})
    assert jumped.url == reverse("admin:tenancy_account_change", args=(known.home.pk,))
    listed = client.get("/admin/find/", {"q": "HOME-G8", "all": 1}).content.decode()
    assert "Home G8" in listed
    # Not exact: the person chooses.
    assert client.get("/admin/find/", {"q": "home"}).status_code == 200
    assert "Nothing found" in client.get("/admin/find/", {"q": "no such thing"}).content.decode()


def test_a_site_is_found_by_its_key_even_when_all_of_it_was_pasted(known: World) -> None:
    site = known.home.sites.get()
    new = api_keys.rotate(
        site=site, overlap_hours=0, by=known.sam, reason="For a test", now=timezone.now()
    )
    for term in (new.key.prefix, new.secret, new.key.prefix[:10], f"{new.key.prefix}…"):
        assert titles(known.sam, term) == [f"{new.key.prefix}…"]


def test_the_exact_hit_comes_first(known: World) -> None:
    for number in range(20):
        factories.make_account(name=f"TacBit {number}", slug=f"tacbit-{number}")
    found = titles(known.sam, "tacbit")
    assert found[0] == "TacBit"
    assert len([title for title in found if title.startswith("TacBit")]) == search.MOST


def test_an_exact_payment_stands_before_a_similar_account(known: World) -> None:
    payment = factories.open_transfer(known.other)
    factories.make_account(name=f"About {payment.reference}")
    assert titles(known.fiona, payment.reference)[0] == payment.reference


@pytest.mark.parametrize(
    "term", ["", " ", "x", "%", "_", "\x00", "' OR 1=1 --", "9" * 400, "ﬁ", "💥"]
)
def test_nothing_odd_is_found_and_nothing_breaks(known: World, as_: SignIn, term: str) -> None:
    assert titles(known.fiona, term) == []
    assert as_(known.fiona).get(reverse("admin:search"), {"s": term}).status_code == 200


def test_it_takes_few_queries(known: World, as_: SignIn) -> None:
    client = as_(known.fiona)
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:search"), {"s": "IG-7K3F"})
    sign_in = 4  # session, person, and their permissions
    assert len(queries) <= sign_in + MOST_QUERIES


def test_who_may_see_no_payments_finds_none(known: World) -> None:
    payment = factories.open_transfer(known.home)
    guest = factories.make_staff(None)
    assert titles(guest, "home") == []
    group = Group.objects.create(name="Accounts only")
    group.permissions.add(Permission.objects.get(codename="view_account"))
    guest.groups.add(group)
    guest = User.objects.get(pk=guest.pk)
    assert titles(guest, "home") == ["Home G8"]
    assert titles(guest, payment.reference) == []


def test_the_answer_links_to_the_account(known: World, as_: SignIn) -> None:
    page = as_(known.sam).get(reverse("admin:search"), {"s": "homeg8.com"}).content.decode()
    assert f"{reverse('admin:tenancy_account_change', args=(known.home.pk,))}?tab=sites" in page
    assert "Site of Home G8, www.homeg8.com" in page


def test_screens_are_found_too(known: World, as_: SignIn) -> None:
    page = as_(known.sam).get(reverse("admin:search"), {"s": "plans"}).content.decode()
    assert reverse("admin:tenancy_plan_changelist") in page


def test_it_is_for_staff_alone(known: World, as_: SignIn) -> None:
    assert as_(known.alice).get(reverse("admin:search"), {"s": "home"}).status_code == 302
    assert Client().get(reverse("admin:search"), {"s": "home"}).status_code == 302


def test_an_answer_is_never_kept_for_the_next_question(known: World, as_: SignIn) -> None:
    client = as_(known.sam)
    answer = client.get(reverse("admin:search"), {"s": "newcomer"}).content
    assert b"Newcomer" not in answer
    assert b"Try fewer letters" in answer
    factories.make_account(name="Newcomer")
    assert b"Newcomer" in client.get(reverse("admin:search"), {"s": "newcomer"}).content


def test_deleted_accounts_are_found_and_called_so(known: World) -> None:
    gone = factories.make_account(name="Long Gone", deleted=True)
    hit = search.find(person=known.sam, term="long gone")[0]
    assert "deleted" in hit.description
    assert Account.objects.get(pk=gone.pk).is_deleted


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("IG-7K3F", "IG-7K3F"),
        ("ig", ""),
        ("igny8_12345678", ""),
        ("ignition", ""),
        ("", ""),
    ],
)
def test_what_begins_like_a_reference(text: str, reference: str) -> None:
    assert quoted.reference(text) == reference


def test_jobs_and_reports_are_found_by_those_who_may(known: World, as_: SignIn) -> None:
    finance = as_(known.fiona)
    for term, screen, address in (
        ("import pl", "Import plans", "/admin/tenancy/plan/import/"),
        ("Reconcile", "Reconcile", "/admin/reconcile/"),
        ("received", "Cash received", "/admin/reports/cash/"),
        ("staff", "Staff", "/admin/tenancy/user/?is_staff__exact=1"),
    ):
        page = finance.get(reverse("admin:search"), {"s": term}).content.decode()
        assert f'data-title="{screen}"' in page
        assert page.count(f'href="{html.escape(address)}"') == 1, term
    page = as_(known.sam).get(reverse("admin:search"), {"s": "import p"}).content.decode()
    assert "Import plans" not in page
