"""Whatever a call is aimed at, and in whatever state that is: an answer, and never a fault."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from tenancy.models import Account, SiteUserAccess
from tenancy.roles import Role
from tests.api.table import CALLS
from tests.api.targets import Ids, make_partly_paid, make_targets
from tests.api.test_isolation import BODIES, CONFIRM, filled
from tests.api.world import Caller, by_token, code_of
from tests.factories import make_account, make_ledger_row, make_plan, make_user, put

pytestmark = pytest.mark.usefixtures("uncounted")

WITH_ID = sorted((method, path) for method, path in CALLS if "<id>" in path)
REFUSALS = {"permission_denied", "not_found", "state_conflict", "validation_error"}


@dataclass
class Scene:
    """Who calls for an account, and what it has."""

    callers: dict[str, Caller]
    targets: dict[str, dict[str, Ids]]


@pytest.fixture(scope="module")
def scenes(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Scene]]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_scenes()
        transaction.set_rollback(True)


def make_scenes() -> list[Scene]:
    company = make_account(status="active", is_system=True)
    acting = {
        f"company's {role}": by_token(make_user(company, role=role))
        for role in (Role.DEVELOPER, Role.SYSTEM_BOT)
    }
    scenes = []
    for make in (partial(make_targets, now=timezone.now()), make_partly_paid):
        account = make_account(status="active", plan=make_plan(max_sites=99, max_users=99))
        make_ledger_row(account, amount=1_000)
        targets = make(account)
        callers = {name: caller.acting_for(account) for name, caller in acting.items()}
        callers |= {role: by_token(make_caller(account, role)) for role in Role}
        scenes.append(Scene(callers, targets))
    return scenes


def make_caller(account: Account, role: Role) -> object:
    """Somebody who may see every site of the account, or who owns it."""
    user = make_user(account, role=role)
    if role is Role.OWNER:
        put(account, owner=user)
    for site in account.sites.all():
        SiteUserAccess.objects.create(account=account, site=site, user=user)
    return user


@pytest.mark.parametrize(("method", "path"), WITH_ID, ids=lambda part: part)
def test_it_is_answered_whatever_it_is_aimed_at(
    scenes: list[Scene], method: str, path: str
) -> None:
    kind = path.split("/<id>/")[-2].rpartition("/")[2]
    body = BODIES.get((method, path))
    if body is CONFIRM:
        body = CONFIRM | {"value_date": timezone.now().date().isoformat()}
    codes = set()
    for scene in scenes:
        for state, ids in scene.targets.get(kind, {}).items():
            for name, caller in scene.callers.items():
                with transaction.atomic():
                    response = caller.call(method, filled(path, ids), body)
                    transaction.set_rollback(True)
                code = code_of(response)
                assert response.status_code < 500, (state, name, code)
                codes.add(code)

    assert "" in codes, "nobody was let in"
    assert codes - {""} <= REFUSALS
