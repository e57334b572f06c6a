"""Fixtures for all tests: a small named world, and a database that really commits."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

import hypothesis
import pytest
from django.contrib.auth import get_user, middleware
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection, connections
from django.http import HttpRequest
from django.template import Template
from django.test.utils import instrumented_test_render, setup_databases, teardown_databases

from tenancy.models import Account, AccountStatus, User
from tenancy.roles import Role
from tests import factories
from tests.planting import triggers_off
from tests.prepared import Prepared, prepare

# Filled by migrations: emptied by no test.
SEEDED_TABLES = ("igny8_credit_costs", "igny8_grant_limits")
KEPT_TABLES = (
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
)


# The same examples on every run and machine; how long one takes is not what is tested.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    # Only a connection that says so when it connects may empty append-only tables.
    for database in connections.databases.values():
        options = database.setdefault("OPTIONS", {})
        options["options"] = f"{options.get('options', '')} -c igny8.allow_truncate=on".strip()


# Django's own tests of pages keep the context of each of a page's 180 templates: a tenth of the
# time a page takes. Here who reads `response.context` asks for `context_kept`.
PLAIN_RENDER = Template._render


@pytest.fixture(scope="session", autouse=True)
def no_context_kept(django_test_environment: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", PLAIN_RENDER)
        yield


@pytest.fixture
def context_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


@pytest.fixture
def sessions_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who a session belongs to is asked once, and not again for each of hundreds of addresses."""
    people: dict[str | None, AbstractBaseUser | AnonymousUser] = {}

    def remembered(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
        key = request.session.session_key
        if key not in people:
            people[key] = get_user(request)
        return people[key]

    monkeypatch.setattr(middleware, "get_user", remembered)


def pytest_collection_finish() -> None:
    """The collector of garbage passes by what was loaded, as in a worker of the web server."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are dealt to the processes in this order. Those of this folder are long: dealt last, as
    their names would have it, the other processes would wait for them.
    """
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.parent != here)


@dataclass
class World:
    """Two accounts with their people, an outsider, and the console's staff."""

    home: Account  # active, 1,000 credits
    other: Account  # in trial, 500 credits
    alice: User  # owns home
    bob: User  # edits home
    charlie: User  # owns other
    olga: User  # of no account, no staff
    sam: User  # Support
    fiona: User  # Finance
    adam: User  # Administrator
    ruth: User  # superuser


def make_world() -> World:
    home = factories.make_account(
        name="Home G8", slug="home-g8", status=AccountStatus.ACTIVE, credits=1000
    )
    other = factories.make_account(name="TacBit", slug="tacbit", credits=500)
    alice = factories.make_user(home, email="alice@homeg8.example")
    charlie = factories.make_user(other, email="charlie@tacbit.example")
    factories.put(home, owner=alice)
    factories.put(other, owner=charlie)
    return World(
        home=home,
        other=other,
        alice=alice,
        bob=factories.make_user(home, email="bob@homeg8.example", role=Role.EDITOR),
        charlie=charlie,
        olga=factories.make_user(email="olga@example.com"),
        sam=factories.make_staff("Support", email="sam@igny8.example"),
        fiona=factories.make_staff("Finance", email="fiona@igny8.example"),
        adam=factories.make_staff("Administrator", email="adam@igny8.example"),
        ruth=factories.make_staff(None, email="ruth@igny8.example", is_superuser=True),
    )


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: pytest.FixtureRequest,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """A test database, always. pytest-django makes none when all chosen tests use `committed`
    alone, and those would then empty the database of the settings.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def prepared_world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Prepared:
    with django_db_blocker.unblock():
        return prepare(make_world, empty_at_first())


@pytest.fixture
def world(prepared_world: Prepared, db: None) -> World:
    return put_world(prepared_world)


def put_world(prepared: Prepared) -> World:
    cache.clear()  # what is counted by a person's key there belongs to the test before
    return prepared.put()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A database in autocommit, as the services meet it: a forgotten `atomic` shows here.

    Like `django_db(transaction=True)`, but it leaves what migrations filled and truncates nothing
    (40 tables: 0.2 s). So it is fast, and no test depends on its order.
    """
    with django_db_blocker.unblock():
        seeded = {table: _rows(table) for table in SEEDED_TABLES}
        yield
        with triggers_off(), connection.cursor() as cursor:
            cursor.execute(";".join(f'DELETE FROM "{table}"' for table in _emptied()))  # noqa: S608
            for table, rows in seeded.items():
                _put_back(table, rows)


def empty_at_first() -> list[str]:
    return [name for name in _emptied() if name not in SEEDED_TABLES]


@once
def _emptied() -> list[str]:
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if name not in KEPT_TABLES]


def _rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_json(t)::text FROM {table} t")  # noqa: S608
        return [row for (row,) in cursor.fetchall()]


def _put_back(table: str, rows: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        for row in rows:
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, %s)",  # noqa: S608
                [row],
            )


@pytest.fixture
def committed_world(prepared_world: Prepared, committed: None) -> World:
    return put_world(prepared_world)
