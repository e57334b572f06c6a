"""The four sites of the survey, with their industries and sectors.

The survey gives each site's industry and number of sectors; the sectors' names and the sites'
domains are ours.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import slugify

from console.demo.rows import REASON, continue_ids, insert
from tenancy.models import Account, Industry, IndustrySector, Sector, Site
from tenancy.records import SYSTEM
from tenancy.services import api_keys

INDUSTRIES = {
    "Healthcare & Medical": (
        "Physiotherapy", "Massage therapy", "Medical devices", "Dental care", "Mental health",
    ),
    "Home & Garden": (
        "Garden tools", "Furniture", "Lighting", "Kitchen", "Home improvement", "Plants and seeds",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class DemoSite:
    """`sectors` is their number: the first ones of the site's industry."""

    id: int
    slug: str
    name: str
    account: str
    industry: str
    sectors: int
    has_key: bool = False


SITES = (
    DemoSite(
        5, "home-garden-site", "Home & Garden Site", "aws-admin", "Home & Garden", 5, has_key=True
    ),
    DemoSite(
        16, "massagers-mart", "Massagers Mart", "aws-admin", "Healthcare & Medical", 3, has_key=True
    ),
    DemoSite(18, "new-site", "new site", "scale-account", "Healthcare & Medical", 1),
    DemoSite(19, "tester-site", "tester site", "home-g8", "Healthcare & Medical", 1, has_key=True),
)


def add_sites(*, now: datetime) -> None:
    offered = {name: _add_industry(name, sectors) for name, sectors in INDUSTRIES.items()}
    accounts = {account.slug: account for account in Account.objects.all()}
    for site in SITES:
        _add(
            site,
            account=accounts[site.account],
            industry_sectors=offered[site.industry][: site.sectors],
            now=now,
        )
    continue_ids(Site)


def _add_industry(name: str, sectors: tuple[str, ...]) -> list[IndustrySector]:
    industry = Industry.objects.create(name=name, slug=slugify(name))
    return IndustrySector.objects.bulk_create(
        IndustrySector(industry=industry, name=sector, slug=slugify(sector)) for sector in sectors
    )


def _add(
    row: DemoSite, *, account: Account, industry_sectors: list[IndustrySector], now: datetime
) -> None:
    site = Site(
        id=row.id,
        account=account,
        industry=industry_sectors[0].industry,
        name=row.name,
        slug=row.slug,
        domain=f"{row.slug}.example",
        wp_url=f"https://{row.slug}.example/",
    )
    insert(
        site, verb="site_created", account=account, fields=("name", "slug", "domain", "industry")
    )
    Sector.objects.bulk_create(
        Sector(
            account=account,
            site=site,
            industry_sector=industry_sector,
            name=industry_sector.name,
            slug=industry_sector.slug,
        )
        for industry_sector in industry_sectors
    )
    if row.has_key:
        # Nobody is told the key; its visible start is there to be searched for.
        api_keys.rotate(site=site, overlap_hours=0, by=SYSTEM, reason=REASON, now=now)
