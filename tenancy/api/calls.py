"""A call of the API as it is declared, and as it comes in: the types that all of it shares."""

from dataclasses import dataclass
from enum import Enum

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenancy.api.codes import Code
from tenancy.api.gate import Blocked
from tenancy.api.permissions import HasTenantAccess, IsAuthenticatedAndActive, IsSite
from tenancy.api.shapes import Answer, Body


class Caller(Enum):
    """Who may call at all, before any role is asked for."""

    PERSON = (IsAuthenticatedAndActive, HasTenantAccess)
    SITE = (IsSite, HasTenantAccess)
    ANYBODY = ()


class Key(Enum):
    """What a call makes of the header Idempotency-Key."""

    IGNORED = "ignored"
    ACCEPTED = "accepted"  # the answer is kept for a day and given again
    NEEDED = "needed"  # the service keeps the key itself, for ever


@dataclass(frozen=True)
class Operation:
    method: str
    summary: str
    caller: Caller
    rights: tuple[type[BasePermission], ...]
    scope: str
    body: type[Body] | None
    query: type[Body] | None
    answer: type[Answer] | None
    status: int
    blocked: Blocked
    key: Key
    errors: tuple[Code, ...]

    @property
    def is_public(self) -> bool:
        return self.caller is Caller.ANYBODY

    @property
    def keeps_answers(self) -> bool:
        return self.key is Key.ACCEPTED


@dataclass(frozen=True)
class Call:
    """The checked input of one request."""

    request: Request
    data: dict[str, object]
    query: dict[str, object]
    key: str = ""
    fingerprint: str = ""

    @property
    def account(self) -> object:
        return self.request.account

    @property
    def user(self) -> object:
        return self.request.user
