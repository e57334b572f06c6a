"""The API's description, and the page that shows it. The page's scripts come from this host."""

import json
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from drf_spectacular.generators import SchemaGenerator

from console.errors import read_only
from tenancy.api.codes import Code

# Swagger UI writes styles into the page; it needs nothing else that the API's answers do not.
PAGE_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
ERRORS_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"


@read_only
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(described(), content_type="application/vnd.oai.openapi+json")


@lru_cache(maxsize=1)
def described() -> bytes:
    """Built once: a process runs one release."""
    found = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(found, separators=(",", ":")).encode()


@read_only
def page(request: HttpRequest) -> HttpResponse:
    response = render(request, "api/docs.html")
    response["Content-Security-Policy"] = PAGE_POLICY
    return response


@read_only
def errors(request: HttpRequest) -> HttpResponse:
    """Where the `type` of every problem leads."""
    response = render(request, "api/errors.html", {"codes": list(Code)})
    response["Content-Security-Policy"] = ERRORS_POLICY
    return response
