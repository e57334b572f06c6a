"""Whose an account is: one of its people, and by this verb another one."""

from django.db import transaction

from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import Account, User
from tenancy.records import change, clean_reason, lock
from tenancy.roles import ASSIGNABLE, Role
from tenancy.services import person_guards


@transaction.atomic
def hand_over(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Make one of an account's people its owner; who owned it until now becomes an admin.

    Of the account's own people only its owner does this. Raises StateConflict for somebody who
    owns it already, is deactivated or has a role of our own; NotPermitted, StaffToo, OwnAccount.
    """
    reason = clean_reason(reason)
    person_guards.lock_in_account(user, by=by)
    account = user.account
    _refuse_all_but_owner(account, by=by)
    if account.owner_id == user.pk:
        raise StateConflict(
            f"{user.email} owns {account.name} already; nothing was changed.", current="owner"
        )
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is deactivated. Let them back in first.", current="deactivated"
        )
    if user.role not in ASSIGNABLE:
        raise StateConflict(
            f"{user.email} is {user.get_role_display().lower()} and owns no account.",
            current=user.role,
        )
    former = account.owner
    if former is not None:
        lock(former)
        person_guards.refuse_staff_too(former, by=by)
    who_and_why = {"by": by, "reason": reason, "account": account, "ticket_url": ticket_url}
    change(account, {"owner": user}, verb="owner_changed", **who_and_why)
    if user.role != Role.OWNER:
        change(user, {"role": Role.OWNER}, verb="role_changed", **who_and_why)
    if former is not None and former.role == Role.OWNER:
        change(former, {"role": Role.ADMIN}, verb="role_changed", **who_and_why)
    return user


def _refuse_all_but_owner(account: Account, *, by: User | None) -> None:
    if not person_guards.is_let_by_the_door(by) and by.pk != account.owner_id:
        raise NotPermitted(f"Only the owner of {account.name} makes somebody else its owner.")
