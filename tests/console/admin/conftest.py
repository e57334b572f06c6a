import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.template.base import Template
from django.test import Client

from console.site import site
from tests.console.admin.furnished import Furnished
from tests.digest import changed_since, digest
from tests.factories import make_staff, make_user
from tests.signing_in import signed_in

# The table that keeps an attempt and its refusal; all others are business.
ATTEMPTS = {"igny8_audit_events"}


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Furnished]:
    """Made once for a module of tests, and taken away again after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Furnished()
        transaction.set_rollback(True)


@pytest.fixture
def furnished(built: Furnished) -> Iterator[Furnished]:
    """What a test does to it is undone."""
    with transaction.atomic():
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def unwritten(sessions_remembered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without HTML and menu: who may open them is decided before, several times as fast."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    monkeypatch.setattr(site, "each_context", lambda request: {})
    monkeypatch.setattr(Template, "render", lambda self, context: "")


def somebody(who: str) -> Client:
    """A login of a staff group by its name; or nobody, a customer, staff without a group, root."""
    if who == "anonymous":
        return Client()
    if who == "customer":
        return signed_in(make_user())
    if who == "superuser":
        return signed_in(make_staff(None, is_superuser=True))
    return signed_in(make_staff(None if who == "no group" else who))


@pytest.fixture
def root() -> Client:
    """A superuser's login. Stands behind the fixture that makes the world."""
    return somebody("superuser")


@contextmanager
def nothing_but_attempts_changes() -> Iterator[None]:
    """Nothing of the business; a refused attempt itself is kept in the audit."""
    before = digest()
    yield
    assert set(changed_since(before)) <= ATTEMPTS
