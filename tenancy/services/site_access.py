"""Which sites an editor or viewer sees: those given to them, one by one."""

from django.db import transaction
from django.db.models import QuerySet

from tenancy.errors import InvalidValue, NothingChanged, StateConflict
from tenancy.models import Site, SiteUserAccess, User
from tenancy.records import clean_reason, lock, record
from tenancy.roles import SEES_GIVEN_SITES
from tenancy.services import person_guards, sites


@transaction.atomic
def give(
    *, site: Site, user: User, by: User | None, reason: str, ticket_url: str = ""
) -> SiteUserAccess:
    """Let an editor or viewer see a site of their account.

    Raises NothingChanged when they do already, InvalidValue for a person of another account,
    StateConflict for one who sees every site, for a bot, for one who is deactivated, and for a
    deleted site or account; NotPermitted, StaffToo, OwnAccount.
    """
    reason = clean_reason(reason)
    _lock(site, user, by=by)
    if user.role not in SEES_GIVEN_SITES:
        raise StateConflict(
            f"{user.email} is {user.get_role_display().lower()}. Only editors and viewers are "
            "given sites.",
            current=user.role,
        )
    if not user.is_active:
        raise StateConflict(
            f"{user.email} is deactivated. Let them back in first.", current="deactivated"
        )
    if _of(site, user).exists():
        raise NothingChanged(f"{user.email} sees {site.name} already; nothing was changed.")
    access = SiteUserAccess.objects.create(account=site.account, site=site, user=user)
    record(
        "site_given",
        by=by,
        reason=reason,
        target=user,
        account=site.account,
        after={"site": site.name},
        ticket_url=ticket_url,
    )
    return access


@transaction.atomic
def take(*, site: Site, user: User, by: User | None, reason: str, ticket_url: str = "") -> None:
    """Let an editor or viewer see a site no more; also one who is deactivated.

    Raises NothingChanged when it is not given to them, and otherwise as `give` does.
    """
    reason = clean_reason(reason)
    _lock(site, user, by=by)
    taken, _ = _of(site, user).delete()
    if not taken:
        raise NothingChanged(f"{site.name} is not given to {user.email}; nothing was changed.")
    record(
        "site_taken",
        by=by,
        reason=reason,
        target=user,
        account=site.account,
        before={"site": site.name},
        ticket_url=ticket_url,
    )


def _of(site: Site, user: User) -> QuerySet[SiteUserAccess]:
    return SiteUserAccess.objects.filter(site=site, user=user)


def _lock(site: Site, user: User, *, by: User | None) -> None:
    sites.lock_in_use(site, by=by)
    lock(user)
    account = site.account
    if user.account_id != account.pk:
        raise InvalidValue(f"{user.email} does not belong to {account.name}.", field="user")
    person_guards.refuse_staff_too(user, by=by)
    person_guards.refuse_above(by=by, account=account, roles=(user.role,))
    if user.sees_all_sites:
        raise StateConflict(
            f"{user.email} is {user.get_role_display().lower()} and sees every site of "
            f"{account.name}. Only editors and viewers are given sites.",
            current=user.role,
        )
