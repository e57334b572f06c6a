"""Signing in and out: login, refresh, logout, me."""

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.utils import timezone
from rest_framework import serializers

from tenancy import access
from tenancy.api import gate, identity, tokens
from tenancy.api.calls import Call, Caller
from tenancy.api.codes import Code
from tenancy.api.fields import Email, Text
from tenancy.api.gate import OF_THE_BLOCKED, Blocked
from tenancy.api.operations import operation
from tenancy.api.people import AccountSummary, UserAnswer
from tenancy.api.problems import ApiError
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView
from tenancy.models import User
from tenancy.services import password_links, sign_ins

# One text for every reason, a lock after too many tries included.
WRONG_LOGIN = (
    "E-mail or password is wrong. After five wrong passwords a login rests for 15 minutes, "
    "then also with the right one."
)


class LoginBody(Body):
    email = Email()
    password = Text(max_length=128, trim_whitespace=False)


class RefreshBody(Body):
    refresh = Text(max_length=tokens.LONGEST_TOKEN)


class AcceptBody(Body):
    email = Email()
    token = Text(help_text="From the e-mail with the link.")
    password = Text(max_length=128, trim_whitespace=False)


class Tokens(Answer):
    access = serializers.CharField(help_text="For `Authorization: Bearer …`, for five minutes.")
    refresh = serializers.CharField(help_text="For auth/refresh/, for seven days and once.")


class SignedIn(Tokens):
    user = UserAnswer()
    account = AccountSummary()


class Me(Answer):
    user = UserAnswer()
    account = AccountSummary()


class LoginView(ApiView):
    @operation(
        "Sign in",
        caller=Caller.ANYBODY,
        scope="auth",
        body=LoginBody,
        answer=SignedIn,
        errors=[Code.INVALID_CREDENTIALS],
    )
    def post(self, call: Call) -> dict[str, object]:
        """Also for an account that is suspended or cancelled: it must see why, and how to pay."""
        request = call.request._request
        # axes counts wrong passwords by e-mail and address, and refuses here while it rests.
        user = authenticate(request, username=call.data["email"], password=call.data["password"])
        # Its middleware would replace our answer by a page.
        request.axes_locked_out = False
        found = identity.person(user.pk) if user is not None else None
        if found is None or not _has_account(found):
            raise ApiError(Code.INVALID_CREDENTIALS, WRONG_LOGIN)
        user_logged_in.send(sender=User, request=request, user=user)
        sign_ins.signed_in(found)
        return signed_in(found)


class RefreshView(ApiView):
    @operation(
        "Exchange a refresh token for a new pair",
        caller=Caller.ANYBODY,
        scope="auth",
        body=RefreshBody,
        answer=Tokens,
        errors=[Code.TOKEN_EXPIRED, Code.TOKEN_INVALID, Code.USER_INACTIVE, *OF_THE_BLOCKED],
    )
    def post(self, call: Call) -> dict[str, str]:
        """A token works once; of several calls with it, one gets the new pair. While the account
        is blocked, only those work that were given out since."""
        token = tokens.read_refresh(call.data["refresh"])
        user = tokens.person_of(token)
        # Who signed in during the block goes on reading why, and how to pay.
        blocked = Blocked.READS if tokens.is_of_this_block(token, user) else Blocked.REFUSED
        gate.admit(user.account, blocked=blocked, unknown=Code.TOKEN_INVALID)
        tokens.claim(token)
        return tokens.issue(user)


class LogoutView(ApiView):
    @operation(
        "Sign out",
        caller=Caller.ANYBODY,
        scope="auth",
        body=RefreshBody,
        status=204,
        errors=[Code.TOKEN_EXPIRED, Code.TOKEN_INVALID],
    )
    def post(self, call: Call) -> None:
        """The refresh token ends now; the access token made with it ends within five minutes."""
        tokens.claim(tokens.read_refresh(call.data["refresh"]))


class AcceptView(ApiView):
    @operation(
        "Choose a password by a link",
        caller=Caller.ANYBODY,
        scope="auth",
        body=AcceptBody,
        answer=SignedIn,
    )
    def post(self, call: Call) -> dict[str, object]:
        """The first one of who is invited, or a new one; they are signed in with it."""
        user = password_links.accept(**call.data)
        return signed_in(identity.person(user.pk))


class MeView(ApiView):
    @operation("Who am I", answer=Me, blocked=Blocked.READS)
    def get(self, call: Call) -> dict[str, object]:
        """The signed-in person, and the account their calls are for."""
        return {"user": call.user, "account": call.account}


def signed_in(user: User) -> dict[str, object]:
    """Tokens, person and account, as after signing in."""
    return {**tokens.issue(user), "user": user, "account": user.account}


def _has_account(user: User) -> bool:
    verdict = access.evaluate(user.account, now=timezone.now())
    return verdict.status != Code.INVALID_CREDENTIALS.status
