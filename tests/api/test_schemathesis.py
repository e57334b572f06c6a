"""The API against its own description: what it allows is answered as described, what it forbids is
refused, and nothing is ever a fault of the server.
"""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from pytest_django import DjangoDbBlocker
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from console import api_docs
from console.settings.api import Rate
from tests.api.table import CALLS
from tests.api.test_isolation import Tenant, make_tenant
from tests.api.world import Caller, by_key, by_token
from tests.factories import make_plan

EXAMPLES = 4
DESCRIBED = json.loads(api_docs.described())
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
SCHEMA.app = get_wsgi_application()
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for result in SCHEMA.get_all_operations()
    for operation in [result.ok()]
}


@pytest.fixture(scope="module")
def tenant(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Tenant]:
    rates = settings.API_RATES
    settings.API_RATES = {scope: Rate(1_000_000, 60) for scope in rates}
    # A request would close the connection that this transaction is in.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with django_db_blocker.unblock(), transaction.atomic():
        make_plan(slug="free-trial", price=0, trial_days=14)
        yield make_tenant("sparrow")
        transaction.set_rollback(True)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    settings.API_RATES = rates


@pytest.fixture(scope="module")
def callers(tenant: Tenant) -> dict[str, Caller]:
    return {"person": by_token(tenant.owner), "site": by_key(tenant.account.sites.get())}


def test_every_call_is_described() -> None:
    assert len(OPERATIONS) == len(CALLS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_it_answers_as_described(
    tenant: Tenant, callers: dict[str, Caller], name: str, mode: GenerationMode
) -> None:
    operation = OPERATIONS[name]
    caller = callers["site" if "/wordpress/" in operation.path else "person"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @hypothesis_settings(
        max_examples=EXAMPLES,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case) -> None:
        with transaction.atomic():
            case.call_and_validate(
                headers=dict(caller.headers), excluded_checks=[positive_data_acceptance]
            )

    # A call without parameters and body has nothing that could be wrong.
    with suppress(Unsatisfiable):
        check()
