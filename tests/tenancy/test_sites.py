"""A customer's sites and their sectors: within the plan's limit, also when many come at once."""

from functools import partial

import pytest

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, AuditEvent, IndustrySector, Plan, Sector, Site
from tenancy.services import api_keys, sectors, sites
from tenancy.services.limits import PlanLimitReached
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    make_account,
    make_industry,
    make_plan,
    make_sector,
    make_site,
)
from tests.racing import Meeting, a_copy, at_once


def allow(account: Account, sites: int) -> Account:
    Plan.objects.filter(pk=account.plan_id).update(max_sites=sites)
    return a_copy(account)


def create(account: Account, **facts: object) -> Site:
    return sites.create(
        account=account, facts={"name": "Garden blog"} | facts, by=None, reason=REASON
    )


def update(site: Site, **changes: object) -> Site:
    return sites.update(site=site, changes=changes, by=None, reason=REASON)


def delete(site: Site) -> Site:
    return sites.delete(site=site, by=None, reason=REASON, now=NOW)


def test_a_customer_adds_a_site(world: World) -> None:
    industry = make_industry()

    site = sites.create(
        account=world.home,
        facts={
            "name": " Garden blog ",
            "domain": "Garden.Example.com",
            "industry": industry,
            "wp_url": "https://garden.example.com/blog",
            "wp_username": "alice",
            "wp_app_password": "abcd efgh",
        },
        by=world.alice,
        reason=REASON,
    )

    kept = a_copy(site)
    event = AuditEvent.objects.get(verb="site_created")
    assert (kept.account, kept.name, kept.slug) == (world.home, "Garden blog", "garden-blog")
    assert (kept.domain, kept.industry) == ("garden.example.com", industry)
    assert kept.wp_app_password == "abcd efgh"
    assert (event.actor, event.after["wp_app_password"]) == (world.alice, "given")
    assert "abcd" not in str(event.after)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"slug": "Two Words"}, "slug"),
        ({"slug": "x" * 201}, "slug"),
        ({"domain": "https://garden.example.com"}, "domain"),
        ({"domain": "garden"}, "domain"),
        ({"wp_url": "javascript:alert(1)"}, "wp_url"),
        ({"wp_url": "garden.example.com"}, "wp_url"),
        ({"wp_url": "https://garden.example.com/" + "x" * 200}, "wp_url"),
        ({"industry": 7}, "industry"),
        ({"is_active": False}, "is_active"),
        ({"tenant": 7}, "tenant"),
    ],
)
def test_a_wrong_value_is_named(world: World, facts: dict[str, object], field: str) -> None:
    site = make_site(world.other)

    for call in (partial(create, world.home), partial(update, site)):
        with refused(InvalidValue) as caught:
            call(**facts)
        assert caught.value.facts["field"] == field


def test_a_site_needs_a_name(world: World) -> None:
    with refused(InvalidValue, says="needs a name"):
        sites.create(account=world.home, facts={}, by=None, reason=REASON)


def test_an_industry_out_of_service_is_no_choice(world: World) -> None:
    gone = make_industry(is_active=False)

    with refused(InvalidValue, says="no such industry"):
        create(world.home, industry=gone)


def test_a_slug_is_made_from_the_name_and_unique_in_the_account(world: World) -> None:
    home = allow(world.home, sites=5)
    create(home)

    assert create(home).slug == "garden-blog-2"
    assert create(world.other).slug == "garden-blog"
    with refused(sites.SlugInUse, says="“garden-blog”"):
        create(home, slug="Garden-Blog")


def test_the_plan_has_room_for_so_many_sites(world: World) -> None:
    home = allow(world.home, sites=2)
    make_site(home, is_active=False)
    create(home)
    create(home)

    with refused(PlanLimitReached, says="has room for 2 sites, and 2 are in use") as caught:
        create(home)

    assert caught.value.facts == {"limit": 2, "used": 2}


def test_a_deleted_site_makes_room(world: World) -> None:
    site = create(world.home)
    delete(site)

    again = create(world.home)

    assert (again.slug, site.slug) == ("garden-blog", f"garden-blog-deleted-{site.pk}")


def test_a_larger_plan_makes_room_at_once(world: World) -> None:
    create(world.home)
    Account.objects.filter(pk=world.home.pk).update(plan=make_plan(max_sites=2))

    assert create(world.home).slug == "garden-blog-2"


def test_a_site_is_changed(world: World) -> None:
    site = make_site(world.home)

    update(site, name="Kitchen blog", slug="kitchen", domain="", wp_app_password="secret words")

    kept = a_copy(site)
    event = AuditEvent.objects.get(verb="site_edited")
    assert (kept.name, kept.slug, kept.domain) == ("Kitchen blog", "kitchen", "")
    assert event.after["wp_app_password"] == "a new one"
    assert "secret words" not in f"{event.before}{event.after}"


