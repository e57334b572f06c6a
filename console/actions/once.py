"""A form's one-time token: what was done once is not done again by a double click."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from console.models import OneTimeToken
from tenancy.errors import StateConflict
from tenancy.models import User


@dataclass(frozen=True)
class Outcome:
    """What the verb answered; `repeated` when an earlier POST of the same form did it."""

    message: str
    repeated: bool


class TokenMisused(StateConflict):
    code = "token_misused"


@transaction.atomic
def once(*, token: UUID, by: User, verb: str, target: str, perform: Callable[[], str]) -> Outcome:
    """Run `perform` (which returns its message) unless this token was used; all in one transaction.

    A second POST at the same moment waits for the first one's commit. A refusal leaves the token
    unused, so that the person can correct the form and send it again. Raises TokenMisused when
    the token was used by somebody else or for something else.
    """
    used, first = OneTimeToken.objects.get_or_create(
        token=token, defaults={"user": by, "verb": verb, "target": target}
    )
    if not first:
        if (used.user_id, used.verb, used.target) != (by.pk, verb, target):
            raise TokenMisused("This form was used already. Open it again.", current="used")
        return Outcome(message=used.message, repeated=True)
    used.message = perform()
    used.save(update_fields=["message"])
    return Outcome(message=used.message, repeated=False)
