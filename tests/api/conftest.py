"""No limits but where a test is about them."""

import pytest
from django.conf import LazySettings

from console.settings.api import Rate


@pytest.fixture(autouse=True)
def no_throttle(settings: LazySettings) -> None:
    settings.API_RATES = {scope: Rate(1_000_000, 60) for scope in settings.API_RATES}