def test_a_site_cannot_take_anothers_slug(world: World) -> None:
    make_site(world.home, slug="garden")
    site = make_site(world.home, slug="kitchen")

    with refused(sites.SlugInUse):
        update(site, slug="garden")


def test_a_deleted_site_is_out_of_use_and_stays(world: World) -> None:
    site = make_site(world.home)
    sector = make_sector(site)
    key = api_keys.rotate(site=site, overlap_hours=0, by=None, reason=REASON, now=NOW - DAY).key

    delete(site)

    kept = a_copy(site)
    assert (kept.is_active, kept.status) == (False, "inactive")
    assert not a_copy(key).works(NOW)
    assert Sector.objects.get() == sector
    for verb in (delete, partial(update, name="Other")):
        with refused(StateConflict, says="is deleted"):
            verb(site)


def test_of_eight_sites_at_once_as_many_fit_as_the_plan_allows(committed: None) -> None:
    account = make_account(plan=make_plan(max_sites=3))

    outcomes = at_once(*(partial(create, a_copy(account)) for _ in range(8)))

    refusals = [outcome.refusal for outcome in outcomes if outcome.refusal]
    assert [type(refusal) for refusal in refusals] == [PlanLimitReached] * 5
    assert sorted(account.sites.values_list("slug", flat=True)) == [
        "garden-blog",
        "garden-blog-2",
        "garden-blog-3",
    ]


def test_counted_and_then_added_all_eight_are(committed: None) -> None:
    account, meeting = make_account(plan=make_plan(max_sites=3)), Meeting(8)

    def create_without_a_lock() -> None:
        if account.sites.count() >= 3:
            raise PlanLimitReached("full")
        meeting.wait()
        make_site(account)

    at_once(*[create_without_a_lock] * 8)

    with pytest.raises(AssertionError):
        assert account.sites.count() == 3


# Sectors.


def add_sector(site: Site, name: str = "Roses", **more: object) -> Sector:
    return sectors.create(site=site, name=name, by=None, reason=REASON, **more)


def test_a_site_has_sectors_of_its_industry(world: World) -> None:
    industry, other = make_industry(), make_industry()
    site = make_site(world.home, industry=industry)
    roses, foreign = (
        IndustrySector.objects.create(industry=one, name="Roses", slug="roses")
        for one in (industry, other)
    )

    sector = add_sector(site, industry_sector=roses)

    assert (sector.account, sector.site, sector.slug) == (world.home, site, "roses")
    with refused(InvalidValue, says="has no such sector"):
        add_sector(site, "Tulips", industry_sector=foreign)
    roses.is_active = False
    with refused(InvalidValue, says="has no such sector"):
        add_sector(site, "Tulips", industry_sector=roses)


@pytest.mark.parametrize("name", ["", "  ", 7, "x" * 201])
def test_a_sector_needs_a_name(world: World, name: object) -> None:
    site = make_site(world.home)
    sector = make_sector(site)

    with refused(InvalidValue):
        add_sector(site, name)
    with refused(InvalidValue):
        sectors.update(sector=sector, name=name, by=None, reason=REASON)


def test_a_site_has_at_most_five_sectors(world: World) -> None:
    site = make_site(world.home)
    for number in range(5):
        last = add_sector(site, f"Sector {number}")

    with refused(PlanLimitReached, says="at most 5 sectors"):
        add_sector(site)
    sectors.delete(sector=last, by=None, reason=REASON)
    assert add_sector(site, "Sector 4").slug == "sector-4"


def test_of_eight_sectors_at_once_five_fit(committed: None) -> None:
    site = make_site(make_account())

    outcomes = at_once(*(partial(add_sector, a_copy(site), f"Sector {n}") for n in range(8)))

    assert sum(type(outcome.refusal) is PlanLimitReached for outcome in outcomes) == 3
    assert site.sectors.count() == 5


def test_a_sector_is_renamed_and_keeps_its_slug(world: World) -> None:
    sector = add_sector(make_site(world.home))

    sectors.update(sector=sector, name="Wild roses", by=world.alice, reason=REASON)

    assert (a_copy(sector).name, a_copy(sector).slug) == ("Wild roses", "roses")


def test_a_deleted_site_and_sector_change_no_more(world: World) -> None:
    site = make_site(world.home)
    sector, gone = add_sector(site), add_sector(site, "Tulips")
    sectors.delete(sector=gone, by=None, reason=REASON)

    with refused(StateConflict, says="Tulips is deleted"):
        sectors.update(sector=gone, name="Daisies", by=None, reason=REASON)
    delete(site)
    for call in (
        partial(add_sector, site, "Daisies"),
        partial(sectors.update, sector=sector, name="Daisies", by=None, reason=REASON),
        partial(sectors.delete, sector=sector, by=None, reason=REASON),
    ):
        with refused(StateConflict, says="is deleted"):
            call()
