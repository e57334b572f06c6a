"""What a site's plugin calls with its key."""

import pytest

from tenancy.models import Site, SyncEvent
from tests.api.world import Caller, by_key, by_token, code_of
from tests.conftest import World
from tests.factories import make_site

REPORT = {
    "event_type": "publish",
    "action": "post_created",
    "success": True,
    "external_id": "wp-17",
    "message": "Published “Roses”",
    "details": {"post": 17},
    "duration_ms": 230,
}


@pytest.fixture
def site(world: World) -> Site:
    return make_site(world.home, name="Roses")


@pytest.fixture
def plugin(site: Site) -> Caller:
    return by_key(site)


def test_it_reports_and_reads_what_it_reported(plugin: Caller, site: Site) -> None:
    response = plugin.post("wordpress/sync-events/", REPORT)

    assert response.status_code == 201
    assert {name: response.json()[name] for name in REPORT} == REPORT
    event = SyncEvent.objects.get()
    assert (event.site, event.account) == (site, site.account)
    assert plugin.get("wordpress/sync-events/").json()["results"] == [response.json()]


def test_one_site_does_not_see_anothers(plugin: Caller, site: Site) -> None:
    by_key(make_site(site.account)).post("wordpress/sync-events/", REPORT)

    assert plugin.get("wordpress/sync-events/").json()["results"] == []


def test_a_repeat_with_its_key_reports_once(plugin: Caller) -> None:
    for _ in range(2):
        assert plugin.post("wordpress/sync-events/", REPORT, key="e1").status_code == 201

    assert SyncEvent.objects.count() == 1


@pytest.mark.parametrize("changes", [{}, {"message": "Published “Tulips”"}], ids=["same", "other"])
def test_a_key_is_the_sites_own(plugin: Caller, site: Site, changes: dict) -> None:
    other = make_site(site.account)

    first = plugin.post("wordpress/sync-events/", REPORT, key="post-17-published")
    theirs = by_key(other).post("wordpress/sync-events/", REPORT | changes, key="post-17-published")

    assert (first.status_code, theirs.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in theirs
    assert set(SyncEvent.objects.values_list("site", flat=True)) == {site.pk, other.pk}
    again = plugin.post("wordpress/sync-events/", REPORT, key="post-17-published")
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")


def test_only_what_happened_is_needed(plugin: Caller) -> None:
    response = plugin.post("wordpress/sync-events/", {"event_type": "ping"})

    assert response.status_code == 201
    assert response.json()["success"] is True


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/event_type"),
        (REPORT | {"success": "true"}, "/success"),
        (REPORT | {"success": 1}, "/success"),
        (REPORT | {"duration_ms": -1}, "/duration_ms"),
        (REPORT | {"duration_ms": 2**31}, "/duration_ms"),
        (REPORT | {"details": "x"}, "/details"),
        (REPORT | {"site": 5}, "/site"),
        (REPORT | {"event_type": "x" * 51}, "/event_type"),
    ],
    ids=str,
)
def test_a_wrong_report_is_named(plugin: Caller, body: dict, pointer: str) -> None:
    response = plugin.post("wordpress/sync-events/", body)

    assert code_of(response) == "validation_error"
    assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]
    assert not SyncEvent.objects.exists()


def test_a_person_is_no_site(world: World) -> None:
    assert code_of(by_token(world.alice).get("wordpress/site/")) == "permission_denied"


def test_a_key_opens_nothing_else(plugin: Caller) -> None:
    for path in ("account/", "credits/", "sites/", "users/", "billing/invoices/"):
        assert code_of(plugin.get(path)) == "permission_denied"
    spend = plugin.post("credits/deduct/", {"operation": "clustering"}, key="k")
    assert code_of(spend) == "permission_denied"
