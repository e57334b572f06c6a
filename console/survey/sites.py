"""The sites with their industries and sectors."""

from django.db.models import Count

from console.survey.figures import Figures
from console.survey.markdown import count, number, table, verdict
from tenancy.models import Site

COLUMNS = ("ID", "Slug", "Name", "Account", "Industry", "Active", "Sectors")


def section(figures: Figures, *, sample: int) -> list[str]:
    # The ids first: counting the sectors of all sites to show twenty would not scale.
    newest = list(Site.objects.order_by("-id").values_list("id", flat=True)[:sample])
    sites = (
        Site.objects.filter(pk__in=newest)
        .annotate(sector_count=Count("sectors"))
        .select_related("account", "industry")
        .defer("wp_app_password")
        .order_by("-id")
    )
    return [
        "## Existing Sites",
        *table(COLUMNS, [_row(site) for site in sites]),
        f"Total Sites: {number(figures.sites['total'])}",
        "### Site → Account Relationship",
        "",
        " ".join(_relationships(figures)),
    ]


def _row(site: Site) -> tuple[object, ...]:
    return (
        site.pk,
        site.slug,
        site.name,
        site.account.slug,
        site.industry,
        site.is_active,
        number(site.sector_count),
    )


def _relationships(figures: Figures) -> list[str]:
    return [
        # The column cannot be empty and cannot point nowhere.
        verdict(True, "All sites belong to accounts", ""),
        verdict(
            not figures.sites["without_industry"],
            "Sites have industries assigned",
            f"{count(figures.sites['without_industry'], 'site')} without an industry",
        ),
        verdict(
            not figures.sectors["astray"],
            f"Sectors are properly linked to sites{_range(figures)}",
            f"{count(figures.sectors['astray'], 'sector')} linked to another account's site",
        ),
    ]


def _range(figures: Figures) -> str:
    fewest, most = figures.sites["fewest_sectors"], figures.sites["most_sectors"]
    if most is None:
        return ""
    return f" ({count(most, 'sector') if fewest == most else f'{fewest}-{most} sectors'} per site)"
