"""A person's own password. Nobody sets another person's: they send a link that works once."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User
from tenancy.records import lock, record, save_with_history


class WrongPassword(InvalidValue):
    code = "wrong_password"


@transaction.atomic
def set_own(*, user: User, password: str, reason: str) -> User:
    """Set the password of the person who asks for it; every other session of theirs ends.

    Raises InvalidValue for a weak password (saying why), StateConflict for a person locked out.
    """
    # Only the password is written: a colleague may be locking this very person out.
    lock(user)
    if not user.is_active:
        raise StateConflict(f"{user.email} is deactivated.", current="deactivated")
    check_password(password, user=user)
    _set(user, password, reason=reason)
    return user


@transaction.atomic
def change(*, user: User, password: str) -> User:
    """Give a person another password who has just shown the present one; `user` is as they were
    then. Every session and token of theirs ends.

    Raises WrongPassword when it was changed since, InvalidValue for a weak one.
    """
    shown = user.password
    lock(user)
    if not user.is_active or user.password != shown:
        raise wrong_password()
    check_password(password, user=user, field="new_password")
    _set(user, password, reason="Changed by the person.")
    return user


def check_password(password: str, *, user: User, field: str = "password") -> None:
    """Raises InvalidValue with every reason against the password in its fact `errors`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidValue(
            " ".join(error.messages),
            field=field,
            errors=[
                {"code": one.code, "message": " ".join(one.messages)} for one in error.error_list
            ],
        ) from None


def wrong_password() -> WrongPassword:
    return WrongPassword(
        "This is not your present password. After five wrong ones it rests for 15 minutes, then "
        "the right one is refused too.",
        field="old_password",
    )


def _set(user: User, password: str, *, reason: str) -> None:
    user.set_password(password)
    save_with_history(user, by=user, reason=reason, fields=("password",))
    record("password_set", by=user, reason=reason, target=user, account=user.account)
