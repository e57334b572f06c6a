"""A client generated from the description alone signs up, spends and reads, over HTTP."""

import importlib
import sys
import uuid
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from openapi_python_client import Config, GeneratorError, MetaType, generate
from openapi_python_client.config import ConfigFile
from pytest_django.live_server_helper import LiveServer

from console.api_docs import described

PACKAGE = "generated_igny8_client"


class Generated:
    """The generated package, and who it calls as."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.package = importlib.import_module(PACKAGE)
        self.models: ModuleType = importlib.import_module(f"{PACKAGE}.models")
        self.caller = self.package.Client(base_url=base)

    def close(self) -> None:
        self.caller.get_httpx_client().close()

    def sign_in(self, token: str) -> None:
        self.close()
        self.caller = self.package.AuthenticatedClient(base_url=self.base, token=token)

    def call(self, name: str, *ids: str, **arguments: Any) -> tuple[int, Any]:
        group = {"credits": "credits_"}.get(tag := name.split("_")[1], tag)
        module = importlib.import_module(f"{PACKAGE}.api.{group}.{name}")
        answer = module.sync_detailed(*ids, client=self.caller, **arguments)
        return int(answer.status_code), answer.parsed


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("client")
    (folder / "schema.json").write_bytes(described())
    config = Config.from_sources(
        # Formatting it would take longer than making it.
        ConfigFile(package_name_override=PACKAGE, post_hooks=[]),
        MetaType.NONE,
        folder / "schema.json",
        "utf-8",
        overwrite=True,
        output_path=folder / PACKAGE,
    )
    problems = generate(config=config)
    assert [problem for problem in problems if isinstance(problem, GeneratorError)] == []
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


@pytest.fixture
def client(package: None, committed: None) -> Iterator[Generated]:
    call_command("create_free_trial_plan", verbosity=0)
    # A thread that waits for the next request would hold the database open.
    database = connections.databases[DEFAULT_DB_ALIAS]
    kept_open, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0
    # Not pytest-django's `live_server`: that one empties all tables, the filled ones too.
    server = LiveServer("localhost")
    generated = Generated(server.url)
    yield generated
    generated.close()
    server.stop()
    database["CONN_MAX_AGE"] = kept_open


def key() -> str:
    return str(uuid.uuid4())


def test_it_signs_up_spends_and_reads(client: Generated) -> None:
    models = client.models
    status, signed_up = client.call(
        "post_auth_register",
        body=models.RegisterBody(
            email="generated@example.com",
            password="correct horse battery staple",
            account_name="Generated",
        ),
    )
    assert (status, signed_up.account.slug) == (201, "generated")
    client.sign_in(signed_up.access)

    assert client.call("get_account")[1].available == 2000
    work = {"operation": models.Operation.IMAGE_GENERATION, "units": 10}
    estimate = client.call("post_credits_check", body=models.WorkBody(**work))[1]
    assert (estimate.allowed, estimate.cost, estimate.available) == (True, 50, 2000)
    status, hold = client.call(
        "post_credits_holds", body=models.HoldBody(**work), idempotency_key=key()
    )
    assert (status, hold.amount) == (201, 50)
    committed = client.call("post_credits_holds_commit", hold.id, body=models.CommitBody(units=8))[
        1
    ]
    assert committed.transaction.amount == -40
    clustering = models.DeductBody(operation=models.Operation.CLUSTERING)
    again = key()
    for _ in range(2):
        status, spent = client.call("post_credits_deduct", body=clustering, idempotency_key=again)
        assert (status, spent.available) == (201, 1950)
    rows = client.call("get_credits_transactions")[1].results
    assert [row.amount for row in rows] == [-10, -40, 2000]
    much = models.DeductBody(operation=models.Operation.IMAGE_GENERATION, units=1000)
    status, problem = client.call("post_credits_deduct", body=much, idempotency_key=key())
    assert (status, problem.code) == (402, models.Code.INSUFFICIENT_CREDITS)

    status, pair = client.call(
        "post_auth_refresh", body=models.RefreshBody(refresh=signed_up.refresh)
    )
    assert status == 200
    client.sign_in(pair.access)
    assert client.call("get_auth_me")[1].user.email == "generated@example.com"
