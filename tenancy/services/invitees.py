"""People who are invited and have not joined: until they do, the invitation can be taken back."""

from django.db import transaction

from tenancy.errors import StateConflict
from tenancy.models import User
from tenancy.records import clean_reason, record, save_with_history, snapshot
from tenancy.roles import ASSIGNABLE
from tenancy.services.person_guards import lock_in_account, refuse_above, refuse_owner
from tenancy.services.purging import NOWHERE

TOLD = ("email", "role")


@transaction.atomic
def withdraw(*, user: User, by: User | None, reason: str, ticket_url: str = "") -> User:
    """Take an invitation back: its token ends, its seat and e-mail address are free again.

    The row stays, since history and audit point at it, but without name, address and account.

    Raises StateConflict for somebody who joined, for the account's owner and for a role of our
    own; NotPermitted, StaffToo, OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_account(user, by=by)
    account = user.account
    refuse_above(by=by, account=account, roles=(user.role,))
    refuse_owner(user)
    if user.role not in ASSIGNABLE:
        raise StateConflict(
            f"{user.email} is {user.get_role_display().lower()} and was not invited.",
            current=user.role,
        )
    if user.has_joined:
        raise StateConflict(
            f"{user.email} has joined {account.name}. Deactivate them instead.", current="joined"
        )
    before = snapshot(user, TOLD)
    user.site_accesses.all().delete()
    user.email = f"removed-{user.pk}@{NOWHERE}"
    user.name, user.account, user.role, user.is_active = "", None, "", False
    # Another unusable one: the token was made from this.
    user.set_unusable_password()
    save_with_history(
        user,
        by=by,
        reason=reason,
        fields=("email", "name", "account", "role", "is_active", "password"),
    )
    record(
        "invitation_withdrawn",
        by=by,
        reason=reason,
        target=user,
        account=account,
        before=before,
        after=snapshot(user, TOLD),
        ticket_url=ticket_url,
    )
    return user
