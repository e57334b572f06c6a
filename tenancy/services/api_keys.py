"""A site's API key: made new with an overlap, or revoked. The key itself is told once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from tenancy.errors import InvalidValue, StateConflict, is_whole
from tenancy.models import ApiKey, Site, User
from tenancy.records import clean_reason, lock, record, refuse_own_account
from tenancy.services.accounts import refuse_deleted

KEY_START = "igny8_"
PREFIX_LENGTH = 8
MAX_OVERLAP_HOURS = 168


@dataclass(frozen=True)
class NewKey:
    """`secret` is the whole key, in clear, for this one moment."""

    key: ApiKey
    secret: str


def hash_key(secret: str) -> str:
    """SHA-256 in hex. Enough for a random key of 256 bits: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def rotate(
    *,
    site: Site,
    overlap_hours: int,
    by: User | None,
    reason: str,
    now: datetime,
    ticket_url: str = "",
) -> NewKey:
    """Make a new key for a site; the present one works for `overlap_hours` more (0: ends now).

    Raises InvalidValue for an overlap outside 0 to 168 hours, StateConflict for a site that is
    switched off or whose account is deleted, OwnAccount.
    """
    reason = clean_reason(reason)
    lock(site)
    refuse_own_account(by=by, account=site.account)
    refuse_deleted(site.account)
    if not is_whole(overlap_hours, low=0, high=MAX_OVERLAP_HOURS):
        raise InvalidValue(
            f"The old key can work for 0 to {MAX_OVERLAP_HOURS} more hours, not {overlap_hours}.",
            field="overlap_hours",
        )
    if not site.is_active:
        raise StateConflict(
            f"{site.name} is switched off; a key for it would not work.", current="inactive"
        )
    previous = ApiKey.objects.filter(site=site, revoked_at=None, expires_at=None).first()
    _end_older(site, at=now.astimezone(UTC) + timedelta(hours=overlap_hours))
    prefix = KEY_START + secrets.token_hex(PREFIX_LENGTH // 2)
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        account_id=site.account_id,
        site=site,
        prefix=prefix,
        key_hash=hash_key(secret),
        created_at=now,
        created_by=by,
    )
    record(
        "api_key_rotated",
        by=by,
        reason=reason,
        target=site,
        account=site.account,
        before={"key": str(previous)} if previous else {},
        after={"key": str(key), "old_key_works_for_hours": overlap_hours if previous else None},
        ticket_url=ticket_url,
    )
    return NewKey(key=key, secret=secret)


def _end_older(site: Site, *, at: datetime) -> None:
    # A key still in the overlap of the rotation before is older still: it does not outlive this.
    for key in ApiKey.objects.filter(site=site, revoked_at=None):
        if key.works(at):
            key.expires_at = at
            key.save(update_fields=["expires_at"])


def working(site: Site, *, now: datetime) -> list[ApiKey]:
    """The keys that a site can call in with at `now`: the present one, then those it replaced."""
    return [key for key in ApiKey.objects.filter(site=site, revoked_at=None) if key.works(now)]


@transaction.atomic
def revoke(
    *, site: Site, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> list[ApiKey]:
    """End every key of a site at once. Returns the keys that worked until now.

    Raises StateConflict when none works, OwnAccount.
    """
    reason = clean_reason(reason)
    lock(site)
    refuse_own_account(by=by, account=site.account)
    ended = working(site, now=now)
    if not ended:
        raise StateConflict(
            f"{site.name} has no working API key; nothing was changed.", current="no key"
        )
    for key in ended:
        key.revoked_at = now
        key.revoked_by = by
        key.revoked_reason = reason
        key.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    record(
        "api_key_revoked",
        by=by,
        reason=reason,
        target=site,
        account=site.account,
        before={"keys": [str(key) for key in ended]},
        after={"keys": []},
        ticket_url=ticket_url,
    )
    return ended
