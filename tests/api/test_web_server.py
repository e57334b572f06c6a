"""What only a real web server does: gunicorn as in production, called over a socket."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from console.settings.api import CORS_ALLOW_METHODS
from dev.places import ROOT
from tenancy.models import ApiKey, Site
from tests.api.addresses import operations
from tests.api.world import by_token, new_key
from tests.conftest import World
from tests.dev.test_run import free_port
from tests.factories import make_site

PATIENCE = 60  # seconds
APP, OTHER = "https://app.example.com", "http://localhost:3000"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        return json.loads(self.body)["code"]


@dataclass
class WebServer:
    port: int

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """A body that is several pieces is sent in chunks."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE)) as line:
            line.request(
                method, path, body, {"Content-Type": "application/json", **(headers or {})}
            )
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[WebServer]:
    server = WebServer(free_port())
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=connection.settings_dict["NAME"])
    bind = f"--bind=127.0.0.1:{server.port}"
    origins = {"IGNY8_CORS_ORIGINS": f"{APP}, {OTHER}"}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "gunicorn", "--workers=1", bind, "console.wsgi"],
        cwd=ROOT,
        env={**os.environ, **origins, "DATABASE_URL": database.geturl()},
    )
    try:
        wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def wait_for(server: WebServer, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            server.call("GET", "/healthz")
            return
        time.sleep(0.1)
    raise AssertionError("the web server did not start")


class TestChunked:
    @pytest.fixture
    def site(self, committed_world: World) -> Site:
        site = make_site(committed_world.home)
        new_key(site)
        return site

    def test_a_leaked_key_ends_when_that_is_asked_for(
        self, server: WebServer, committed_world: World, site: Site
    ) -> None:
        answer = server.call(
            "POST",
            f"/api/v1/sites/{site.pk}/api-key/",
            body=[b'{"overlap', b'_hours": 0}'],
            headers=dict(by_token(committed_world.alice).headers),
        )

        assert answer.status == 201
        leaked = ApiKey.objects.filter(site=site).earliest("created_at")
        assert not leaked.works(timezone.now())

    def test_a_large_body_is_refused(self, server: WebServer, committed_world: World) -> None:
        answer = server.call(
            "POST",
            "/api/v1/credits/check/",
            body=[b" " * 100_000] * 11,
            headers=dict(by_token(committed_world.alice).headers),
        )

        assert answer.code == "payload_too_large"

    def test_what_is_wrongly_chunked_is_refused(
        self, server: WebServer, committed_world: World
    ) -> None:
        headers = {**by_token(committed_world.alice).headers, "Transfer-Encoding": "chunked"}

        answer = server.call("POST", "/api/v1/credits/check/", body=b"no size\r\n", headers=headers)

        assert answer.code == "validation_error"


class TestCors:
    """What a browser is told about pages of other origins."""

    PREFLIGHT = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }

    @pytest.mark.parametrize("origin", [APP, OTHER])
    def test_an_origin_that_is_named_may_ask(self, server: WebServer, origin: str) -> None:
        headers = {"Origin": origin, **self.PREFLIGHT}

        answer = server.call("OPTIONS", "/api/v1/credits/deduct/", headers=headers)

        assert (answer.status, answer.body) == (200, b"")
        assert cors(answer) == {
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
            "access-control-allow-headers": "authorization, content-type, idempotency-key, "
            "x-account",
            "access-control-expose-headers": "Idempotent-Replayed, Retry-After, X-Request-Id",
            "access-control-max-age": "86400",
        }
        assert answer.headers["X-Request-Id"]

    def test_it_may_use_every_method_that_there_is(self) -> None:
        assert set(CORS_ALLOW_METHODS) == {method for method, _ in operations()}

    @pytest.mark.parametrize("path", ["account/", "nowhere/"])
    def test_and_may_read_what_is_answered(
        self, server: WebServer, committed_world: World, path: str
    ) -> None:
        headers = {**by_token(committed_world.alice).headers, "Origin": APP}

        answer = server.call("GET", f"/api/v1/{path}", headers=headers)

        assert answer.status in (200, 404)
        assert cors(answer) == {
            "access-control-allow-origin": APP,
            "access-control-expose-headers": "Idempotent-Replayed, Retry-After, X-Request-Id",
        }

    def test_also_what_is_refused_before_any_view(self, server: WebServer) -> None:
        headers = {"Origin": APP, "Host": "evil.example"}

        answer = server.call("GET", "/api/v1/plans/", headers=headers)

        assert answer.status == 400
        assert cors(answer)["access-control-allow-origin"] == APP

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "http://app.example.com",
            "https://app.example.com.evil.example",
            "https://app.example.com:8443",
            "null",
        ],
    )
    @pytest.mark.parametrize("method", ["OPTIONS", "GET"])
    def test_a_foreign_one_is_told_nothing(
        self, server: WebServer, method: str, origin: str
    ) -> None:
        headers = {"Origin": origin, **self.PREFLIGHT}

        assert cors(server.call(method, "/api/v1/plans/", headers=headers)) == {}

    @pytest.mark.parametrize("path", ["/admin/login/", "/api/schema/", "/api/docs/", "/healthz"])
    def test_nor_is_anybody_elsewhere(self, server: WebServer, path: str) -> None:
        assert cors(server.call("GET", path, headers={"Origin": APP})) == {}


def cors(answer: Answer) -> dict[str, str]:
    return {
        name.lower(): text
        for name, text in answer.headers.items()
        if name.lower().startswith("access-control-")
    }


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("x" * 4_200, {}, 414),
        ("", {"X-Long": "x" * 8_200}, 431),
        ("", {f"X-{number}": "x" for number in range(101)}, 431),
        ("", {"Content-Length": "many"}, 400),
        ("", {"Transfer-Encoding": "chunked", "Content-Length": "1"}, 400),
        ("", {"Transfer-Encoding": "unknown"}, 501),
    ],
)
def test_what_the_server_refuses_by_itself_is_no_problem(
    server: WebServer, path: str, headers: dict[str, str], status: int
) -> None:
    """As docs/api.md says: these never reach the application."""
    answer = server.call("GET", f"/api/v1/plans/{path}", headers=headers)

    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html")
