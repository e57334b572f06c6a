"""How often an account may call; whoever has none is counted by address."""

import math

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from tenancy import context
from tenancy.addresses import counted_as
from tenancy.api import identity
from tenancy.api.counters import count
from tenancy.models import User

OF_ACCOUNT = "{scope}:account:"


def person_counted(request: Request, user_id: int) -> User | None:
    """Who calls, and the call counted for their account in the same round trip.

    So whoever is known is counted for their account, also when they are refused.
    """
    # No view or no such operation: nothing is counted.
    operation = getattr(request.parser_context.get("view"), "operation", None)
    if operation is None or settings.DEBUG or settings.REDIS_URL:
        return identity.person(user_id)
    user, request.counted = identity.counted_person(
        user_id,
        key=OF_ACCOUNT.format(scope=operation.scope),
        seconds=settings.API_RATES[operation.scope].seconds,
    )
    return user


class AccountScopedRateThrottle(BaseThrottle):
    """Nobody is exempt for being signed in. Off only while debugging.

    The scopes and their rates are in settings.API_RATES; an operation names its scope.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        if settings.DEBUG:
            return True
        rate = settings.API_RATES[view.operation.scope]
        counted = request.counted or count(self.get_cache_key(request, view), seconds=rate.seconds)
        self.seconds_left = counted.seconds_left
        return counted.calls <= rate.calls

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """By the caller's own account, also when a developer acts for another one."""
        # Not request.user: after a failed sign-in, that would try again.
        account_id = getattr(getattr(request, "_user", None), "account_id", None)
        scope = view.operation.scope
        if account_id:
            return f"{OF_ACCOUNT.format(scope=scope)}{account_id}"
        return f"{scope}:address:{self.get_ident(request)}"

    def get_ident(self, request: Request) -> str:
        """Of the address as the request's context has it: forged headers were dealt with there."""
        return counted_as(context.current().ip) or "unknown"

    def wait(self) -> int:
        return max(1, math.ceil(self.seconds_left))
