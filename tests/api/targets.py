"""An account with one of everything in each of its states: what calls with an id can aim at."""

from datetime import datetime

from billing.models import CreditHold, HoldStatus, PaymentStatus
from billing.services import holds
from tenancy.models import Account, Site, SiteStatus, User
from tenancy.roles import Role
from tenancy.services import api_keys, sites
from tests.api.world import new_key
from tests.factories import (
    DAY,
    NOW,
    REASON,
    make_sector,
    make_site,
    make_staff,
    make_user,
    open_transfer,
)

Ids = dict[str, str]  # first step of a path -> the id of an object there


def make_targets(account: Account, *, now: datetime) -> dict[str, dict[str, Ids]]:
    """The kind of what a path ends at -> its state -> the ids that lead there."""
    of_sites = make_sites(account, now=now)
    return {
        "users": {
            state: {"users": str(user.pk), "sites": str(of_sites[SiteStatus.ACTIVE].pk)}
            for state, user in make_users(account).items()
        },
        "sites": {state: {"sites": str(site.pk)} for state, site in of_sites.items()},
        "sectors": {
            f"{sector} of {state}": {"sites": str(site.pk), "sectors": str(made.pk)}
            for state, site in of_sites.items()
            if state in (SiteStatus.ACTIVE, "off")
            for sector, made in make_sectors(site).items()
        },
        "holds": {
            state: {"holds": str(hold.pk)} for state, hold in make_holds(account, now=now).items()
        },
        **make_transfers(account),
    }


def make_users(account: Account) -> dict[str, User]:
    return {
        **{role: make_user(account, role=role) for role in Role},
        "signed in before": make_user(account, role=Role.EDITOR, last_login=NOW),
        "deactivated": make_user(account, role=Role.EDITOR, is_active=False),
        "of the staff too": make_staff("Support", account=account, role=Role.EDITOR),
    }


def make_sites(account: Account, *, now: datetime) -> dict[str, Site]:
    made = {status: make_site(account, status=status) for status in SiteStatus}
    made |= {name: make_site(account) for name in ("off", "deleted", "with keys", "revoked")}
    Site.objects.filter(pk=made["off"].pk).update(is_active=False)
    sites.delete(site=made["deleted"], by=None, reason=REASON, now=now)
    for _ in range(2):
        new_key(made["with keys"])
    new_key(made["revoked"])
    api_keys.revoke(site=made["revoked"], by=None, reason=REASON, now=now)
    return made


def make_sectors(site: Site) -> dict[str, object]:
    return {"on": make_sector(site), "off": make_sector(site, is_active=False)}


def make_holds(account: Account, *, now: datetime) -> dict[str, CreditHold]:
    def reserve(name: str, at: datetime) -> CreditHold:
        held = holds.reserve(
            account=account, operation="clustering", units=1, idempotency_key=name, now=at
        )
        return CreditHold.objects.get(pk=held.id)

    made = {HoldStatus.EXPIRED: reserve("expired", now - 9 * DAY)}
    holds.expire(account=account, now=now)
    made |= {name: reserve(name, now) for name in ("held", "committed", "released")}
    made["over"] = reserve("over", now - 9 * DAY)
    holds.commit(account=account, hold_id=made["committed"].pk, units=1, now=now)
    holds.release(account=account, hold_id=made["released"].pk, now=now)
    return made


def make_transfers(account: Account) -> dict[str, dict[str, Ids]]:
    """One at a time can be open: the last one."""
    settled = (PaymentStatus.CONFIRMED, PaymentStatus.REVERSED, PaymentStatus.REJECTED)
    transfers = [
        open_transfer(account, status=status) for status in (*settled, PaymentStatus.AWAITING)
    ]
    return {
        "bank-transfers": {one.status: {"bank-transfers": str(one.pk)} for one in transfers},
        "invoices": {one.invoice.status: {"invoices": str(one.invoice_id)} for one in transfers},
    }


def make_partly_paid(account: Account) -> dict[str, dict[str, Ids]]:
    transfer = open_transfer(account, status=PaymentStatus.PARTIALLY_PAID)
    return {"bank-transfers": {transfer.status: {"bank-transfers": str(transfer.pk)}}}
