"""Which sites an editor or viewer sees: given to them, taken away, by whom."""

from functools import partial

import pytest

from tenancy.errors import InvalidValue, NothingChanged, NotPermitted, StateConflict
from tenancy.models import AuditEvent, Site, SiteUserAccess, User
from tenancy.roles import Role
from tenancy.services import site_access, users
from tenancy.services.person_guards import StaffToo
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_site, make_user, put
from tests.racing import a_copy, at_once, one_wins

SEES_ALL = (Role.ADMIN, Role.OWNER, Role.DEVELOPER)


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world.home, name="Garden blog")


def give(site: Site, user: User, by: User | None = None) -> SiteUserAccess:
    return site_access.give(site=site, user=user, by=by, reason=REASON)


def take(site: Site, user: User, by: User | None = None) -> None:
    site_access.take(site=site, user=user, by=by, reason=REASON)


both = pytest.mark.parametrize("verb", [give, take])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_a_site_is_given_and_taken(world: World, site: Site, role: Role) -> None:
    person = make_user(world.home, role=role)
    make_site(world.home)

    give(site, person, by=world.alice)

    assert list(person.get_accessible_sites()) == [site]
    given = AuditEvent.objects.get(verb="site_given")
    assert (given.actor, given.account, given.target_id) == (
        world.alice,
        world.home,
        str(person.pk),
    )
    assert (given.before, given.after) == ({}, {"site": "Garden blog"})

    take(site, person, by=world.sam)

    assert not person.get_accessible_sites()
    taken = AuditEvent.objects.get(verb="site_taken")
    assert (taken.actor, taken.before, taken.after) == (world.sam, {"site": "Garden blog"}, {})


def test_twice_changes_nothing_and_says_so(world: World, site: Site) -> None:
    give(site, world.bob)
    with refused(NothingChanged, says="sees Garden blog already; nothing was changed"):
        give(site, world.bob)

    take(site, world.bob)
    with refused(NothingChanged, says="is not given to bob@homeg8.example"):
        take(site, world.bob)


@both
@pytest.mark.parametrize("role", SEES_ALL)
def test_who_sees_every_site_is_given_none(
    world: World, site: Site, verb: object, role: Role
) -> None:
    person = make_user(world.home, role=role)

    with refused(StateConflict, says="sees every site of Home G8"):
        verb(site, person)


def test_the_bot_is_given_none_and_can_lose_one(world: World, site: Site) -> None:
    bot = make_user(world.home, role=Role.SYSTEM_BOT)

    with refused(StateConflict, says="is system bot. Only editors and viewers are given sites."):
        give(site, bot)

    SiteUserAccess.objects.create(account=world.home, site=site, user=bot)
    take(site, bot)
    assert not SiteUserAccess.objects.exists()


@both
def test_a_person_of_another_account_is_refused(world: World, site: Site, verb: object) -> None:
    stranger = make_user(world.other, role=Role.VIEWER)

    for person in (stranger, world.olga):
        with refused(InvalidValue, says="does not belong to Home G8"):
            verb(site, person)


def test_somebody_deactivated_is_given_nothing_and_can_lose_all(world: World, site: Site) -> None:
    other = make_site(world.home)
    give(site, world.bob)
    users.deactivate(user=world.bob, by=None, reason=REASON)

    with refused(StateConflict, says="Let them back in first"):
        give(other, world.bob)

    take(site, world.bob)
    assert not SiteUserAccess.objects.exists()


@both
def test_a_deleted_site_or_account_is_refused(world: World, site: Site, verb: object) -> None:
    give(site, world.bob)
    Site.objects.filter(pk=site.pk).update(is_active=False)
    with refused(StateConflict, says="Garden blog is deleted"):
        verb(site, world.bob)

    put(world.home, is_deleted=True, deleted_at=NOW, restore_until=NOW)
    with refused(StateConflict, says="Restore it first"):
        verb(site, world.bob)


@both
def test_nobody_gives_away_another_accounts_sites(world: World, site: Site, verb: object) -> None:
    with refused(NotPermitted):
        verb(site, world.bob, by=world.charlie)


@both
def test_only_a_superuser_does_it_to_console_staff(world: World, site: Site, verb: object) -> None:
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)

    with refused(StaffToo):
        verb(site, world.bob, by=world.sam)


def test_given_eight_times_at_once_it_is_given_once(committed_world: World) -> None:
    site, bob = make_site(committed_world.home), committed_world.bob

    outcomes = at_once(*(partial(give, a_copy(site), a_copy(bob)) for _ in range(8)))

    one_wins(outcomes, refused_with=NothingChanged)
    assert AuditEvent.objects.filter(verb="site_given").count() == 1
