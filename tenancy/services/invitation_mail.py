"""The e-mail that tells an invited person their token; nobody else is told.

It is sent at once and not by the worker: the token must not lie in the task queue.
"""

from urllib.parse import urlencode

from django.conf import settings

from tenancy.services import mails
from tenancy.services.invitations import Invitation


def send(invitation: Invitation) -> None:
    """Send the invitation. The link opens the product's app, which calls auth/accept/."""
    query = urlencode({"email": invitation.user.email, "token": invitation.token})
    facts = {
        "account": mails.short_name(invitation.user.account),
        "address": f"{settings.APP_URL}/join?{query}",
    }
    mails.hand_over(mails.render("invitation", facts), invitation.user.email)
