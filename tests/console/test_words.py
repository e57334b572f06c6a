"""Words of a term find rows by the beginnings of their words, whatever stands between them."""

import pytest
from django.db import connection

from console import words
from tenancy.models import Account, Site, User
from tests.factories import make_account, make_site, make_user


@pytest.fixture
def home(db: None) -> Account:
    make_account(name="Somebody Else", slug="else")
    return make_account(
        name="Home G8 (Karachi)", slug="home-g8-pk", billing_email="pay@homeg8.example"
    )


@pytest.mark.parametrize(
    "term",
    ["home", "HOME g8", "g8 home", "hom", "home-g8", "karachi", "pay@homeg8", "pay@homeg8.example"],
)
def test_found(term: str, home: Account) -> None:
    assert words.ids(Account, term) == [home.pk]


@pytest.mark.parametrize("term", ["meg8", "home else", "", "  ", "@", "-.-"])
def test_not_found(term: str, home: Account) -> None:
    assert words.ids(Account, term) == []


@pytest.mark.parametrize(
    ("term", "is_found"),
    [
        ("a:*", False),
        ("!home", True),
        ("home | else", False),
        ("(home", True),
        ("ho'me\\", False),
        ("<->", False),
        ("💥 ё", False),
    ],
)
def test_a_term_is_words_and_no_query(term: str, is_found: bool, home: Account) -> None:
    assert words.ids(Account, term) == ([home.pk] if is_found else [])


def test_people_and_sites(home: Account) -> None:
    person = make_user(home, email="alice.smith@homeg8.example")
    site = make_site(home, name="Garden blog", domain="blog.homeg8.com")

    assert words.ids(User, "smith@homeg8") == [person.pk]
    assert words.ids(Site, "homeg8.com") == [site.pk]


@pytest.mark.parametrize(
    ("model", "index"), [(Account, "tenant_words"), (User, "user_words"), (Site, "site_words")]
)
def test_the_index_serves_the_query(model: type, index: str, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in words.found(model, "home").order_by().explain()
