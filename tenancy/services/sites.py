"""A customer's sites: added within the plan's limit, changed, deleted."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction

from tenancy.errors import InvalidValue, NothingChanged, ServiceError, StateConflict
from tenancy.models import Account, Industry, Site, SiteStatus, SiteUserAccess, User
from tenancy.models.plan import SLUG_PATTERN
from tenancy.records import (
    clean_reason,
    lock,
    record,
    refuse_own_account,
    save_with_history,
    snapshot,
)
from tenancy.roles import SEES_ALL_SITES
from tenancy.services import api_keys
from tenancy.services.accounts import refuse_deleted, slug_base
from tenancy.services.limits import refuse_another_site

EDITABLE = ("name", "slug", "domain", "industry", "wp_url", "wp_username", "wp_app_password")
SECRET = "wp_app_password"  # noqa: S105 - a column's name
DELETION_FIELDS = ("is_active", "status", "slug")
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_is_url = URLValidator(schemes=("https", "http"))


class SlugInUse(ServiceError):
    code = "slug_taken"


@transaction.atomic
def create(
    *,
    account: Account,
    facts: Mapping[str, object],
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Site:
    """Add a site from `facts` (the names in EDITABLE; a slug is made from the name if missing).

    Raises InvalidValue, SlugInUse, PlanLimitReached, StateConflict for a deleted account,
    OwnAccount.
    """
    reason = clean_reason(reason)
    lock(account)
    refuse_own_account(by=by, account=account)
    refuse_deleted(account)
    cleaned = clean(facts)
    if "name" not in cleaned:
        raise InvalidValue("A site needs a name.", field="name")
    refuse_another_site(account)
    slug = cleaned.pop("slug", "") or _free_slug(account, str(cleaned["name"]))
    _refuse_taken(account, slug)
    site = Site(account=account, slug=slug, **cleaned)
    _save(site, by=by, reason=reason)
    if by is not None and by.account_id == account.pk and by.role not in SEES_ALL_SITES:
        # Whoever adds a site works on it.
        SiteUserAccess.objects.create(account=account, site=site, user=by)
    record(
        "site_created",
        by=by,
        reason=reason,
        target=site,
        account=account,
        after=_told(site, ("slug", *cleaned)),
        ticket_url=ticket_url,
    )
    return site


@transaction.atomic
def update(
    *,
    site: Site,
    changes: Mapping[str, object],
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Site:
    """Change the given facts (names in EDITABLE).

    Raises InvalidValue, SlugInUse, NothingChanged, StateConflict for a deleted site or account,
    OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_use(site, by=by)
    cleaned = clean(changes)
    changed = [name for name, value in cleaned.items() if getattr(site, name) != value]
    if not changed:
        raise NothingChanged(f"{site.name} already is as you ask; nothing was changed.")
    before = _told(site, changed)
    for name in changed:
        setattr(site, name, cleaned[name])
    if "slug" in changed:
        _refuse_taken(site.account, site.slug)
    _save(site, by=by, reason=reason, fields=changed)
    after = _told(site, changed)
    if SECRET in changed:
        before[SECRET], after[SECRET] = "the old one", "a new one" if site.wp_app_password else ""
    record(
        "site_edited",
        by=by,
        reason=reason,
        target=site,
        account=site.account,
        before=before,
        after=after,
        ticket_url=ticket_url,
    )
    return site


@transaction.atomic
def delete(
    *, site: Site, by: User | None, reason: str, now: datetime, ticket_url: str = ""
) -> Site:
    """Take a site out of use for good: its API keys end at once and its place and slug are free.

    The row stays, switched off: sectors, sync events, keys and the audit trail point at it, and
    what was published through it must stay explainable. So it is never removed from the database.

    Raises StateConflict when it is deleted already or its account is, OwnAccount.
    """
    reason = clean_reason(reason)
    lock_in_use(site, by=by)
    before = snapshot(site, DELETION_FIELDS)
    if any(key.works(now) for key in site.api_keys.filter(revoked_at=None)):
        api_keys.revoke(site=site, by=by, reason=reason, now=now, ticket_url=ticket_url)
    site.is_active = False
    site.status = SiteStatus.INACTIVE
    site.slug = f"{site.slug[:200]}-deleted-{site.pk}"
    save_with_history(site, by=by, reason=reason, fields=DELETION_FIELDS)
    record(
        "site_deleted",
        by=by,
        reason=reason,
        target=site,
        account=site.account,
        before=before,
        after=snapshot(site, DELETION_FIELDS),
        ticket_url=ticket_url,
    )
    return site


