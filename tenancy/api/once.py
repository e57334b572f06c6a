"""Doing it twice changes nothing: the Idempotency-Key of a call, and its first answer again."""

import hashlib
import json
from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.request import Request

from tenancy.api.calls import Call, Caller, Operation
from tenancy.api.codes import Code
from tenancy.api.errors import translate
from tenancy.api.problems import ApiError, Fault

LONGEST_KEY = 255
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"))

type Content = dict[str, object] | None
# The call's answer, and whether an earlier call with its key gave it first.
type Work = Callable[[Call], tuple[Content, bool]]


def key_of(request: Request, *, needed: bool) -> str:
    """The caller's key, empty when there is none and none is needed. Raises ApiError."""
    given = request.META.get("HTTP_IDEMPOTENCY_KEY")
    key = (given or "").strip(" \t")
    if not key and needed:
        raise ApiError(
            Code.IDEMPOTENCY_KEY_REQUIRED,
            "Send a header Idempotency-Key: a new UUID for each new request, the same one when "
            "you repeat a request.",
        )
    if given is not None:
        # Also an empty one: whoever sends it believes to be safe.
        refuse_bad_key(key, {"header": "Idempotency-Key"})
    return key


def refuse_bad_key(key: str, place: Fault) -> None:
    """Raises ApiError, naming the place, for a key that could not be kept as it is."""
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        detail = f"A key has 1 to {LONGEST_KEY} printable ASCII characters; a UUID is best."
        fault = {**place, "code": "invalid", "detail": detail}
        raise ApiError(Code.VALIDATION_ERROR, detail, errors=[fault])


def fingerprint_of(request: Request, data: object) -> str:
    """The same for the same request, however its JSON is spaced and ordered."""
    body = _canonical.encode(data)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def perform(declared: Operation, call: Call, work: Work) -> tuple[Content, int, bool]:
    """(content, status, replayed). Where a key is merely accepted, the first answer is kept."""
    if not (call.key and declared.keeps_answers):
        content, replayed = work(call)
        return content, declared.status, replayed
    # Billing keeps the answers, in the transaction of the work; tenancy knows billing by name only.
    run = import_string(settings.API_IDEMPOTENCY)
    status, content, replayed = run(
        account=call.account,
        route=_route(declared, call),
        key=call.key,
        fingerprint=call.fingerprint,
        perform=lambda: _first_answer(declared, call, work),
    )
    if status >= 400:
        raise _refusal(content, replayed=replayed)
    return content, status, replayed


def _route(declared: Operation, call: Call) -> str:
    """Which calls of an account share their keys; the plugins of two sites know nothing of each
    other's.
    """
    # The pattern, not the path: the ids in it are part of the fingerprint.
    route = f"{call.request.method} {call.request.resolver_match.route}"
    return f"{route} of site {call.request.site.pk}" if declared.caller is Caller.SITE else route


def _first_answer(declared: Operation, call: Call, work: Work) -> tuple[int, Content]:
    try:
        content, _ = work(call)
    except Exception as exc:
        error = translate(exc)
        if error is None:
            raise
        return int(error.code.status), {
            "code": str(error.code),
            "detail": error.text,
            "errors": error.errors,
            "retry_after": error.retry_after,
            "facts": error.facts,
        }
    return declared.status, content


def _refusal(kept: dict[str, object], *, replayed: bool) -> ApiError:
    error = ApiError(
        Code(kept["code"]),
        kept["detail"],
        errors=kept["errors"],
        retry_after=kept["retry_after"],
        **kept["facts"],
    )
    error.replayed = replayed
    return error
