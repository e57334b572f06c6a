"""Signed-in members of staff, and figures that no other test has left in the cache."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from tenancy.models import User
from tests.signing_in import signed_in


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def as_() -> Callable[[User], Client]:
    """A browser of this person, signed in."""
    return signed_in
