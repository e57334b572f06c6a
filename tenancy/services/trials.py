"""One trial for each person: who has had one is known by their normalised e-mail, for ever."""

import hashlib
from datetime import datetime

from django.db import IntegrityError, transaction

from tenancy.emails import stored_form
from tenancy.errors import ServiceError
from tenancy.models import TrialClaim

# Their mailboxes are the same with and without dots.
DOTLESS = frozenset({"gmail.com", "googlemail.com"})


class TrialUsed(ServiceError):
    code = "trial_used"


def normalise(email: str) -> str:
    """The mailbox behind an address: its stored form without “+tag”, Gmail's without dots.

    Raises InvalidValue.
    """
    name, _, domain = stored_form(email).rpartition("@")
    name = name.partition("+")[0] or name
    if domain in DOTLESS:
        name, domain = name.replace(".", "") or name, "gmail.com"
    return f"{name}@{domain}"


def remember(*, email: str, now: datetime) -> bool:
    """Note that this person has had a trial; False when it was known.

    Of two calls at once the second waits for the first one's transaction, and is told.
    """
    email_hash = hashlib.sha256(normalise(email).encode()).hexdigest()
    try:
        with transaction.atomic():
            TrialClaim.objects.create(email_hash=email_hash, claimed_at=now)
    except IntegrityError:
        return False
    return True
