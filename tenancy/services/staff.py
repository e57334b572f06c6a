"""Console staff: added, put into groups, deactivated. What a group may do is fixed elsewhere.

Being a superuser is none of these verbs' business: it is given and taken on the server only.
"""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tenancy.emails import lookup_form
from tenancy.errors import InvalidValue, NotPermitted, ServiceError, StateConflict
from tenancy.models import User
from tenancy.records import change, clean_reason, lock, record, save_with_history
from tenancy.services.users import clean_email, lock_out

# Its members manage staff; without one of them nobody could let the next person in.
ADMINISTRATORS = "Administrator"


class UnknownGroup(InvalidValue):
    code = "unknown_group"


class AlreadyStaff(StateConflict):
    code = "already_staff"


class OwnRights(NotPermitted):
    code = "own_rights"


class LastAdministrator(ServiceError):
    code = "last_administrator"


@transaction.atomic
def add(
    *,
    email: str,
    groups: Collection[str],
    by: User | None,
    reason: str,
    password: str = "",
    ticket_url: str = "",
) -> User:
    """Let a new person into the console, with these groups (by name).

    Without a password they cannot sign in until one is set. Raises InvalidValue for the e-mail
    or a weak password, UnknownGroup, AlreadyStaff, and EmailTaken for a customer's e-mail.
    """
    reason = clean_reason(reason)
    chosen = _groups(groups)
    _refuse_staff(email)
    user = User(email=clean_email(email), is_staff=True)
    if password:
        _check_password(password, user)
        user.set_password(password)
    else:
        user.set_unusable_password()
    try:
        with transaction.atomic():
            save_with_history(user, by=by, reason=reason)
    except IntegrityError:
        # Somebody took the address since we looked.
        _refuse_staff(email)
        clean_email(email)
        raise
    user.groups.set(chosen)
    record(
        "staff_added",
        by=by,
        reason=reason,
        target=user,
        account=None,
        after={"email": user.email, "groups": _names(user)},
        ticket_url=ticket_url,
    )
    return user


@transaction.atomic
def set_groups(
    *, user: User, groups: Collection[str], by: User | None, reason: str, ticket_url: str = ""
) -> User:
    """Give a member of staff exactly these groups (by name), at least one.

    Raises UnknownGroup, OwnRights, LastAdministrator, StateConflict when those are the groups
    already or the person is no staff.
    """
    reason = clean_reason(reason)
    chosen = _groups(groups)
    _lock_staff(user, by=by)
    before = _names(user)
    after = sorted(group.name for group in chosen)
    if before == after:
        raise StateConflict(
            f"{user.email} is in {_listed(after)} already; nothing was changed.", current="same"
        )
    if ADMINISTRATORS not in after:
        _refuse_last_administrator(user)
    user.groups.set(chosen)
    # Groups are no column of the person; the history row is there for its who and why.
    save_with_history(user, by=by, reason=reason, fields=("is_staff",))
    record(
        "staff_groups_changed",
        by=by,
        reason=reason,
        target=user,
        account=None,
        before={"groups": before},
        after={"groups": after},
        ticket_url=ticket_url,
    )
    return user


@transaction.atomic
def announce_sign_in_link(
    *, user: User, by: User | None, reason: str, ticket_url: str = ""
) -> User:
    """Keep on record that a link to set a new password is handed out for this person.

    Raises OwnRights, StateConflict when they are locked out or no staff.
    """
    reason = clean_reason(reason)
    _lock_staff(user, by=by)
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is locked out. Let them back in first.", current="deactivated"
        )
    # The link is no column of the person; the history row is there for its who and why.
    save_with_history(user, by=by, reason=reason, fields=("is_staff",))
    record(
        "sign_in_link_made",
        by=by,
        reason=reason,
        target=user,
        account=user.account,
        after={"password": "can be set through a link, once"},
        ticket_url=ticket_url,
    )
    return user


@transaction.atomic
def deactivate(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Lock a member of staff out at once. What they did stays theirs; their sessions, tokens and
    sign-in links end for good.

    Raises OwnRights, LastAdministrator, StateConflict when they are out already or are no staff.
    """
    reason = clean_reason(reason)
    _lock_staff(user, by=by)
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is deactivated already; nothing was changed.", current="deactivated"
        )
    _refuse_last_administrator(user)
    lock_out(
        user,
        verb="staff_deactivated",
        by=by,
        reason=reason,
        account=None,
        ticket_url=ticket_url,
    )
    return user


@transaction.atomic
def reactivate(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Let a deactivated member of staff in again, with the groups they had.

    Raises OwnRights, StateConflict when they can sign in or are no staff.
    """
    reason = clean_reason(reason)
    _lock_staff(user, by=by)
    if user.is_active:
        raise StateConflict(
            f"{user.email} can sign in already; nothing was changed.", current="active"
        )
    change(
        user,
        {"is_active": True},
        verb="staff_reactivated",
        by=by,
        reason=reason,
        account=None,
        ticket_url=ticket_url,
    )
    return user


def _groups(names: Collection[str]) -> list[Group]:
    if not names:
        raise InvalidValue(
            "Choose at least one group. To take all rights, deactivate the person.", field="groups"
        )
    found = {group.name: group for group in Group.objects.order_by("name")}
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise UnknownGroup(
            f"There is no group “{unknown[0]}”; known are {', '.join(found)}.", field="groups"
        )
    return [found[name] for name in sorted(set(names))]


def _names(user: User) -> list[str]:
    return sorted(user.groups.values_list("name", flat=True))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _refuse_staff(email: str) -> None:
    user = User.objects.filter(email=lookup_form(email), is_staff=True).first()
    if user is not None:
        way_out = "Change the groups instead." if user.is_active else "Reactivate them instead."
        raise AlreadyStaff(f"{user.email} is console staff already. {way_out}", current="staff")


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidValue(" ".join(error.messages), field="password") from None


def _lock_staff(user: User, *, by: User | None) -> None:
    # The group's row stands for all administrators: two people who remove each other at once
    # must not both see the other as the one who stays.
    administrators = Group.objects.filter(name=ADMINISTRATORS).first()
    if administrators is not None:
        lock(administrators)
    lock(user)
    if by is not None and by.pk == user.pk:
        raise OwnRights("Nobody changes their own rights. Somebody else must do this for you.")
    if not user.is_staff:
        raise StateConflict(f"{user.email} is no console staff.", current="not staff")


def _refuse_last_administrator(user: User) -> None:
    active = User.objects.filter(
        groups__name=ADMINISTRATORS, is_active=True, is_staff=True
    ).values_list("pk", flat=True)
    if set(active) == {user.pk}:
        raise LastAdministrator(
            f"{user.email} is the last Administrator who can sign in. Add another one first."
        )
