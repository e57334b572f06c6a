"""Every answer carries its id and the headers; every request knows where it came from."""

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from console import middleware
from tenancy import context
from tests.conftest import World


def see(request: HttpRequest) -> tuple[context.RequestContext, HttpResponse]:
    """Run a request through, and return what the view saw and what was answered."""
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(context.current())
        return HttpResponse()

    return seen, middleware.RequestIdMiddleware(view)(request)


def test_the_view_and_the_answer_share_the_id(rf: RequestFactory) -> None:
    request = rf.get("/admin/", REMOTE_ADDR="203.0.113.9")

    [here], response = see(request)

    assert here == context.RequestContext(
        door="console", request_id=response["X-Request-Id"], ip="203.0.113.9"
    )
    assert request.id == here.request_id
    assert context.current().request_id == ""


@pytest.mark.parametrize(
    ("path", "door"), [("/api/v1/plans/", "api"), ("/apis/", "console"), ("/", "console")]
)
def test_the_door(rf: RequestFactory, path: str, door: str) -> None:
    [here], _ = see(rf.get(path))

    assert here.door == door


def test_an_id_sent_by_the_caller_is_not_taken(rf: RequestFactory) -> None:
    [here], _ = see(rf.get("/", HTTP_X_REQUEST_ID="mine"))

    assert here.request_id != "mine"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "203.0.113.9"),  # anybody can write the header
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # the first is the caller's claim
        (2, "192.0.2.66, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "203.0.113.9"),  # came around the proxies
        (1, "", "203.0.113.9"),
    ],
)
def test_the_address(
    rf: RequestFactory, settings: object, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=forwarded)

    assert middleware.client_ip(request) == address


def test_no_address_on_a_socket(rf: RequestFactory) -> None:
    assert middleware.client_ip(rf.get("/", REMOTE_ADDR="")) is None


def test_the_policy_is_as_tight_as_the_screens_allow(client: Client) -> None:
    """If this fails, something was loosened: 'unsafe-eval' and inline styles are accepted debt."""
    response = client.get("/healthz")

    assert response["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]


def test_the_api_shows_nothing_to_a_browser(client: Client) -> None:
    response = client.get("/api/")

    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_view_keeps_its_own_policy(rf: RequestFactory) -> None:
    own = HttpResponse(headers={"Content-Security-Policy": "default-src 'self'"})

    response = middleware.SecurityHeadersMiddleware(lambda _: own)(rf.get("/"))

    assert response["Content-Security-Policy"] == "default-src 'self'"


@pytest.mark.parametrize(
    ("path", "cookie", "is_known"),
    [
        ("/api/v1/account/", "", False),
        ("/api/v1/account/", "other=1", False),
        ("/api/v1/account/", f"{settings.SESSION_COOKIE_NAME}=x", True),
        ("/api/docs/", "", True),
        ("/admin/login/", "", True),
    ],
)
def test_only_a_call_without_a_session_goes_past_what_keeps_one(
    db: None, client: Client, path: str, cookie: str, is_known: bool
) -> None:
    request = client.get(path, headers={"Cookie": cookie}).wsgi_request

    assert hasattr(request, "session") == is_known
    assert hasattr(request, "_messages") == is_known


def test_pages_of_other_origins_are_let_in_only_where_that_is_set(client: Client) -> None:
    assert settings.CORS_ALLOWED_ORIGINS == []
    assert not any("cors" in name for name in [*settings.MIDDLEWARE, *settings.INSTALLED_APPS])
    response = client.options(
        "/api/v1/plans/",
        headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"},
    )
    assert response.status_code == 405
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_a_nul_in_a_filter_by_a_field_is_a_bad_request(world: World, client: Client) -> None:
    client.force_login(world.fiona)

    response = client.get("/admin/billing/approval/?status__exact=%00")

    assert response.status_code == 400
    assert response["X-Request-Id"]
    assert "Content-Security-Policy" in response
    assert client.get("/api/v1/plans/?%00=1").json()["code"] == "validation_error"


def test_a_form_that_is_too_old_says_what_to_do(db: None) -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/admin/login/", {"username": "a", "password": "b"})

    assert response.status_code == 403
    assert "load the page again" in response.content.decode()
