"""No limits but where a test is about them, and a trial that runs."""

import pytest
from django.conf import LazySettings
from django.utils import timezone

from console.settings.api import Rate
from tests.conftest import World
from tests.factories import DAY, put


@pytest.fixture(autouse=True)
def no_throttle(settings: LazySettings) -> None:
    settings.API_RATES = {scope: Rate(1_000_000, 60) for scope in settings.API_RATES}


@pytest.fixture
def world(world: World) -> World:
    """By the clock on the wall, which a call asks, the trial of the small world is long over."""
    put(world.other, trial_ends_at=timezone.now() + DAY)
    return world
