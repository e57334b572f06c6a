"""What a site is written about: one to five sectors."""

from django.db import transaction

from tenancy.errors import InvalidValue, ServiceError, StateConflict
from tenancy.models import IndustrySector, Sector, Site, User
from tenancy.records import clean_reason, lock, record, refuse_own_account, snapshot
from tenancy.services.accounts import refuse_deleted, slug_base
from tenancy.services.limits import PlanLimitReached
from tenancy.services.sites import clean_text, slug_form

# A fact of the customer's system: it plans content for one to five sectors of a site.
MAX_SECTORS = 5
FIELDS = ("name", "slug", "industry_sector")


class SectorInUse(ServiceError):
    code = "slug_taken"


@transaction.atomic
def create(
    *,
    site: Site,
    name: str,
    slug: str = "",
    industry_sector: IndustrySector | None = None,
    by: User | None,
    reason: str,
    ticket_url: str = "",
) -> Sector:
    """Add a sector; its slug is made from the name if missing.

    Raises InvalidValue, SectorInUse, PlanLimitReached at five sectors of a site, StateConflict
    for a deleted site or account, OwnAccount.
    """
    reason = clean_reason(reason)
    _lock(site, by=by)
    name = _clean_name(name)
    slug = slug_form(slug) if slug else slug_base(name)
    _refuse_foreign(industry_sector, site)
    used = site.sectors.filter(is_active=True).count()
    if used >= MAX_SECTORS:
        raise PlanLimitReached(
            f"A site has at most {MAX_SECTORS} sectors. Delete one first.",
            limit=MAX_SECTORS,
            used=used,
        )
    _refuse_taken(site, slug)
    sector = Sector.objects.create(
        account_id=site.account_id,
        site=site,
        name=name,
        slug=slug,
        industry_sector=industry_sector,
    )
    record(
        "sector_created",
        by=by,
        reason=reason,
        target=sector,
        account=site.account,
        after={"site": site.name, **snapshot(sector, FIELDS)},
        ticket_url=ticket_url,
    )
    return sector


@transaction.atomic
def update(
    *, sector: Sector, name: str, by: User | None, reason: str, ticket_url: str = ""
) -> Sector:
    """Rename a sector; its slug stays, for texts are filed under it.

    Raises InvalidValue, StateConflict for the name it has and for a deleted sector, site or
    account; OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_sector(sector, by=by)
    name = _clean_name(name)
    if name == sector.name:
        raise StateConflict("That is the name already; nothing was changed.", current="same")
    before = snapshot(sector, ("name",))
    sector.name = name
    sector.save(update_fields=["name"])
    record(
        "sector_edited",
        by=by,
        reason=reason,
        target=sector,
        account=sector.account,
        before=before,
        after=snapshot(sector, ("name",)),
        ticket_url=ticket_url,
    )
    return sector


@transaction.atomic
def delete(*, sector: Sector, by: User | None, reason: str, ticket_url: str = "") -> Sector:
    """Take a sector out of use for good. Like a site's, its row stays and its slug is free.

    Raises StateConflict when it, its site or its account is deleted; OwnAccount.
    """
    reason = clean_reason(reason)
    _lock_sector(sector, by=by)
    before = snapshot(sector, ("is_active", "slug"))
    sector.is_active = False
    sector.slug = f"{sector.slug}-deleted-{sector.pk}"
    sector.save(update_fields=["is_active", "slug"])
    record(
        "sector_deleted",
        by=by,
        reason=reason,
        target=sector,
        account=sector.account,
        before=before,
        after=snapshot(sector, ("is_active", "slug")),
        ticket_url=ticket_url,
    )
    return sector


def _lock(site: Site, *, by: User | None) -> None:
    # The site's row stands for all its sectors: two at once cannot both be the fifth.
    lock(site)
    refuse_own_account(by=by, account=site.account)
    refuse_deleted(site.account)
    if not site.is_active:
        raise StateConflict(f"{site.name} is deleted; nothing was changed.", current="deleted")


def _lock_sector(sector: Sector, *, by: User | None) -> None:
    _lock(sector.site, by=by)
    lock(sector)
    if not sector.is_active:
        raise StateConflict(f"{sector.name} is deleted; nothing was changed.", current="deleted")


def _clean_name(name: str) -> str:
    name = clean_text("name", name, limit=200)
    if not name:
        raise InvalidValue("A sector needs a name.", field="name")
    return name


def _refuse_foreign(industry_sector: IndustrySector | None, site: Site) -> None:
    # A site without an industry may take up any sector.
    if industry_sector is not None and (
        not industry_sector.is_active or site.industry_id not in (None, industry_sector.industry_id)
    ):
        raise InvalidValue("The site's industry has no such sector.", field="industry_sector")


def _refuse_taken(site: Site, slug: str) -> None:
    if site.sectors.filter(slug=slug).exists():
        raise SectorInUse(f"Another sector of {site.name} is called “{slug}”.", slug=slug)
