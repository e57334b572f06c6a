"""Signing up: always into the trial."""

from django.utils import timezone

from billing.services import registration
from tenancy.api import identity
from tenancy.api.calls import Call, Caller
from tenancy.api.fields import Email, Text
from tenancy.api.operations import operation
from tenancy.api.shapes import Body
from tenancy.api.sign_in import SignedIn, signed_in
from tenancy.api.views import ApiView


class RegisterBody(Body):
    email = Email()
    password = Text(max_length=128, trim_whitespace=False)
    account_name = Text()


class RegisterView(ApiView):
    @operation(
        "Sign up",
        caller=Caller.ANYBODY,
        scope="auth",
        body=RegisterBody,
        answer=SignedIn,
        status=201,
    )
    def post(self, call: Call) -> dict[str, object]:
        """An account in trial with its first credits, and its owner, signed in.

        An e-mail that is taken or has had its trial must be told; nothing else about it is.
        """
        user = registration.register(**call.data, now=timezone.now())
        return signed_in(identity.person(user.pk))
