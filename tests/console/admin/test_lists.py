"""Lists: as many queries for fifty rows as for one, and every link in them opens."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import connection, transaction
from django.forms import ChoiceField, DateField, ModelChoiceField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from console.admin.base import ConsoleAdmin
from console.site import site
from tenancy.models import User
from tests.console.admin.conftest import somebody
from tests.console.admin.crowd import SIZE, make_crowd

MOST_QUERIES = 8
LISTS = sorted(site._registry.values(), key=lambda model_admin: model_admin.opts.label)
# There are only as many as there are operations, or as the account's page makes.
FEW_ROWS = {"billing.CreditCost"}


def label(model_admin: ConsoleAdmin) -> str:
    return model_admin.opts.label


every_list = pytest.mark.parametrize("model_admin", LISTS, ids=label)


@pytest.fixture(scope="module")
def crowded(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Client]:
    with django_db_blocker.unblock(), transaction.atomic():
        make_crowd()
        client = somebody("Support")
        # The first page of all loads what is kept for the process, such as content types.
        client.get("/admin/tenancy/plan/")
        yield client
        transaction.set_rollback(True)


def path_of(model_admin: ConsoleAdmin) -> str:
    return f"/admin/{model_admin.opts.app_label}/{model_admin.opts.model_name}/"


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@every_list
def test_queries_do_not_grow_with_the_rows(
    model_admin: ConsoleAdmin, crowded: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert label(model_admin) in FEW_ROWS or model_admin.model._default_manager.count() >= SIZE
    many = queries(crowded, path_of(model_admin))

    monkeypatch.setattr(model_admin, "list_per_page", 1)
    one = queries(crowded, path_of(model_admin))

    assert many == one
    assert many <= MOST_QUERIES


def changelist(model_admin: ConsoleAdmin, query: str = "") -> ChangeList:
    """The list behind the page: the same rows, without the way there and without the HTML."""
    request = RequestFactory().get(f"{path_of(model_admin)}?{query}")
    request.user = User(email="root@igny8.example", is_staff=True, is_superuser=True)
    return model_admin.get_changelist_instance(request)


@pytest.fixture
def short(model_admin: ConsoleAdmin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows to a page: what is asked of the database is the same, and little is made of it."""
    monkeypatch.setattr(model_admin, "list_per_page", 2)


def filter_queries(shown: ChangeList) -> Iterator[str]:
    for spec in shown.filter_specs:
        for choice in spec.choices(shown):
            if "query_string" in choice:
                yield choice["query_string"].removeprefix("?")
                continue
            for name, field in choice["form"].fields.items():
                yield from (f"{name}={value}" for value in sample(field))


def sample(field: object) -> list[object]:
    if isinstance(field, ModelChoiceField):
        return [field.queryset.first().pk, "x", "999999999999"]
    if isinstance(field, ChoiceField):
        return [value for value, _ in field.choices]
    if isinstance(field, DateField):
        return ["2025-11-11", "31/12/2025", "9999-12-31", "x"]
    return ["x"]


@every_list
@pytest.mark.usefixtures("short")
def test_every_filter_opens(model_admin: ConsoleAdmin, crowded: Client) -> None:
    for query in filter_queries(changelist(model_admin)):
        # What cannot be read leads back to the list with a word about it, never to a failure.
        with suppress(IncorrectLookupParameters):
            list(changelist(model_admin, query).result_list)


def test_what_no_filter_can_read_leads_back_to_the_list(crowded: Client) -> None:
    response = crowded.get("/admin/tenancy/account/?plan__id__exact=x")

    assert response.url == "/admin/tenancy/account/?e=1"


@every_list
@pytest.mark.usefixtures("short")
def test_only_columns_with_an_index_sort(model_admin: ConsoleAdmin, crowded: Client) -> None:
    usual = order_of(changelist(model_admin))
    for number, name in enumerate(changelist(model_admin).list_display):
        for direction in ("", "-"):
            shown = changelist(model_admin, f"o={direction}{number}")
            assert len(shown.result_list) > 0
            assert name in model_admin.sortable_by or order_of(shown) == usual, name


def order_of(shown: ChangeList) -> list[str]:
    """Django names a column twice when both the list and the model order by it."""
    return list(dict.fromkeys(shown.queryset.query.order_by))


@every_list
@pytest.mark.usefixtures("short")
def test_a_page_too_far_is_no_failure(model_admin: ConsoleAdmin, crowded: Client) -> None:
    for page in ("0", "-1", "201", "99999999999999999999", "x"):
        with suppress(IncorrectLookupParameters):
            list(changelist(model_admin, f"p={page}").result_list)


TERMS = ["home", "%", "_", "\x00", "' OR 1=1 --", "#7", "9" * 30, "ё", "x" * 400, "a b  c", "\\"]
SEARCHED = [model_admin for model_admin in LISTS if model_admin.search_fields]


@pytest.mark.parametrize("model_admin", SEARCHED, ids=label)
@pytest.mark.usefixtures("unwritten", "short")
def test_any_term_is_searched_without_failing(model_admin: ConsoleAdmin, crowded: Client) -> None:
    for term in TERMS:
        assert crowded.get(path_of(model_admin), {"q": term}).status_code == 200, term
