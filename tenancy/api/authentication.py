"""Three ways to say who calls. Each asks `tenancy.access` on every request and fails closed."""

from functools import partial

from django.http import QueryDict
from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from tenancy.api import gate, identity, throttling, tokens
from tenancy.api.codes import Code
from tenancy.api.problems import CHALLENGE, ApiError
from tenancy.models import ApiKey, User
from tenancy.services.api_keys import hash_key

USE_NOTED_EVERY = 60  # seconds


class SiteKey:
    """Stands where a person would: a site calls, not its owner. It has no role and no rights."""

    is_active = True
    is_authenticated = True
    role = ""

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.account_id = key.account_id

    def __str__(self) -> str:
        return str(self.key)


def credentials(request: Request, scheme: str) -> str | None:
    """What follows the scheme in `Authorization`; None when another scheme or nothing is there."""
    word, _, rest = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return rest.strip() if word.lower() == scheme else None


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <access token>`: a person, in one query."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        text = credentials(request, "bearer")
        if text is None:
            return None
        find = partial(throttling.person_counted, request)
        user = tokens.person_of(tokens.read_access(text), find=find)
        request.account = gate.account_of(request, user, unknown=Code.TOKEN_INVALID)
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Api-Key <key>`: a WordPress site, in one query; for wordpress/ only."""

    def authenticate(self, request: Request) -> tuple[SiteKey, str] | None:
        text = credentials(request, "api-key")
        if text is None:
            return None
        now = timezone.now()
        key = identity.key(hash_key(text)) if text.isascii() and len(text) < 200 else None
        if key is None or not key.works(now):
            raise ApiError(Code.INVALID_API_KEY)
        # Whatever is open to the people of a blocked account, nothing is to its keys.
        gate.admit(key.account, blocked=gate.Blocked.REFUSED, unknown=Code.INVALID_API_KEY)
        if not key.site.is_active:
            raise ApiError(Code.SITE_INACTIVE)
        if "HTTP_X_ACCOUNT" in request.META:
            raise ApiError(Code.PERMISSION_DENIED, "An API key acts for its own site only.")
        identity.touch(key, now=now, every=USE_NOTED_EVERY)
        request.account, request.site = key.account, key.site
        return SiteKey(key), "api_key"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of somebody signed in on this host; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        signed_in = getattr(request._request, "user", None)
        if signed_in is None or not signed_in.is_authenticated:
            return None
        try:
            self.enforce_csrf(request)
        except PermissionDenied:
            raise ApiError(Code.CSRF_FAILED) from None
        user = throttling.person_counted(request, signed_in.pk)
        if user is None or not user.is_active:
            raise ApiError(Code.NOT_AUTHENTICATED)
        request.account = gate.account_of(request, user, unknown=Code.NOT_AUTHENTICATED)
        return user, "session"

    def enforce_csrf(self, request: Request) -> None:
        """By the header alone: to look for the token in the body would be to parse the body, before
        anybody knows who is calling, and whether they may.
        """
        request._request.POST = QueryDict()
        super().enforce_csrf(request._request)
