"""The e-mail that tells an invited person their token; nobody else is told."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.mail import send_mail

from tenancy.services.invitations import Invitation

TEXT = """Hello,

you are invited to work on “{account}” in IGNY8.

Choose a password here:
{address}

The link works once, for a few days. If you did not expect it, ignore it.
"""


def send(invitation: Invitation) -> None:
    """Send the invitation. The link opens the product's app, which calls auth/accept/."""
    query = urlencode({"email": invitation.user.email, "token": invitation.token})
    send_mail(
        subject=f"You are invited to {_one_line(invitation.user.account.name)}",
        message=TEXT.format(
            account=invitation.user.account.name, address=f"{settings.APP_URL}/join?{query}"
        ),
        from_email=None,
        recipient_list=[invitation.user.email],
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