def clean(facts: Mapping[str, object]) -> dict[str, object]:
    """Check the values of EDITABLE; raises InvalidValue naming the field."""
    unknown = set(facts) - set(EDITABLE)
    if unknown:
        raise InvalidValue(f"A site has no field “{min(unknown)}”.", field=min(unknown))
    cleaned: dict[str, object] = {}
    for field, value in facts.items():
        if field == "industry":
            if value is not None and not (isinstance(value, Industry) and value.is_active):
                raise InvalidValue("There is no such industry.", field=field)
            cleaned[field] = value
            continue
        cleaned[field] = clean_text(field, value, limit=200 if field == "wp_url" else 255)
    if "name" in cleaned and not cleaned["name"]:
        raise InvalidValue("A site needs a name.", field="name")
    if cleaned.get("slug"):
        cleaned["slug"] = slug_form(str(cleaned["slug"]))
    if cleaned.get("domain"):
        cleaned["domain"] = str(cleaned["domain"]).lower()
        if not _HOST.fullmatch(cleaned["domain"]):
            raise InvalidValue(
                f"“{cleaned['domain']}” is no domain; write it like shop.example.com.",
                field="domain",
            )
    if cleaned.get("wp_url"):
        try:
            _is_url(cleaned["wp_url"])
        except ValidationError:
            raise InvalidValue(
                "The WordPress address is a URL that begins with https:// or http://.",
                field="wp_url",
            ) from None
    return cleaned


def clean_text(field: str, value: object, *, limit: int) -> str:
    """Text without blanks around it; raises InvalidValue for another type, NUL or over `limit`."""
    word = field.replace("_", " ").capitalize()
    if not isinstance(value, str) or "\x00" in value:
        raise InvalidValue(f"{word} is text.", field=field)
    text = value.strip()
    if len(text) > limit:
        raise InvalidValue(f"{word} holds at most {limit} characters.", field=field)
    return text


def slug_form(slug: str) -> str:
    """A slug in its stored form. Not checked to be free. Raises InvalidValue."""
    slug = slug.lower()
    if len(slug) > 200 or not re.fullmatch(SLUG_PATTERN, slug):
        raise InvalidValue(
            f"“{slug[:200]}” is no slug: use lower-case letters, digits and single hyphens.",
            field="slug",
        )
    return slug


def lock_in_use(site: Site, *, by: User | None) -> None:
    """Lock a site and its account. Raises StateConflict where one is deleted, OwnAccount."""
    # The account first, as when a site is added: whoever locks both does it in one order.
    lock(site.account)
    lock(site)
    refuse_own_account(by=by, account=site.account)
    refuse_deleted(site.account)
    if not site.is_active:
        raise StateConflict(f"{site.name} is deleted; nothing was changed.", current="deleted")


def _refuse_taken(account: Account, slug: str) -> None:
    if Site.objects.filter(account=account, slug=slug).exists():
        raise SlugInUse(f"Another site has the slug “{slug}”. Choose another one.", slug=slug)


def _free_slug(account: Account, name: str) -> str:
    base = slug_base(name)
    taken = set(
        Site.objects.filter(account=account, slug__startswith=base).values_list("slug", flat=True)
    )
    candidate, number = base, 1
    while candidate in taken:
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def _save(site: Site, *, by: User | None, reason: str, fields: list[str] | tuple = ()) -> None:
    try:
        with transaction.atomic():
            save_with_history(site, by=by, reason=reason, fields=fields)
    except IntegrityError:
        # Staff may have taken the slug past the account's lock since we looked.
        _refuse_taken(site.account, site.slug)
        raise


def _told(site: Site, fields: object) -> dict[str, object]:
    # The password is a secret: the audit trail says that there is one.
    told = snapshot(site, [name for name in fields if name != SECRET])
    if SECRET in fields and site.wp_app_password:
        told[SECRET] = "given"
    return told
