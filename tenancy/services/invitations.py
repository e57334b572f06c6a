"""Inviting people to an account, and the password they choose first."""

from typing import NamedTuple

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction

from tenancy.errors import InvalidValue, ServiceError
from tenancy.models import Account, User
from tenancy.records import clean_reason, lock, record, refuse_own_account
from tenancy.roles import ASSIGNABLE, Role
from tenancy.services import users
from tenancy.services.accounts import refuse_deleted
from tenancy.services.limits import refuse_another_user


class InvitationOver(ServiceError):
    """The token is used, too old, or not for this person: the answer does not say which."""

    code = "invitation_over"


class Invitation(NamedTuple):
    """`token` is told to the invited person alone; it ends with its use or in some days."""

    user: User
    token: str


@transaction.atomic
def invite(
    *,
    account: Account,
    email: str,
    role: Role,
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Invitation:
    """Add a person to an account; they choose a password with the invitation's token.

    Inviting somebody again who has not chosen one yet gives a new token and adds nobody.
    An account's own people invite up to their own role.

    Raises InvalidValue for e-mail and role, EmailTaken, PlanLimitReached, NotPermitted,
    StateConflict for a deleted account, OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    refuse_deleted(account)
    if role not in ASSIGNABLE:
        raise InvalidValue(f"The role “{role}” is not handed out here.", field="role")
    users.refuse_above(by=by, account=account, roles=(role,))
    waiting = User.objects.filter(
        email=email.strip().lower(), account=account, role=role, is_active=True, last_login=None
    ).first()
    if waiting is not None and not waiting.has_usable_password():
        return Invitation(waiting, default_token_generator.make_token(waiting))
    email = users.clean_email(email)
    refuse_another_user(account)
    user = User(email=email, account=account, role=role)
    user.set_unusable_password()
    users.add(user, verb="user_invited", by=by, reason=reason, ticket_url=ticket_url)
    return Invitation(user, default_token_generator.make_token(user))


@transaction.atomic
def accept(*, email: str, token: str, password: str) -> User:
    """Set the first password of an invited person, by the token of their invitation, once.

    Raises InvitationOver, and InvalidValue for a password that the validators refuse (`errors` in
    the facts lists each of them with its code).
    """
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise _over()
    lock(user)
    if not default_token_generator.check_token(user, token):
        raise _over()
    check_password(password, user=user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(
        "invitation_accepted",
        by=user,
        reason="Chose a password with the invitation.",
        target=user,
        account=user.account,
    )
    return user


def check_password(password: str, *, user: User) -> None:
    """Raises InvalidValue with every reason against the password in its fact `errors`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidValue(
            " ".join(error.messages),
            field="password",
            errors=[
                {"code": one.code, "message": " ".join(one.messages)} for one in error.error_list
            ],
        ) from None


def _over() -> InvitationOver:
    return InvitationOver("This invitation is used or too old. Ask for a new one.")
