"""One's own password: another one while signed in, or a link where it is forgotten."""

from django.contrib.auth import authenticate
from rest_framework import serializers

from tenancy.api import tokens
from tenancy.api.calls import Call, Caller, Key
from tenancy.api.fields import Email, Text
from tenancy.api.gate import Blocked
from tenancy.api.operations import operation
from tenancy.api.shapes import Answer, Body
from tenancy.api.sign_in import Tokens
from tenancy.api.views import ApiView
from tenancy.services import password_links, passwords

# One text, whether or not anybody signs in with the address.
ASKED = "If somebody signs in with this address, an e-mail with a link is on its way to them."


class PasswordBody(Body):
    old_password = Text(max_length=128, trim_whitespace=False)
    new_password = Text(max_length=128, trim_whitespace=False)


class ForgotBody(Body):
    email = Email()


class Asked(Answer):
    detail = serializers.CharField(help_text="For people; the same for every address.")


class PasswordView(ApiView):
    @operation(
        "Change one's password",
        scope="auth",
        body=PasswordBody,
        answer=Tokens,
        blocked=Blocked.READS,
        # The answer holds tokens; it is kept nowhere.
        key=Key.IGNORED,
    )
    def post(self, call: Call) -> dict[str, str]:
        """Every session and token of the caller's ends, this call's too: go on with the new pair.

        Wrong old passwords count as wrong logins do.
        """
        request = call.request._request
        shown = authenticate(request, username=call.user.email, password=call.data["old_password"])
        # Or the middleware of axes would replace our answer by a page.
        request.axes_locked_out = False
        if shown is None:
            raise passwords.wrong_password()
        return tokens.issue(passwords.change(user=shown, password=call.data["new_password"]))


class ForgotView(ApiView):
    @operation(
        "Ask for a new password",
        caller=Caller.ANYBODY,
        scope="auth",
        body=ForgotBody,
        answer=Asked,
        status=202,
    )
    def post(self, call: Call) -> dict[str, str]:
        """An e-mail with a link, if somebody signs in with this address; the answer is one.

        The link's token is for auth/accept/. One e-mail in five minutes.
        """
        password_links.forgotten(email=call.data["email"])
        return {"detail": ASKED}
