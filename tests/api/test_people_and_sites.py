"""People, sites, sectors and keys over HTTP: the services' work in the contract's shapes."""

import pytest

from tenancy.models import ApiKey, AuditEvent, Industry, IndustrySector, Site, User
from tenancy.roles import Role
from tests.api.world import Caller, by_token, code_of
from tests.conftest import World
from tests.factories import NOW, make_industry, make_site, make_user

FULL = {
    "name": "My Shop",
    "domain": "Shop.Example.com",
    "industry": "gardens",
    "wp_url": "https://shop.example.com/wp",
    "wp_username": "robot",
    "wp_app_password": "s3cret words",
}


@pytest.fixture
def alice(world: World) -> Caller:
    world.home.plan.max_sites = world.home.plan.max_users = 5
    world.home.plan.save(update_fields=["max_sites", "max_users"])
    return by_token(world.alice)


@pytest.fixture
def gardens(db: None) -> Industry:
    industry = make_industry(name="Gardens", slug="gardens")
    IndustrySector.objects.create(industry=industry, name="Roses", slug="roses")
    IndustrySector.objects.create(industry=industry, name="Weeds", slug="weeds", is_active=False)
    return industry


class TestPeople:
    def test_the_list_shows_the_accounts_people(self, alice: Caller) -> None:
        people = alice.get("users/").json()["results"]

        assert {person["email"] for person in people} == {
            "alice@homeg8.example",
            "bob@homeg8.example",
        }

    def test_a_role_is_given(self, alice: Caller, world: World) -> None:
        response = alice.patch(f"users/{world.bob.pk}/", {"role": "admin"})

        assert response.json()["role"] == "admin"
        event = AuditEvent.objects.get(verb="role_changed")
        assert (event.actor, event.door) == (world.alice, "api")
        assert event.request_id == response["X-Request-Id"]

    def test_the_last_head_stays(self, alice: Caller, world: World) -> None:
        response = alice.post(f"users/{world.alice.pk}/deactivate/")

        assert code_of(response) == "state_conflict"
        assert User.objects.get(pk=world.alice.pk).is_active

    @pytest.mark.parametrize("role", ["developer", "system_bot", "king", ""])
    def test_some_roles_are_not_handed_out(self, alice: Caller, world: World, role: str) -> None:
        for response in (
            alice.patch(f"users/{world.bob.pk}/", {"role": role}),
            alice.post("users/", {"email": "x@e.example", "role": role}),
        ):
            assert code_of(response) == "validation_error"

    def test_an_admin_reaches_nobody_above(self, alice: Caller, world: World) -> None:
        admin = by_token(make_user(world.home, role=Role.ADMIN))
        second = make_user(world.home, role=Role.OWNER)

        for response in (
            admin.patch(f"users/{second.pk}/", {"role": "viewer"}),
            admin.patch(f"users/{world.bob.pk}/", {"role": "owner"}),
            admin.post(f"users/{second.pk}/deactivate/"),
            admin.post("users/", {"email": "x@e.example", "role": "owner"}),
        ):
            assert code_of(response) == "permission_denied"
        assert admin.patch(f"users/{world.bob.pk}/", {"role": "viewer"}).status_code == 200

    def test_the_plan_has_room_for_so_many(self, alice: Caller, world: World) -> None:
        world.home.plan.max_users = 2
        world.home.plan.save(update_fields=["max_users"])

        response = alice.post("users/", {"email": "x@e.example", "role": "viewer"})

        assert code_of(response) == "plan_limit_reached"
        assert response.json()["limit"] == 2


