"""A person's own password. Nobody sets another person's: they send a link that works once."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User
from tenancy.records import lock, record, save_with_history


@transaction.atomic
def set_own(*, user: User, password: str, reason: str) -> User:
    """Set the password of the person who asks for it; every other session of theirs ends.

    Raises InvalidValue for a weak password (saying why), StateConflict for a person locked out.
    """
    # Only the password is written: a colleague may be locking this very person out.
    lock(user)
    if not user.is_active:
        raise StateConflict(f"{user.email} is deactivated.", current="deactivated")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidValue(" ".join(error.messages), field="password") from None
    user.set_password(password)
    save_with_history(user, by=user, reason=reason, fields=("password",))
    record("password_set", by=user, reason=reason, target=user, account=user.account)
    return user
