"""The browser app's tokens: access for five minutes; refresh for seven days, and only once."""

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.utils import timezone
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from tenancy.access import block_of
from tenancy.api import identity
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError
from tenancy.models import User

type Claims = Mapping[str, object]

# Changes with the password and when somebody is locked out, and so ends every token made before.
MARK_CLAIM = "pwd"
# In a token made while the account was blocked: which block it was.
BLOCK_CLAIM = "block"
LONGEST_TOKEN = 2_000  # characters; ours have a quarter of that

# Of several calls with one token, the database lets exactly one insert this row.
CLAIM = """
INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at)
SELECT id, now() FROM token_blacklist_outstandingtoken WHERE jti = %s
ON CONFLICT (token_id) DO NOTHING RETURNING id
"""


def issue(user: User) -> dict[str, str]:
    """A new pair of tokens."""
    refresh = RefreshToken()
    refresh["user_id"] = str(user.pk)
    refresh[MARK_CLAIM] = mark_of(user)
    if block := block_of(user.account, now=timezone.now()):
        refresh[BLOCK_CLAIM] = block
    OutstandingToken.objects.create(
        user=user,
        jti=refresh["jti"],
        # Its id is enough to know it again; whoever reads the table cannot sign in with it.
        token="",
        created_at=refresh.current_time,
        expires_at=datetime_from_epoch(refresh["exp"]),
    )
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def mark_of(user: User) -> str:
    return hashlib.sha256(f"{user.password}{user.token_stamp}".encode()).hexdigest()[:16]


def person_of(token: Claims, *, find: Callable[[int], User | None] = identity.person) -> User:
    """The user of a valid token, as they stand now. Raises ApiError."""
    user_id = str(token.get("user_id", ""))
    user = find(int(user_id)) if user_id.isdecimal() and len(user_id) < 19 else None
    if user is None:
        raise ApiError(Code.TOKEN_INVALID)
    if not user.is_active:
        raise ApiError(Code.USER_INACTIVE)
    if token.get(MARK_CLAIM) != mark_of(user):
        raise ApiError(Code.TOKEN_INVALID)
    return user


def is_of_this_block(token: Claims, user: User) -> bool:
    """Whether it was made during the block that the account is under now."""
    block = block_of(user.account, now=timezone.now())
    return bool(block) and token.get(BLOCK_CLAIM) == block


def read_access(text: str) -> Claims:
    """What a valid access token says. Raises ApiError with token_expired or token_invalid."""
    claims = _checked(_known_access, text)
    if claims["exp"] <= time.time():
        raise ApiError(Code.TOKEN_EXPIRED)
    return claims


def read_refresh(text: str) -> Claims:
    """The same of a refresh token. Whether it is still unused, only `claim` says."""
    return _checked(_refresh, text)


# A browser sends one access token for minutes. Its signature is checked once in a process; that it
# has not expired, and that its user may still use it, on every request.
@lru_cache(maxsize=4_096)
def _known_access(text: str, signing_key: str) -> Claims:
    return AccessToken(text).payload


def _refresh(text: str, signing_key: str) -> Claims:
    return RefreshToken(text).payload


def _checked(read: Callable[[str, str], Claims], text: str) -> Claims:
    if len(text) > LONGEST_TOKEN:
        raise ApiError(Code.TOKEN_INVALID)
    try:
        return read(text, api_settings.SIGNING_KEY)
    except ExpiredTokenError:
        raise ApiError(Code.TOKEN_EXPIRED) from None
    except (TokenError, ValueError, TypeError, OverflowError):
        raise ApiError(Code.TOKEN_INVALID) from None


def claim(token: Claims) -> None:
    """Use up a refresh token. Raises ApiError unless this call is the one that did."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [token["jti"]])
        if cursor.fetchone() is None:
            raise ApiError(Code.TOKEN_INVALID)


def forget_expired(*, now: datetime) -> int:
    """Remove what is known of tokens that could not be used any more anyway."""
    removed, _ = OutstandingToken.objects.filter(expires_at__lte=now).delete()
    return removed
