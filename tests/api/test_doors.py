"""Whatever comes to /api/, the answer is a problem: no page, no fault of ours, no redirect."""

import json
import logging

import pytest
from django.conf import LazySettings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, path

from console import urls
from tests.api.world import Caller, anybody, by_token, code_of
from tests.conftest import World

CHECK = "credits/check/"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"]


def machines_addresses() -> list[str]:
    """Where programs call: all that the site's addresses hold beside the console's own."""
    found = [f"/{str(entry.pattern).removeprefix('^')}" for entry in urls.urlpatterns]
    return [where for where in found if where.startswith(("/api/", "/healthz", "/readyz"))]


@pytest.fixture
def alice(world: World) -> Caller:
    return by_token(world.alice)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v1",
        "/api/v2/credits/",
        "/api/v1/credits",
        "/api/v1/credits/deduct",
        "/api/v1/sites/1",
        "/api/v1/%00/",
        "/api/v1/é/",
        "/api/v1/sites/1/2/3/",
        "/api/v1/" + "x" * 3000,
        "/api/schema",
    ],
)
def test_an_address_of_nothing_is_not_found(db: None, method: str, path: str) -> None:
    response = anybody().call(method, path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    if method != "HEAD":
        assert code_of(response) == "not_found"


def test_not_found_is_the_same_bytes_everywhere(alice: Caller) -> None:
    assert alice.get("nowhere/").content == alice.get("sites/7/").content


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"operation": NaN}',
        b'{"operation": Infinity}',
        b'{"units": 1e999}',
        b'{"units": ' + b"1" * 5000 + b"}",
        b'{"operation": "clustering", "operation": "clustering"}',
        b'{"operation": "a\x01"}',
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"operation": "\\u0000"}',
        b'{"operation": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"null",
        b"[]",
        b"1",
        b'"x"',
    ],
    ids=lambda body: repr(body[:25]),
)
def test_what_is_no_request_is_named(alice: Caller, body: bytes) -> None:
    response = alice.post(CHECK, body)

    assert code_of(response) == "validation_error"
    assert response.json()["errors"]
    json.dumps(response.json()).encode()


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "nonsense",
        "application/json-patch+json",
    ],
)
def test_only_json_is_read(alice: Caller, content_type: str) -> None:
    response = alice.post(CHECK, b"operation=clustering", Content_Type=content_type)

    assert code_of(response) == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"]
)
def test_json_is_read_however_it_is_called(alice: Caller, content_type: str) -> None:
    response = alice.post(CHECK, b'{"operation": "clustering"}', Content_Type=content_type)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("text/html, */*;q=0.8", 200),
        ("application/problem+json", 200),
        ("application/json, application/problem+json", 200),
        ("text/html", 406),
        ("application/xml", 406),
        ("nonsense", 406),
    ],
)
def test_only_json_is_spoken(alice: Caller, accept: str, status: int) -> None:
    response = alice.get("credits/", Accept=accept)

    assert response.status_code == status
    if status == 406:
        assert code_of(response) == "not_acceptable"


def test_a_body_over_a_megabyte_is_too_large(alice: Caller) -> None:
    fits = b'{"operation": "clustering"}'.ljust(1_000_000)

    assert alice.post(CHECK, fits).status_code == 200
    assert code_of(alice.post(CHECK, fits + b" ")) == "payload_too_large"


def test_a_body_of_nothing_may_be_left_out(alice: Caller, world: World) -> None:
    for body in (None, {}, b""):
        assert code_of(alice.post(f"users/{world.charlie.pk}/deactivate/", body)) == "not_found"
    response = alice.post(f"users/{world.bob.pk}/deactivate/", {"force": True})
    assert response.json()["errors"][0]["pointer"] == "/force"


def test_head_is_a_get_without_its_body(alice: Caller) -> None:
    response = alice.call("HEAD", "credits/")

    assert (response.status_code, response.content) == (200, b"")


def test_every_answer_says_that_nobody_keeps_it(alice: Caller) -> None:
    for response in (alice.get("credits/"), alice.get("nowhere/"), anybody().get("credits/")):
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Request-Id"]


def test_an_unknown_host_is_refused_as_a_problem(db: None) -> None:
    response = anybody().get("plans/", Host="evil.example")

    assert (response.status_code, code_of(response)) == (400, "validation_error")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", machines_addresses())
def test_no_method_of_no_address_gets_a_page(db: None, method: str, address: str) -> None:
    """A plain view beside the API's that asks for a CSRF token, or refuses in HTML, fails here."""
    response = Client(enforce_csrf_checks=True).generic(method, address)

    if method in ("GET", "HEAD") and response.status_code == 200:
        return
    assert response["Content-Type"] == "application/problem+json"
    if response.status_code != 404:
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_a_call_that_forgot_to_be_exempt_is_still_no_page(db: None) -> None:
    with override_settings(ROOT_URLCONF=__name__):
        response = Client(enforce_csrf_checks=True).post("/api/forgotten/")

    assert (response.status_code, code_of(response)) == (403, "csrf_failed")


def forgotten(request: HttpRequest) -> HttpResponse:
    raise AssertionError("it must not be called")


urlpatterns: list[URLPattern | URLResolver] = [path("api/forgotten/", forgotten)]


class TestHttps:
    """Where https is on, what comes without it."""

    @pytest.fixture
    def client(self, db: None, settings: LazySettings) -> Client:
        settings.SECURE_SSL_REDIRECT = True
        return Client()

    @pytest.mark.parametrize("path", ["/api/v1/account/", "/api/schema/", "/api/", "/api/v2/"])
    def test_a_call_is_refused_not_redirected(self, client: Client, path: str) -> None:
        response = client.get(path, headers={"Authorization": "Bearer x"})

        assert (response.status_code, code_of(response)) == (403, "https_required")
        assert "get a new one" in response.json()["detail"]
        assert response["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("path", ["/admin/", "/api/docs/", "/api/docs/errors/"])
    def test_a_page_is_redirected(self, client: Client, path: str) -> None:
        response = client.get(path)

        assert (response.status_code, response["Location"]) == (301, f"https://testserver{path}")

    def test_over_https_it_goes_through(self, client: Client) -> None:
        assert client.get("/api/v1/plans/", secure=True).status_code == 200

    def test_a_load_balancer_asks_from_inside(self, client: Client) -> None:
        assert client.get("/healthz").status_code == 200


def test_elsewhere_pages_stay_pages(db: None, settings: LazySettings) -> None:
    response = Client().get("/nowhere/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_secrets_are_in_no_log(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "igny8_canary_kestrel"
    for scheme in ("Bearer", "Api-Key"):
        Caller({"Authorization": f"{scheme} {canary}"}).get("account/")
    anybody().post("auth/login/", {"email": "alice@homeg8.example", "password": canary})
    anybody().post("auth/refresh/", {"refresh": canary})

    assert canary not in caplog.text
    assert canary not in "".join(capfd.readouterr())
