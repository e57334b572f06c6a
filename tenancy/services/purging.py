"""Removing the personal data of a deleted account for good; the records stay and still prove.

docs/adr/0010-what-a-purge-removes.md says what goes, what stays, and why.
"""

import hashlib
import secrets
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from tenancy.errors import StateConflict
from tenancy.models import Account, ApiKey, Site, SiteStatus, User
from tenancy.records import clean_reason, lock, record, refuse_own_account, save_with_history
from tenancy.services.accounts import refuse_purged, suggest_slug

# RFC 2606: nobody can ever have an address there.
NOWHERE = "removed.invalid"
# What stands in place of a name in the records; the database lets in no other word.
BLANK = "removed"
EMPTIED = (
    "stripe_customer_id",
    "billing_email",
    "billing_address_line1",
    "billing_address_line2",
    "billing_address_city",
    "billing_address_state",
    "billing_address_postal_code",
    "billing_address_country",
)


def due(*, now: datetime) -> QuerySet[Account]:
    """Deleted accounts that can no longer be restored at `now` and still hold personal data."""
    return Account.objects.filter(
        is_deleted=True, restore_until__lte=now, purged_at__isnull=True
    ).order_by("restore_until", "id")


@transaction.atomic
def purge(
    *, account: Account, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Account:
    """Replace names, addresses, e-mails and credentials of a deleted account, for good.

    Its people cannot sign in again; its keys and WordPress passwords are gone; of the histories
    and the audit trail who, when, what and why stay. Console staff of the account only leave it.
    Raises StateConflict when it is not deleted or can still be restored, AlreadyPurged,
    OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    refuse_before_its_time(account, now=now)
    people = list(User.objects.filter(account=account, is_staff=False))
    sites = list(Site.objects.filter(account=account))
    _forget_account(account, by=by, reason=reason, now=now)
    _let_staff_go(account, by=by, reason=reason)
    for person in people:
        _forget_person(person, by=by, reason=reason)
    for site in sites:
        _forget_site(site, by=by, reason=reason)
    keys = _forget_keys(account, by=by, reason=reason, now=now)
    account.sync_events.all().delete()
    account.notes.update(text=BLANK, is_pinned=False)
    record(
        "account_purged",
        by=by,
        reason=reason,
        target=account,
        account=account,
        before={"personal_data": "kept"},
        after={
            "personal_data": "removed",
            "users": len(people),
            "sites": len(sites),
            "api_keys": keys,
        },
        ticket_url=ticket_url,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT igny8_forget_account(%s)", [account.pk])
    return account


def refuse_before_its_time(account: Account, *, now: datetime) -> None:
    """Raises StateConflict unless it is deleted and cannot be restored any more, AlreadyPurged."""
    refuse_purged(account)
    if not account.is_deleted:
        raise StateConflict(
            f"{account.name} is not deleted; nothing was changed.", current="present"
        )
    if now < account.restore_until:
        raise StateConflict(
            f"{account.name} is deleted and can be restored until "
            f"{account.restore_until:%Y-%m-%d %H:%M} UTC; nothing was changed.",
            current="deleted",
        )


def _forget_account(account: Account, *, by: User | None, reason: str, now: datetime) -> None:
    account.name = f"Removed customer {account.pk}"
    account.slug = suggest_slug(f"removed-{account.pk}")
    account.purged_at = now
    for field in EMPTIED:
        setattr(account, field, "")
    save_with_history(account, by=by, reason=reason, fields=("name", "slug", "purged_at", *EMPTIED))


def _let_staff_go(account: Account, *, by: User | None, reason: str) -> None:
    # They work here, and only the customer is forgotten.
    for person in User.objects.filter(account=account, is_staff=True):
        if account.owner_id == person.pk:
            account.owner = None
            save_with_history(account, by=by, reason=reason, fields=("owner",))
        person.site_accesses.all().delete()
        person.account, person.role = None, ""
        save_with_history(person, by=by, reason=reason, fields=("account", "role"))


def _forget_person(person: User, *, by: User | None, reason: str) -> None:
    person.email = f"removed-{person.pk}@{NOWHERE}"
    person.name = ""
    person.is_active = False
    person.set_unusable_password()
    save_with_history(
        person, by=by, reason=reason, fields=("email", "name", "is_active", "password")
    )


def _forget_site(site: Site, *, by: User | None, reason: str) -> None:
    site.name = f"Removed site {site.pk}"
    site.slug = f"removed-{site.pk}"
    site.domain = site.wp_url = site.wp_username = site.wp_app_password = ""
    site.is_active, site.status = False, SiteStatus.INACTIVE
    save_with_history(
        site,
        by=by,
        reason=reason,
        fields=(
            "name",
            "slug",
            "domain",
            "wp_url",
            "wp_username",
            "wp_app_password",
            "is_active",
            "status",
        ),
    )


def _forget_keys(account: Account, *, by: User | None, reason: str, now: datetime) -> int:
    """Overwrite the hashes: no key that is still known somewhere can ever match again."""
    keys = list(ApiKey.objects.filter(account=account))
    for key in keys:
        key.key_hash = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
        if key.revoked_at is None:
            key.revoked_at, key.revoked_by, key.revoked_reason = now, by, reason
        key.save(update_fields=("key_hash", "revoked_at", "revoked_by", "revoked_reason"))
    return len(keys)
