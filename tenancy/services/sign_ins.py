"""That somebody signed in: kept in the audit, where their account's timeline tells it."""

from tenancy.models import User
from tenancy.records import record


def signed_in(user: User) -> None:
    """The door says where: the console, or the product through the API."""
    record("signed_in", by=user, reason="Signed in.", target=user, account=user.account)
