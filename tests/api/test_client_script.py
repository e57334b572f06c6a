"""A program that knows nothing but the description: it signs up, spends and reads, over HTTP."""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from pytest_django.live_server_helper import LiveServer


class Client:
    """Made from the description alone: calls operations by their operationId."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.token = ""
        self.operations: dict[str, tuple[str, str, dict]] = {}
        for path, methods in self._fetch("GET", "/api/schema/")[1]["paths"].items():
            for method, operation in methods.items():
                self.operations[operation["operationId"]] = method.upper(), path, operation

    def call(self, name: str, body: object = None, **ids: str) -> tuple[int, dict]:
        method, path, operation = self.operations[name]
        headers = {}
        if operation.get("security"):
            headers["Authorization"] = f"Bearer {self.token}"
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "Idempotency-Key" and parameter.get("required"):
                headers["Idempotency-Key"] = str(uuid.uuid4())
        status, answer = self._fetch(method, path.format(**ids), body, headers)
        assert str(status) in operation["responses"], (name, status)
        return status, answer

    def _fetch(
        self, method: str, path: str, body: object = None, headers: dict | None = None
    ) -> tuple[int, dict]:
        data = None if body is None else json.dumps(body).encode()
        every = {"Content-Type": "application/json", "Accept": "application/json"} | (headers or {})
        request = urllib.request.Request(self.base + path, data, every, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request) as response:  # noqa: S310 - our own server
                return response.status, json.loads(response.read() or b"null")
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


@pytest.fixture
def client(committed: None) -> Iterator[Client]:
    call_command("create_free_trial_plan", verbosity=0)
    # A thread that waits for the next request would hold the database open.
    database = connections.databases[DEFAULT_DB_ALIAS]
    kept_open, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0
    # Not pytest-django's `live_server`: that one empties all tables, the filled ones too.
    server = LiveServer("localhost")
    yield Client(server.url)
    server.stop()
    database["CONN_MAX_AGE"] = kept_open


def test_it_signs_up_spends_and_reads(client: Client) -> None:
    status, signed_up = client.call(
        "post_auth_register",
        {
            "email": "script@example.com",
            "password": "correct horse battery staple",
            "account_name": "Script",
        },
    )
    assert status == 201
    client.token = signed_up["access"]

    assert client.call("get_account")[1]["available"] == 2000
    work = {"operation": "image_generation", "units": 10}
    assert client.call("post_credits_check", work)[1] == {
        "allowed": True,
        "cost": 50,
        "available": 2000,
    }
    status, hold = client.call("post_credits_holds", work)
    assert (status, hold["amount"]) == (201, 50)
    committed = client.call("post_credits_holds_commit", {"units": 8}, hold_id=hold["id"])[1]
    assert committed["transaction"]["amount"] == -40
    status, spent = client.call("post_credits_deduct", {"operation": "clustering"})
    assert (status, spent["available"]) == (201, 1950)
    rows = client.call("get_credits_transactions")[1]["results"]
    assert [row["amount"] for row in rows] == [-10, -40, 2000]
    much = client.call("post_credits_deduct", {"operation": "image_generation", "units": 1000})
    assert (much[0], much[1]["code"]) == (402, "insufficient_credits")

    status, pair = client.call("post_auth_refresh", {"refresh": signed_up["refresh"]})
    assert status == 200
    client.token = pair["access"]
    assert client.call("get_auth_me")[1]["user"]["email"] == "script@example.com"
