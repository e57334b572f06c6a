"""A site's API key: told once, kept as a hash, replaced with an overlap, revoked."""

import hashlib
from datetime import timedelta

import pytest
from django.db import connection

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import ApiKey, Site
from tenancy.services import api_keys
from tests.conftest import World
from tests.digest import business_tables, refused
from tests.factories import NOW, REASON, make_site

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world.home)


def rotate(site: Site, *, hours: object = 0, **overrides: object) -> api_keys.NewKey:
    facts = {"by": None, "reason": REASON, "now": NOW} | overrides
    return api_keys.rotate(site=site, overlap_hours=hours, **facts)


def revoke(site: Site, **overrides: object) -> list[ApiKey]:
    return api_keys.revoke(site=site, **{"by": None, "reason": REASON, "now": NOW} | overrides)


def test_a_key_is_told_once_and_kept_as_a_hash(site: Site) -> None:
    made = rotate(site)

    key = ApiKey.objects.get()
    assert key.key_hash == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret.startswith(f"{key.prefix}_")
    assert key.works(NOW)
    assert (key.account, key.created_by, key.created_at) == (site.account, None, NOW)


def test_the_key_in_clear_is_nowhere_in_the_database(site: Site) -> None:
    made = rotate(site)
    secret = made.secret.removeprefix(f"{made.key.prefix}_")
    assert len(secret) > 40

    with connection.cursor() as cursor:
        for table in business_tables():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE strpos(t::text, %s) > 0',  # noqa: S608
                [secret],
            )
            assert cursor.fetchone() == (0,), table


def test_two_keys_share_nothing(site: Site) -> None:
    first, second = rotate(site), rotate(site)

    assert first.secret != second.secret
    assert first.key.prefix != second.key.prefix
    assert len(first.secret) >= 50


def test_the_old_key_works_until_the_end_of_the_overlap(site: Site) -> None:
    old = rotate(site).key

    new = rotate(site, hours=24).key

    old.refresh_from_db()
    assert old.works(NOW + 24 * HOUR - MICROSECOND)
    assert not old.works(NOW + 24 * HOUR)
    assert new.works(NOW + 24 * HOUR)


def test_without_an_overlap_the_old_key_ends_at_once(site: Site) -> None:
    old = rotate(site).key

    rotate(site, hours=0)

    old.refresh_from_db()
    assert not old.works(NOW)


def test_a_key_in_its_overlap_does_not_outlive_the_next_change(site: Site) -> None:
    oldest = rotate(site).key
    rotate(site, hours=168)

    rotate(site, hours=0)

    oldest.refresh_from_db()
    assert not oldest.works(NOW)


def test_the_change_of_keys_names_them_by_prefix(world: World, site: Site) -> None:
    old = rotate(site).key

    new = rotate(site, hours=2, by=world.sam).key

    event = site.account.audit_events.filter(verb="api_key_rotated").first()
    assert event.before == {"key": f"{old.prefix}…"}
    assert event.after == {"key": f"{new.prefix}…", "old_key_works_for_hours": 2}
    assert event.actor == world.sam


@pytest.mark.parametrize("hours", [-1, 169, True, 0.5, "1"])
def test_an_overlap_is_0_to_168_hours(site: Site, hours: object) -> None:
    with refused(InvalidValue, says="0 to 168"):
        rotate(site, hours=hours)


def test_a_site_that_is_off_gets_no_key(site: Site) -> None:
    Site.objects.update(is_active=False)

    with refused(StateConflict, says="switched off"):
        rotate(site)


def test_revoking_ends_every_key_at_once(world: World, site: Site) -> None:
    rotate(site)
    rotate(site, hours=24)

    revoked = revoke(site, by=world.sam)

    assert len(revoked) == 2
    for key in ApiKey.objects.all():
        assert not key.works(NOW)
        assert (key.revoked_by, key.revoked_reason) == (world.sam, REASON)


def test_a_site_without_a_working_key_has_nothing_to_revoke(site: Site) -> None:
    with refused(StateConflict, says="no working API key"):
        revoke(site)


def test_after_revoking_a_new_key_is_made(site: Site) -> None:
    rotate(site)
    revoke(site)

    assert rotate(site, hours=24).key.works(NOW)
    assert ApiKey.objects.filter(revoked_at=None).count() == 1
