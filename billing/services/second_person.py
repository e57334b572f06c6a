"""The second pair of eyes of a verb above a limit: whose they may not be."""

from tenancy.errors import NotPermitted
from tenancy.models import Account, User
from tenancy.records import refuse_own_account


class SelfApproval(NotPermitted):
    code = "self_approval"


def refuse_unfit(*, by: User, approved_by: User | None, account: Account) -> None:
    """Raises OwnAccount for either person, and SelfApproval where they are the same."""
    for person in (by, approved_by):
        refuse_own_account(by=person, account=account)
    if approved_by is not None:
        refuse_same(asked_by=by, decides=approved_by)


def refuse_same(*, asked_by: User, decides: User) -> None:
    """Raises SelfApproval: superusers included."""
    if decides == asked_by:
        raise SelfApproval("You asked for this yourself. Somebody else must decide.")
