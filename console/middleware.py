"""What every request and answer carries: an id, the caller's address, its headers."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, SuspiciousOperation
from django.http import HttpRequest, HttpResponse

from tenancy import context
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError, answer

type View = Callable[[HttpRequest], HttpResponse]

# Alpine needs 'unsafe-eval', Unfold's theme colors need inline styles. Nothing else is loosened.
CONSOLE_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ]
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
IN_THE_CLEAR = (
    "Call this over https. A token, key or password that was sent without it may have been read on "
    "the way: get a new one."
)
# What a page of ours never asks the browser for.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"]
)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def client_ip(request: HttpRequest) -> str | None:
    """Return the caller's address.

    Each proxy appends the address it was called from to X-Forwarded-For, so with n proxies of ours
    the n-th from the right is the last one that a caller cannot write. Fewer entries than proxies
    means the request went around them: then only the connection itself is believed.
    """
    direct = request.META.get("REMOTE_ADDR") or None
    if not settings.TRUSTED_PROXIES:
        return direct
    hops = [
        hop.strip()
        for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if hop.strip()
    ]
    if len(hops) < settings.TRUSTED_PROXIES:
        return direct
    return hops[-settings.TRUSTED_PROXIES]


class RequestIdMiddleware:
    """Names the request. Audit events, log lines and the answer all carry the same id."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = secrets.token_hex(16)
        here = context.RequestContext(
            door="api" if is_api(request) else "console",
            request_id=request.id,
            ip=client_ip(request),
        )
        with context.use(here):
            response = self.get_response(request)
        response["X-Request-Id"] = request.id
        return response


class HttpsMiddleware:
    """Refuses a call of the API over http, where a page would be redirected: followed silently, a
    redirect would leave the token in the clear on every call, and nobody would notice.
    """

    def __init__(self, get_response: View) -> None:
        if not settings.SECURE_SSL_REDIRECT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_api(request) and not request.is_secure():
            return answer(ApiError(Code.HTTPS_REQUIRED, IN_THE_CLEAR), request)
        return self.get_response(request)


class NulMiddleware:
    """Answers 400 to a NUL in a list's filter by a field: those alone ask the database as it is."""

    in_lookup = re.compile(r"__[a-z_]+=[^&]*%00")

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.in_lookup.search(request.META.get("QUERY_STRING", "")) and not is_api(request):
            raise SuspiciousOperation("NUL in a filter")
        return self.get_response(request)


class SecurityHeadersMiddleware:
    """Adds what Django 5.2 does not send itself. A view that sets its own policy keeps it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = API_POLICY if is_api(request) else CONSOLE_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
