"""What a large import is tried in."""

from collections.abc import Callable, Iterator

import pytest

from billing.services import onboarding
from console.imports import worker
from tenancy.models import Account
from tests.console.imports.working import Meanwhile, elsewhere
from tests.factories import make_plan


@pytest.fixture
def starter(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_plan(slug="starter", name="Starter")
    monkeypatch.setattr(worker, "EVERY", 0)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meanwhile]:
    """Have somebody else do something while the worker is between the first and second row."""
    create = onboarding.create_account

    def plan(act: Callable[[], object]) -> None:
        def create_account(*, slug: str, **facts: object) -> Account:
            if slug == "two":
                elsewhere(act)
            return create(slug=slug, **facts)

        monkeypatch.setattr(onboarding, "create_account", create_account)

    yield plan
    monkeypatch.setattr(onboarding, "create_account", create)
