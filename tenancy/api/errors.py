"""Everything that can go wrong in a view, as problem+json. Set as DRF's exception handler."""

import logging
from collections.abc import Iterator

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from tenancy.api import problems
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError, Fault, at
from tenancy.api.refusals import error_of
from tenancy.errors import ServiceError

logger = logging.getLogger(__name__)

BY_KIND: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Code], ...] = (
    ((Http404, exceptions.NotFound), Code.NOT_FOUND),
    (exceptions.NotAuthenticated, Code.NOT_AUTHENTICATED),
    (exceptions.AuthenticationFailed, Code.TOKEN_INVALID),
    ((PermissionDenied, exceptions.PermissionDenied), Code.PERMISSION_DENIED),
    (exceptions.MethodNotAllowed, Code.METHOD_NOT_ALLOWED),
    (exceptions.NotAcceptable, Code.NOT_ACCEPTABLE),
    (exceptions.UnsupportedMediaType, Code.UNSUPPORTED_MEDIA_TYPE),
    (RequestDataTooBig, Code.PAYLOAD_TOO_LARGE),
    ((OperationalError, InterfaceError), Code.TEMPORARILY_UNAVAILABLE),
)


def handle(exc: Exception, context: dict[str, object]) -> Response | None:
    """Answer an exception of a view. None for a bug: then console.errors answers 500."""
    error = translate(exc)
    if error is None:
        return None
    if error.code is Code.TEMPORARILY_UNAVAILABLE:
        logger.error("%s", exc, exc_info=exc)
    set_rollback()
    request = context["request"]
    return Response(
        problems.body(error, getattr(request, "id", "")),
        status=error.code.status,
        headers=problems.headers(error),
        content_type=problems.CONTENT_TYPE,
    )


def translate(exc: Exception) -> ApiError | None:
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, ServiceError):
        return error_of(exc)
    if isinstance(exc, exceptions.ValidationError):
        return problems.invalid(faults(exc.get_full_details()))
    if isinstance(exc, exceptions.Throttled):
        seconds = max(1, int(exc.wait or 1))
        return ApiError(Code.RATE_LIMITED, f"Try again in {seconds} seconds.", retry_after=seconds)
    for kinds, code in BY_KIND:
        if isinstance(exc, kinds):
            retry_after = 1 if code is Code.TEMPORARILY_UNAVAILABLE else None
            return ApiError(code, retry_after=retry_after)
    return None


def faults(details: object, pointer: str = "") -> Iterator[Fault]:
    """DRF's nested details as a flat list, each with the JSON pointer of its place."""
    if isinstance(details, dict) and {"message", "code"} == set(details):
        yield at(pointer, str(details["code"]), str(details["message"]))
    elif isinstance(details, dict):
        for name, inner in details.items():
            whole = name == "non_field_errors"
            yield from faults(inner, pointer if whole else f"{pointer}/{escaped(str(name))}")
    elif isinstance(details, list):
        flat = all(isinstance(item, dict) and "message" in item for item in details)
        for index, inner in enumerate(details):
            if inner:
                yield from faults(inner, pointer if flat else f"{pointer}/{index}")


def escaped(name: str) -> str:
    """A member's name as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
