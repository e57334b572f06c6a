"""No limits but where a test is about them, and a trial that runs."""

import logging

import pytest
from django.conf import LazySettings
from django.utils import timezone

from console.settings.api import Rate
from tenancy.api import throttling
from tenancy.api.counters import Count
from tests.conftest import World
from tests.factories import DAY, put


@pytest.fixture(autouse=True)
def no_throttle(settings: LazySettings) -> None:
    settings.API_RATES = {scope: Rate(1_000_000, 60) for scope in settings.API_RATES}


@pytest.fixture
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of calls that nobody counts, and whose refusals nobody logs: a quarter of their
    time. How often one may call is what test_throttle is about.
    """
    monkeypatch.setattr(throttling, "count", lambda key, *, seconds: Count(1, seconds))
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.fixture
def world(world: World) -> World:
    """By the clock on the wall, which a call asks, the trial of the small world is long over."""
    put(world.other, trial_ends_at=timezone.now() + DAY)
    return world
