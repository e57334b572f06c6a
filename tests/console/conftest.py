"""The demo for tests that read it, and commands as a person runs them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from console.demo.load import load

LOADED_AT = datetime(2025, 12, 8, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Loaded once for a module of tests, and taken away again after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        settings.DEMO = True
        try:
            load(now=LOADED_AT)
        finally:
            settings.DEMO = False
        yield
        transaction.set_rollback(True)


def run(command: str, **options: object) -> str:
    """What the command says."""
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()