class TestSites:
    def test_a_site_from_adding_to_deleting(self, alice: Caller, gardens: Industry) -> None:
        added = alice.post("sites/", FULL)
        assert added.status_code == 201
        site = added.json()
        assert (site["slug"], site["domain"], site["industry"]) == (
            "my-shop",
            "shop.example.com",
            "gardens",
        )
        assert "s3cret" not in added.content.decode()
        assert "wp_app_password" not in site
        assert Site.objects.get().wp_app_password == "s3cret words"

        changed = alice.patch(f"sites/{site['id']}/", {"name": "Renamed", "industry": None})
        assert (changed.json()["name"], changed.json()["industry"]) == ("Renamed", None)
        same = alice.patch(f"sites/{site['id']}/", {"name": "Renamed"})
        assert same.status_code == 200

        assert alice.delete(f"sites/{site['id']}/").status_code == 204
        assert code_of(alice.get(f"sites/{site['id']}/")) == "not_found"
        assert alice.get("sites/").json()["results"] == []

    def test_a_repeat_with_its_key_adds_nothing(self, alice: Caller, gardens: Industry) -> None:
        first = alice.post("sites/", FULL, key="s1")
        again = alice.post("sites/", FULL, key="s1")
        other = alice.post("sites/", FULL | {"name": "x"}, key="s1")

        assert again.json() == first.json()
        assert again["Idempotent-Replayed"] == "true"
        assert code_of(other) == "idempotency_key_reused"
        assert Site.objects.count() == 1

    def test_a_final_refusal_is_repeated_too(self, alice: Caller) -> None:
        first = alice.post("sites/", {"name": "x", "domain": "no domain"}, key="s1")
        again = alice.post("sites/", {"name": "x", "domain": "no domain"}, key="s1")

        assert code_of(first) == code_of(again) == "validation_error"
        assert again["Idempotent-Replayed"] == "true"
        assert again.json()["errors"] == first.json()["errors"]
        assert again.json()["instance"] != first.json()["instance"]

    def test_the_plan_has_room_for_so_many(self, alice: Caller, world: World) -> None:
        world.home.plan.max_sites = 1
        world.home.plan.save(update_fields=["max_sites"])
        assert alice.post("sites/", {"name": "One"}).status_code == 201

        response = alice.post("sites/", {"name": "Two"})

        assert (code_of(response), response.json()["limit"]) == ("plan_limit_reached", 1)

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"domain": "not a domain"}, "/domain"),
            ({"slug": "Not A Slug"}, "/slug"),
            ({"industry": "unheard-of"}, "/industry"),
            ({"industry": 1}, "/industry"),
            ({"wp_url": "javascript:alert(1)"}, "/wp_url"),
            ({"name": ""}, "/name"),
            ({"api_key": "x"}, "/api_key"),
        ],
        ids=str,
    )
    def test_a_wrong_body_is_named(self, alice: Caller, changes: dict, pointer: str) -> None:
        response = alice.post("sites/", {"name": "x"} | changes)

        assert code_of(response) == "validation_error"
        assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]

    def test_a_slug_in_use_is_named(self, alice: Caller, world: World) -> None:
        make_site(world.home, slug="shop")

        response = alice.post("sites/", {"name": "x", "slug": "shop"})

        assert response.json()["errors"][0] | {"detail": ""} == {
            "pointer": "/slug",
            "code": "slug_taken",
            "detail": "",
        }


