"""Inviting people to an account; they choose a password with the link they are sent."""

from django.db import transaction

from tenancy.emails import lookup_form
from tenancy.errors import InvalidValue
from tenancy.models import Account, User
from tenancy.records import clean_reason, lock, refuse_own_account
from tenancy.roles import ASSIGNABLE, Role
from tenancy.services import password_links, users
from tenancy.services.accounts import refuse_deleted
from tenancy.services.limits import refuse_another_user
from tenancy.services.person_guards import refuse_above


@transaction.atomic
def invite(
    *,
    account: Account,
    email: str,
    role: Role,
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> User:
    """Add a person to an account and send them a link to choose a password through.

    Inviting somebody again who has not chosen one yet sends a new link and adds nobody.
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
    refuse_above(by=by, account=account, roles=(role,))
    waiting = User.objects.filter(
        email=lookup_form(email), account=account, role=role, is_active=True, last_login=None
    ).first()
    if waiting is not None and not waiting.has_usable_password():
        password_links.later(waiting)
        return waiting
    email = users.clean_email(email)
    refuse_another_user(account)
    user = User(email=email, account=account, role=role)
    user.set_unusable_password()
    users.add(user, verb="user_invited", by=by, reason=reason, ticket_url=ticket_url)
    password_links.later(user)
    return user
