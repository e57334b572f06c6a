"""An account's people: their role, and whether they may sign in."""

import secrets

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import IntegrityError, transaction

from tenancy.emails import stored_form
from tenancy.errors import InvalidValue, ServiceError, StateConflict
from tenancy.models import Account, User
from tenancy.records import (
    change,
    clean_reason,
    lock,
    record,
    save_with_history,
    snapshot,
)
from tenancy.roles import ASSIGNABLE, Role
from tenancy.services.limits import SEATED, refuse_another_user
from tenancy.services.person_guards import lock_in_account, refuse_above, refuse_owner

# At least one of them can always sign in.
HEADS = (Role.OWNER, Role.ADMIN)


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
    """Create a new account's owner; one without a (checked) password chooses it by a link.

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
    """A free e-mail address in its stored form. Raises InvalidValue, EmailTaken."""
    email = stored_form(email)
    if User.objects.filter(email=email).exists():
        raise email_taken(email)
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
    lock_in_account(user, by=by)
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
    refuse_owner(user)
    if role not in HEADS:
        _refuse_last_head(user)
    _set(user, "role", role, verb="role_changed", by=by, reason=reason, ticket_url=ticket_url)
    return user


@transaction.atomic
def deactivate(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Lock a user out at once. Their work stays; their sessions and tokens end for good.

    Raises StateConflict when they are out already, own the account or are the last owner or
    admin who can sign in; OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_account(user, by=by)
    refuse_above(by=by, account=user.account, roles=(user.role,))
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is deactivated already; nothing was changed.", current="deactivated"
        )
    refuse_owner(user)
    _refuse_last_head(user)
    lock_out(
        user,
        verb="user_deactivated",
        by=by,
        reason=reason,
        account=user.account,
        ticket_url=ticket_url,
    )
    return user


def lock_out(
    user: User,
    *,
    verb: str,
    by: User | None,
    reason: str,
    account: Account | None,
    ticket_url: str,
) -> None:
    """Deactivate a locked person. What they hold ends for good: sessions, tokens, links."""
    user.is_active = False
    user.token_stamp = secrets.token_hex(16)
    save_with_history(user, by=by, reason=reason, fields=("is_active", "token_stamp"))
    record(
        verb,
        by=by,
        reason=reason,
        target=user,
        account=account,
        before={"is_active": True},
        after={"is_active": False},
        ticket_url=ticket_url,
    )


@transaction.atomic
def reactivate(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Let a deactivated user sign in again, on a seat of the plan.

    Raises StateConflict when they can already, PlanLimitReached, OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_account(user, by=by)
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


def _refuse_last_head(user: User) -> None:
    heads = User.objects.filter(account_id=user.account_id, is_active=True, role__in=HEADS)
    # Who has not chosen a password yet is invited and cannot sign in.
    joined = heads.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if list(joined) == [user]:
        raise StateConflict(
            f"{user.email} is the last owner or admin of {user.account.name} who can sign in. "
            "Suspend the account instead, or make somebody else an admin first.",
            current="active",
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
