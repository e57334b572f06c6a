"""The OpenAPI description, read from each operation's declaration."""

import re
from collections import defaultdict

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_doc
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from tenancy.api.calls import Caller, Key, Operation
from tenancy.api.codes import Code
from tenancy.api.gate import OF_THE_BLOCKED
from tenancy.api.problems import CONTENT_TYPE, REPLAYED
from tenancy.api.shapes import Answer, Body, Nothing

CODES = [(str(code), code.title) for code in Code]
HEADER = OpenApiParameter.HEADER
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Api-Key <key>`: a site's key, for wordpress/ only.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "Somebody signed in on this host; unsafe methods need X-CSRFToken.",
    },
}
SCHEMES_OF = {
    Caller.ANYBODY: (),
    Caller.PERSON: ("token", "session"),
    Caller.SITE: ("apiKey",),
}
ALWAYS = (Code.NOT_ACCEPTABLE, Code.RATE_LIMITED, Code.INTERNAL_ERROR, Code.TEMPORARILY_UNAVAILABLE)
OF_A_BODY = (Code.VALIDATION_ERROR, Code.PAYLOAD_TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE)
# Every kind of credential is looked at wherever one is needed, also where another kind is.
OF_WHO_CALLS = (
    Code.NOT_AUTHENTICATED,
    Code.INVALID_API_KEY,
    Code.TOKEN_EXPIRED,
    Code.TOKEN_INVALID,
    Code.USER_INACTIVE,
    Code.SITE_INACTIVE,
    Code.PERMISSION_DENIED,
    Code.CSRF_FAILED,
    Code.NOT_FOUND,  # an X-Account that names nobody
)
OF_KEY = {
    Key.IGNORED: (),
    Key.ACCEPTED: (Code.IDEMPOTENCY_IN_PROGRESS, Code.IDEMPOTENCY_KEY_REUSED),
    Key.NEEDED: (
        Code.IDEMPOTENCY_KEY_REQUIRED,
        Code.IDEMPOTENCY_IN_PROGRESS,
        Code.IDEMPOTENCY_KEY_REUSED,
    ),
}


class FaultAnswer(Answer):
    """What is wrong with one place of the request: one of pointer, parameter and header says
    which.
    """

    pointer = serializers.CharField(required=False, help_text="JSON pointer into the body.")
    parameter = serializers.CharField(required=False, help_text="Name of a query parameter.")
    header = serializers.CharField(required=False, help_text="Name of a header.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemAnswer(Answer):
    """problem+json (RFC 9457). Some codes bring further members, such as `available`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(CODES)
    detail = serializers.CharField()
    instance = serializers.CharField(required=False, help_text="The request's id; not in a 404.")
    errors = FaultAnswer(many=True, required=False)


class ApiSchema(AutoSchema):
    @property
    def declared(self) -> Operation:
        return getattr(self.view, self.method.lower()).operation

    def is_excluded(self) -> bool:
        return not hasattr(getattr(self.view, self.method.lower(), None), "operation")

    def get_operation_id(self) -> str:
        steps = re.sub(self.path_prefix, "", self.path).strip("/").split("/")
        words = [step.replace("-", "_") for step in steps if not step.startswith("{")]
        end = "_by_id" if steps[-1].startswith("{") else ""
        return f"{self.method.lower()}_{'_'.join(words)}{end}"

    def get_summary(self) -> str:
        return self.declared.summary

    def get_description(self) -> str:
        """The method's own words; its view's are about the code."""
        return get_doc(getattr(self.view, self.method.lower()))

    def get_request_serializer(self) -> type[Body] | None:
        return None if self.declared.body is Nothing else self.declared.body

    def get_response_serializers(self) -> dict[int, object]:
        described = self.declared.answer or OpenApiResponse(description="Done.")
        return {int(self.declared.status): described}

    def get_auth(self) -> list[dict[str, list]]:
        names = SCHEMES_OF[self.declared.caller]
        for name in names:
            self.registry.register_on_missing(
                ResolvedComponent(
                    name=name,
                    type=ResolvedComponent.SECURITY_SCHEMA,
                    object=name,
                    schema=SCHEMES[name],
                )
            )
        return [{name: []} for name in names]

    def get_override_parameters(self) -> list[object]:
        declared = self.declared
        found: list[object] = [
            _told("X-Request-Id", "Name this id when you ask about the call.", required=True),
            _told("Retry-After", "Seconds to wait.", kind=int, statuses=[409, 429, 503]),
            _told("WWW-Authenticate", "How to say who you are.", statuses=[401]),
        ]
        if declared.query is not None:
            found.append(declared.query)
        if declared.caller is Caller.PERSON:
            found.append(
                OpenApiParameter(
                    "X-Account",
                    str,
                    HEADER,
                    description="The slug of the account to act for; developers and the bot only.",
                )
            )
        if declared.key is not Key.IGNORED:
            found += [
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
                    HEADER,
                    required=declared.key is Key.NEEDED,
                    description="A new UUID for each new request, the same one for a repeat.",
                ),
            ]
        found.append(_told(REPLAYED, "`true` when an earlier call was answered so."))
        return found

    def _get_serializer_name(self, serializer: object, direction: str, *rest: object) -> str:
        # Bodies and answers are never one class, so neither needs a suffix.
        return super()._get_serializer_name(serializer, "response", *rest)

    def _get_response_bodies(self, direction: str = "response") -> dict[str, object]:
        responses = super()._get_response_bodies(direction)
        by_status: dict[int, list[Code]] = defaultdict(list)
        for code in sorted(self.codes, key=list(Code).index):
            by_status[int(code.status)].append(code)
        for status, codes in by_status.items():
            described = OpenApiResponse(
                ProblemAnswer, description=", ".join(f"`{code}`" for code in codes)
            )
            responses[str(status)] = self._get_response_for_code(
                described, str(status), media_types=[CONTENT_TYPE]
            )
        return responses

    @property
    def codes(self) -> set[Code]:
        """Every code that this operation can answer with."""
        declared = self.declared
        found = {*declared.errors, *ALWAYS, *OF_KEY[declared.key]}
        # An unknown query parameter is refused everywhere.
        found.add(Code.VALIDATION_ERROR)
        if declared.body is not None:
            found |= {*OF_A_BODY}
        if "{" in self.path:
            found.add(Code.NOT_FOUND)
        if not declared.is_public:
            # Also where the blocked may read: who names another account must not be blocked.
            found |= {*OF_WHO_CALLS, *OF_THE_BLOCKED}
        return found


def _told(
    name: str,
    description: str,
    *,
    kind: type = str,
    statuses: list[int] | None = None,
    required: bool = False,
) -> OpenApiParameter:
    """A header of the answer."""
    return OpenApiParameter(
        name,
        kind,
        HEADER,
        description=description,
        response=statuses or True,
        required=required,
    )