class TestKeys:
    def test_a_key_is_told_once_and_works(self, alice: Caller, world: World) -> None:
        site = make_site(world.home)

        response = alice.post(f"sites/{site.pk}/api-key/", {})

        assert response.status_code == 201
        told = response.json()
        assert told["key"].startswith(told["prefix"])
        plugin = Caller({"Authorization": f"Api-Key {told['key']}"})
        connected = plugin.get("wordpress/site/").json()
        assert (connected["id"], connected["account"]["slug"]) == (str(site.pk), "home-g8")
        assert "wp_app_password" not in connected

    def test_rotating_keeps_the_old_one_for_a_while(self, alice: Caller, world: World) -> None:
        site = make_site(world.home)
        keys, answers = [], []
        for hours in (0, 2, 0):
            made = alice.post(f"sites/{site.pk}/api-key/", {"overlap_hours": hours})
            keys.append(made.json()["key"])
            answers.append(
                [
                    Caller({"Authorization": f"Api-Key {key}"}).get("wordpress/site/").status_code
                    for key in keys
                ]
            )

        # The last one ends all before it, also the one that was still in its overlap.
        assert answers == [[200], [200, 200], [401, 401, 200]]

    def test_it_is_shown_without_the_key_itself(self, alice: Caller, world: World) -> None:
        address = f"sites/{make_site(world.home).pk}/api-key/"
        assert code_of(alice.get(address)) == "not_found"
        first = alice.post(address, {}).json()
        Caller({"Authorization": f"Api-Key {first['key']}"}).get("wordpress/site/")
        used = ApiKey.objects.get().last_used_at
        second = alice.post(address, {"overlap_hours": 2}).json()

        response = alice.get(address)

        ends = ApiKey.objects.get(prefix=first["prefix"]).expires_at
        assert response.json() == {
            "prefix": second["prefix"],
            "created_at": second["created_at"],
            "last_used_at": None,
            "replaced": [
                {
                    "prefix": first["prefix"],
                    "created_at": first["created_at"],
                    "last_used_at": used.isoformat().replace("+00:00", "Z"),
                    "expires_at": ends.isoformat().replace("+00:00", "Z"),
                }
            ],
        }
        for told in (first, second):
            assert told["key"].removeprefix(told["prefix"]) not in response.content.decode()
            ApiKey.objects.filter(prefix=told["prefix"]).update(expires_at=NOW)
            left = alice.get(address)
        assert code_of(left) == "not_found"

    def test_of_what_is_revoked_or_deleted_nothing_is_shown(
        self, alice: Caller, world: World
    ) -> None:
        site, other = make_site(world.home), make_site(world.home)
        for one in (site, other):
            alice.post(f"sites/{one.pk}/api-key/", {})
        alice.delete(f"sites/{site.pk}/api-key/")
        alice.delete(f"sites/{other.pk}/")

        for one in (site, other):
            assert code_of(alice.get(f"sites/{one.pk}/api-key/")) == "not_found"

    def test_revoking_ends_them_all(self, alice: Caller, world: World) -> None:
        site = make_site(world.home)
        key = alice.post(f"sites/{site.pk}/api-key/").json()["key"]

        assert alice.delete(f"sites/{site.pk}/api-key/").status_code == 204
        plugin = Caller({"Authorization": f"Api-Key {key}"})
        assert code_of(plugin.get("wordpress/site/")) == "invalid_api_key"
        assert code_of(alice.delete(f"sites/{site.pk}/api-key/")) == "state_conflict"

    @pytest.mark.parametrize("hours", [-1, 169, "2", 1.5, True])
    def test_an_overlap_has_its_bounds(self, alice: Caller, world: World, hours: object) -> None:
        site = make_site(world.home)

        response = alice.post(f"sites/{site.pk}/api-key/", {"overlap_hours": hours})

        assert response.json()["errors"][0]["pointer"] == "/overlap_hours"
        assert not ApiKey.objects.exists()


class TestSectors:
    def test_a_sector_from_adding_to_deleting(self, alice: Caller, gardens: Industry) -> None:
        site = alice.post("sites/", FULL).json()["id"]
        added = alice.post(f"sites/{site}/sectors/", {"name": "R", "industry_sector": "roses"})
        assert added.status_code == 201
        sector = added.json()
        assert sector["industry_sector"] == "roses"
        address = f"sites/{site}/sectors/{sector['id']}/"
        assert alice.patch(address, {"name": "Red roses"}).json()["name"] == "Red roses"
        assert alice.delete(address).status_code == 204
        assert alice.get(f"sites/{site}/sectors/").json() == {"results": []}
        assert code_of(alice.get(address)) == "not_found"

    @pytest.mark.parametrize("slug", ["weeds", "unheard-of"])
    def test_only_what_the_industry_offers(
        self, alice: Caller, gardens: Industry, slug: str
    ) -> None:
        site = alice.post("sites/", FULL).json()["id"]

        response = alice.post(f"sites/{site}/sectors/", {"name": "R", "industry_sector": slug})

        assert response.json()["errors"][0]["pointer"] == "/industry_sector"

    def test_five_and_no_more(self, alice: Caller, world: World) -> None:
        site = make_site(world.home)
        for number in range(5):
            added = alice.post(f"sites/{site.pk}/sectors/", {"name": f"Sector {number}"})
            assert added.status_code == 201

        response = alice.post(f"sites/{site.pk}/sectors/", {"name": "Sixth"})

        assert code_of(response) == "plan_limit_reached"


def test_industries_come_with_what_they_offer(alice: Caller, gardens: Industry) -> None:
    make_industry(is_active=False)

    assert alice.get("industries/").json() == {
        "results": [
            {
                "slug": "gardens",
                "name": "Gardens",
                "sectors": [{"slug": "roses", "name": "Roses"}],
            }
        ]
    }
