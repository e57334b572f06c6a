"""What a call is, declared on its method: who may make it, what goes in, what comes out.

The declaration does the work (rights, body, answer, idempotency), and `schema` reads the OpenAPI
description from it, so the two cannot differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps

from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenancy.api import once
from tenancy.api.calls import Call, Caller, Key, Operation
from tenancy.api.codes import Code
from tenancy.api.errors import faults
from tenancy.api.gate import Blocked
from tenancy.api.once import Content
from tenancy.api.problems import REPLAYED, invalid
from tenancy.api.shapes import Answer, Body, Nothing, checked, shaped

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Replayed:
    """A value that an earlier call with the same key made."""

    value: object


type Method = Callable[..., object]


def operation(
    summary: str,
    *,
    rights: Sequence[type[BasePermission]] = (),
    caller: Caller = Caller.PERSON,
    scope: str = "",
    body: type[Body] | None = None,
    query: type[Body] | None = None,
    answer: type[Answer] | None = None,
    status: int = 200,
    blocked: Blocked = Blocked.REFUSED,
    key: Key | None = None,
    errors: Sequence[Code] = (),
) -> Callable[[Method], Method]:
    """Declare a view's method. It is called with a Call and the ids of its path, and returns the
    value that `answer` shapes (None where the answer has no body).
    """

    def decorate(method: Method) -> Method:
        verb = method.__name__.upper()
        declared = Operation(
            method=verb,
            summary=summary,
            caller=caller,
            rights=(*caller.value, *rights),
            scope=scope or ("write" if verb in UNSAFE else "read"),
            body=(body or Nothing) if verb in UNSAFE else None,
            query=query,
            answer=answer,
            status=status,
            blocked=blocked,
            key=key
            or (Key.IGNORED if caller is Caller.ANYBODY or verb != "POST" else Key.ACCEPTED),
            errors=tuple(errors),
        )

        @wraps(method)
        def handler(view: object, request: Request, **ids: str) -> HttpResponse:
            def perform(call: Call) -> tuple[object, bool]:
                value = method(view, call, **ids)
                replayed = isinstance(value, Replayed)
                value = value.value if replayed else value
                return (None if answer is None else shaped(answer, value)), replayed

            content, code, replayed = once.perform(declared, _call(declared, request), perform)
            headers = {REPLAYED: "true"} if replayed else None
            return _answer(content, request, status=code, headers=headers)

        handler.operation = declared
        return handler

    return decorate


def _answer(
    content: Content, request: Request, *, status: int, headers: dict[str, str] | None
) -> HttpResponse:
    """As DRF would, but at once: its Response is a template's, rendered on the way out."""
    if content is None:
        answer = HttpResponse(status=status, headers=headers)
        del answer["Content-Type"]
        return answer
    renderer = request.accepted_renderer
    body = renderer.render(content, request.accepted_media_type)
    return HttpResponse(body, content_type=renderer.media_type, status=status, headers=headers)


def _call(declared: Operation, request: Request) -> Call:
    query = _query(declared, request)
    if declared.body is None:
        return Call(request, {}, query)
    given = request.data
    # DRF gives an empty form for a request without a body.
    data = checked(declared.body, {} if _is_empty(given) else given)
    if declared.key is Key.IGNORED:
        return Call(request, data, query)
    key = once.key_of(request, needed=declared.key is Key.NEEDED)
    return Call(request, data, query, key, once.fingerprint_of(request, given) if key else "")


def _query(declared: Operation, request: Request) -> dict[str, object]:
    if not request.META.get("QUERY_STRING") and declared.query is None:
        return {}
    try:
        return checked(declared.query or Nothing, request.query_params.dict())
    except ValidationError as wrong:
        raise invalid(
            {"parameter": fault["pointer"].removeprefix("/"), **_but_pointer(fault)}
            for fault in faults(wrong.get_full_details())
        ) from None


def _but_pointer(fault: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fault.items() if name != "pointer"}


def _is_empty(data: object) -> bool:
    return hasattr(data, "getlist") and not data
