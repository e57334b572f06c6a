"""Errors as problem+json (RFC 9457): one shape for whatever goes wrong under /api/."""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest, JsonResponse
from rest_framework.exceptions import APIException

from tenancy.api.codes import Code

CONTENT_TYPE = "application/problem+json"
# Says that the answer was given before, to an earlier request with the same Idempotency-Key.
REPLAYED = "Idempotent-Replayed"
# How to sign in, for the answers that ask who is calling.
CHALLENGES = {Code.INVALID_API_KEY: 'Api-Key realm="IGNY8"'}
CHALLENGE = 'Bearer realm="IGNY8"'
# A body can be wrong in a hundred thousand places. So many are named, and not all of them if long.
MOST_FAULTS = 100
MOST_TOLD = 20_000  # characters

# What an error says about one place of the request: pointer, header or parameter, code, detail.
type Fault = Mapping[str, str]


class ApiError(APIException):
    """Raised in the API's own layer. `facts` are further members of the answer."""

    def __init__(
        self,
        code: Code,
        detail: str = "",
        /,
        *,
        errors: Iterable[Fault] = (),
        retry_after: int | None = None,
        **facts: object,
    ) -> None:
        super().__init__(detail or f"{code.title}.", code)
        self.code = code
        self.status_code = code.status
        self.text = detail or f"{code.title}."
        self.errors = list(errors)
        self.retry_after = retry_after
        self.facts = facts
        self.replayed = False


def body(error: ApiError, request_id: str) -> dict[str, object]:
    """The members of the answer.

    A 404 does not name the request: another tenant's object and a missing one must give the same
    bytes. The id is in the header X-Request-Id of every answer.
    """
    members: dict[str, object] = {
        "type": f"/api/docs/errors/#{error.code}",
        "title": error.code.title,
        "status": int(error.code.status),
        "code": str(error.code),
        "detail": error.text,
    }
    if error.code is not Code.NOT_FOUND:
        members["instance"] = f"urn:request:{request_id}"
    if error.errors:
        members["errors"] = error.errors
    return members | {name: fact for name, fact in error.facts.items() if name not in members}


def headers(error: ApiError) -> dict[str, str]:
    found = {}
    if error.code.status == 401:
        found["WWW-Authenticate"] = CHALLENGES.get(error.code, CHALLENGE)
    if error.retry_after is not None:
        found["Retry-After"] = str(error.retry_after)
    if error.replayed:
        found[REPLAYED] = "true"
    return found


def answer(error: ApiError, request: HttpRequest) -> JsonResponse:
    """The same answer where no view of the API was reached."""
    return JsonResponse(
        body(error, getattr(request, "id", "")),
        status=error.code.status,
        content_type=CONTENT_TYPE,
        headers={**headers(error), "Cache-Control": "no-store"},
        # As DRF writes it: the same problem has the same bytes, whoever answers.
        json_dumps_params={"separators": (",", ":"), "ensure_ascii": False},
    )


def invalid(faults: Iterable[Fault]) -> ApiError:
    """The request is wrong in these places. Asks for no more of them than are named."""
    named: list[Fault] = []
    told = 0
    for fault in faults:
        if len(named) == MOST_FAULTS or told > MOST_TOLD:
            more = f"More is wrong than is told: errors names the first {len(named)}."
            return ApiError(Code.VALIDATION_ERROR, more, errors=named)
        named.append(fault)
        told += sum(map(len, fault.values()))
    return ApiError(Code.VALIDATION_ERROR, errors=named)


def at(pointer: str, code: str, detail: str) -> Fault:
    """A fault of the body, by JSON pointer."""
    return {"pointer": pointer, "code": code, "detail": detail}
