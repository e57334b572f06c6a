"""How much of something a plan allows. Counted under the account's lock, so that two at once
cannot both be the last one."""

from tenancy.errors import ServiceError
from tenancy.models import Account, Site, User
from tenancy.roles import ASSIGNABLE

# Whoever has one of these roles takes one of the plan's places for people.
SEATED = ASSIGNABLE


class PlanLimitReached(ServiceError):
    """Facts: `limit` and `used`."""

    code = "plan_limit_reached"


def sites_used(account: Account) -> int:
    return Site.objects.filter(account=account, is_active=True).count()


def users_used(account: Account) -> int:
    """People who can sign in or are invited to; bots and our own developers do not count."""
    return User.objects.filter(account=account, is_active=True, role__in=SEATED).count()


def refuse_another_site(account: Account) -> None:
    """Raises PlanLimitReached. The caller has locked the account."""
    _refuse(account, used=sites_used(account), limit=account.plan.max_sites, noun="site")


def refuse_another_user(account: Account) -> None:
    """Raises PlanLimitReached. The caller has locked the account."""
    _refuse(account, used=users_used(account), limit=account.plan.max_users, noun="user")


def _refuse(account: Account, *, used: int, limit: int, noun: str) -> None:
    if used >= limit:
        plural = "" if limit == 1 else "s"
        raise PlanLimitReached(
            f"The plan {account.plan.name} has room for {limit:,} {noun}{plural}, and {used:,} "
            f"{'is' if used == 1 else 'are'} in use. Choose a larger plan.",
            limit=limit,
            used=used,
        )
