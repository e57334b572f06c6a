"""Who of an account's people may be acted on, and by whom."""

from collections.abc import Iterable

from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import Account, User
from tenancy.records import lock, refuse_own_account
from tenancy.roles import Role, at_least
from tenancy.services.accounts import refuse_deleted

# They act on other accounts than their own too, by naming them.
OUR_OWN = (Role.DEVELOPER, Role.SYSTEM_BOT)


class StaffToo(NotPermitted):
    code = "staff_too"


def lock_in_account(user: User, *, by: User | None) -> None:
    """Lock a person and their account. Raises StateConflict for a person without one and for a
    deleted account, StaffToo, OwnAccount.
    """
    # Whose account is asked anew: they may have left it since the caller looked.
    user.refresh_from_db(fields=("account",))
    if user.account_id is None:
        raise StateConflict(
            f"{user.email} belongs to no account; console staff are managed under Staff.",
            current="staff",
        )
    account = user.account
    # The account's row stands for all its people: two deactivations at once must not both see
    # the other's target as the last one left.
    lock(account)
    lock(user)
    if user.account_id != account.pk:
        raise StateConflict(f"{user.email} does not belong to {account.name} any more.")
    refuse_deleted(user.account)
    refuse_own_account(by=by, account=user.account)
    refuse_staff_too(user, by=by)


def refuse_staff_too(user: User, *, by: User | None) -> None:
    """Raises StaffToo for console staff and superusers, unless a superuser or a job asks."""
    if (user.is_staff or user.is_superuser) and not (by is None or by.is_superuser):
        raise StaffToo(
            f"{user.email} is more than a customer's user: console staff or superuser. "
            "Only a superuser changes that person here.",
            user=user.email,
        )


def is_let_by_the_door(by: User | None) -> bool:
    """Jobs, staff, developers and bots: what they may do is decided at the door."""
    return by is None or by.is_staff or by.role in OUR_OWN


def refuse_above(*, by: User | None, account: Account, roles: Iterable[str]) -> None:
    """An account's own people act on nobody above themselves, and raise nobody above themselves.

    Raises NotPermitted, also for somebody of another account.
    """
    if is_let_by_the_door(by):
        return
    above = [role for role in roles if not at_least(by.role, role)]
    if by.account_id == account.pk and not above:
        return
    is_ours = any(role in OUR_OWN for role in above)
    whom = "our support" if is_ours else f"somebody with a higher role in {account.name}"
    raise NotPermitted(
        f"You cannot do this as {by.get_role_display().lower() or 'somebody without an account'}; "
        f"ask {whom}.",
        **({"required": above[0]} if above else {}),
    )


def refuse_owner(user: User) -> None:
    """Raises StateConflict for the person who owns their account."""
    if user.account.owner_id == user.pk:
        raise StateConflict(
            f"{user.email} owns {user.account.name}. Make somebody else the account's owner first.",
            current=user.role,
        )
