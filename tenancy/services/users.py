"""An account's people: their role, and whether they may sign in."""

import secrets
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from tenancy.errors import InvalidValue, NotPermitted, ServiceError, StateConflict
from tenancy.models import Account, User
from tenancy.records import (
    change,
    clean_reason,
    lock,
    record,
    refuse_own_account,
    save_with_history,
    snapshot,
)
from tenancy.roles import ASSIGNABLE, Role, at_least
from tenancy.services.accounts import refuse_deleted
from tenancy.services.limits import SEATED, refuse_another_user

# At least one of them can always sign in.
HEADS = (Role.OWNER, Role.ADMIN)
# They act on other accounts than their own too, by naming them.
OUR_OWN = (Role.DEVELOPER, Role.SYSTEM_BOT)
MAX_EMAIL = 254


class StaffToo(NotPermitted):
    code = "staff_too"


class EmailTaken(ServiceError):
    code = "email_taken"


@transaction.atomic
def add_owner(
    *,
    account: Account,
    email: str,
    password: str | None = None,
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> User:
    """Create a new account's owner; one without a (checked) password sets it later.

    Raises InvalidValue, EmailTaken, StateConflict when the account has an owner.
    """
    reason = clean_reason(reason)
    lock(account)
    if account.owner_id is not None:
        raise StateConflict(f"{account.name} is owned by {account.owner} already.", current="owned")
    user = User(email=clean_email(email), account=account, role=Role.OWNER)
    user.set_password(password)
    add(user, verb="owner_added", by=by, reason=reason, ticket_url=ticket_url)
    account.owner = user
    save_with_history(account, by=by, reason=reason, fields=("owner",))
    return user


def add(user: User, *, verb: str, by: User | None, reason: str, ticket_url: str) -> None:
    """Save a new person of an account, and record it. Raises EmailTaken."""
    try:
        with transaction.atomic():
            save_with_history(user, by=by, reason=reason)
    except IntegrityError:
        # Somebody took the address since we looked.
        clean_email(user.email)
        raise
    record(
        verb,
        by=by,
        reason=reason,
        target=user,
        account=user.account,
        after=snapshot(user, ("email", "role")),
        ticket_url=ticket_url,
    )


def clean_email(email: str) -> str:
    """A free e-mail address in its stored form (lower case). Raises InvalidValue, EmailTaken."""
    email = email_form(email)
    if User.objects.filter(email=email).exists():
        raise email_taken(email)
    return email


def email_form(email: str) -> str:
    """An address in its stored form. Not checked to be free. Raises InvalidValue."""
    email = email.strip().lower()
    if len(email) > MAX_EMAIL:
        raise InvalidValue(f"An e-mail address has at most {MAX_EMAIL} characters.", field="email")
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidValue(f"“{email}” is no e-mail address.", field="email") from None
    return email


def email_taken(email: str) -> EmailTaken:
    return EmailTaken(f"Somebody signs in as {email} already. Use another e-mail.", field="email")


@transaction.atomic
def change_role(
    *, user: User, role: Role, by: User | None, reason: str, ticket_url: str = ""
) -> User:
    """Give a user another role in their account.

    Raises InvalidValue for a role that is not handed out, StateConflict for the account's owner,
    for the last owner or admin who can sign in, for a person without an account and for the role
    held already; OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_in_account(user, by=by)
    if role not in ASSIGNABLE:
        raise InvalidValue(f"The role “{role}” is not handed out here.", field="role")
    refuse_above(by=by, account=user.account, roles=(user.role, role))
    if user.role not in ASSIGNABLE:
        raise StateConflict(
            f"{user.email} is {user.get_role_display().lower()}; that role is not changed here.",
            current=user.role,
        )
    if user.role == role:
        raise StateConflict(
            f"{user.email} is {user.get_role_display().lower()} already; nothing was changed.",
            current=user.role,
        )
    if user.account.owner_id == user.pk:
        raise StateConflict(
            f"{user.email} owns {user.account.name} and stays owner. "
            "Make somebody else the account's owner first.",
            current=user.role,
        )
    if role not in HEADS:
        _refuse_last_head(user)
    _set(user, "role", role, verb="role_changed", by=by, reason=reason, ticket_url=ticket_url)
    return user


@transaction.atomic
def deactivate(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Lock a user out at once, in every session. Their work stays; their tokens end for good.

    Raises StateConflict when they are out already or are the last owner or admin who can sign
    in; OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_in_account(user, by=by)
    refuse_above(by=by, account=user.account, roles=(user.role,))
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is deactivated already; nothing was changed.", current="deactivated"
        )
    _refuse_last_head(user)
    user.is_active = False
    user.token_stamp = secrets.token_hex(16)
    save_with_history(user, by=by, reason=reason, fields=("is_active", "token_stamp"))
    record(
        "user_deactivated",
        by=by,
        reason=reason,
        target=user,
        account=user.account,
        before={"is_active": True},
        after={"is_active": False},
        ticket_url=ticket_url,
    )
    return user


@transaction.atomic
def reactivate(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Let a deactivated user sign in again, on a seat of the plan.

    Raises StateConflict when they can already, PlanLimitReached, OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_in_account(user, by=by)
    refuse_above(by=by, account=user.account, roles=(user.role,))
    if user.is_active:
        raise StateConflict(
            f"{user.email} can sign in already; nothing was changed.", current="active"
        )
    if user.role in SEATED:
        refuse_another_user(user.account)
    _set(
        user,
        "is_active",
        True,
        verb="user_reactivated",
        by=by,
        reason=reason,
        ticket_url=ticket_url,
    )
    return user


def refuse_above(*, by: User | None, account: Account, roles: Iterable[str]) -> None:
    """An account's own people act on nobody above themselves, and raise nobody above themselves.

    Raises NotPermitted, also for somebody of another account. Jobs, staff, developers and bots
    pass: what they may do is decided at the door.
    """
    if by is None or by.is_staff or by.role in OUR_OWN:
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


def _refuse_last_head(user: User) -> None:
    heads = User.objects.filter(account_id=user.account_id, is_active=True, role__in=HEADS)
    if list(heads) == [user]:
        raise StateConflict(
            f"{user.email} is the last owner or admin of {user.account.name} who can sign in. "
            "Suspend the account instead, or make somebody else an admin first.",
            current="active",
        )


def _lock_in_account(user: User, *, by: User | None) -> None:
    # The account's row stands for all its people: two deactivations at once must not both see
    # the other's target as the last one left.
    if user.account_id is None:
        raise StateConflict(
            f"{user.email} belongs to no account; console staff are managed under Staff.",
            current="staff",
        )
    lock(user.account)
    lock(user)
    refuse_deleted(user.account)
    refuse_own_account(by=by, account=user.account)
    refuse_staff_too(user, by=by)


def refuse_staff_too(user: User, *, by: User | None) -> None:
    if (user.is_staff or user.is_superuser) and not (by is None or by.is_superuser):
        raise StaffToo(
            f"{user.email} is more than a customer's user: console staff or superuser. "
            "Only a superuser changes that person here.",
            user=user.email,
        )


def _set(
    user: User,
    field: str,
    value: object,
    *,
    verb: str,
    by: User | None,
    reason: str,
    ticket_url: str,
) -> None:
    change(
        user,
        {field: value},
        verb=verb,
        by=by,
        reason=reason,
        account=user.account,
        ticket_url=ticket_url,
    )
