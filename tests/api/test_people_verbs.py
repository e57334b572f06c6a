"""People over HTTP: locked out and let back in, the owner, invitations taken back."""

import pytest

from tenancy.api import tokens
from tenancy.models import AuditEvent, User
from tenancy.roles import Role
from tenancy.services import users
from tests.api.world import Caller, anybody, by_session, by_token, code_of
from tests.conftest import World
from tests.factories import REASON, make_site, make_user
from tests.racing import a_copy


class TestBackIn:
    def test_who_was_locked_out_is_let_back_in(self, world: World) -> None:
        alice, address = by_token(world.alice), f"users/{world.bob.pk}"
        assert alice.post(f"{address}/deactivate/").json()["is_active"] is False

        response = alice.post(f"{address}/reactivate/")

        assert (response.status_code, response.json()["is_active"]) == (200, True)
        assert code_of(alice.post(f"{address}/reactivate/")) == "state_conflict"

    def test_what_they_held_before_is_over(self, world: World) -> None:
        before, session = tokens.issue(world.bob), by_session(world.bob)
        assert session.get("auth/me/").status_code == 200
        users.deactivate(user=world.bob, by=world.sam, reason=REASON)
        users.reactivate(user=world.bob, by=world.sam, reason=REASON)

        access = Caller({"Authorization": f"Bearer {before['access']}"}).get("auth/me/")
        refresh = anybody().post("auth/refresh/", {"refresh": before["refresh"]})

        for response in (access, refresh):
            assert (response.status_code, code_of(response)) == (401, "token_invalid")
        assert code_of(session.get("auth/me/")) == "not_authenticated"
        assert by_token(world.bob).get("auth/me/").status_code == 200

    def test_the_seat_may_be_taken_by_then(self, world: World) -> None:
        alice, address = by_token(world.alice), f"users/{world.bob.pk}"
        alice.post(f"{address}/deactivate/")
        invited = alice.post("users/", {"email": "x@e.example", "role": "viewer"})
        assert invited.status_code == 201

        response = alice.post(f"{address}/reactivate/")

        assert code_of(response) == "plan_limit_reached"
        assert (response.json()["limit"], response.json()["used"]) == (2, 2)
        assert not a_copy(world.bob).is_active


class TestAnInvitation:
    def test_is_told_from_who_joined_and_withdrawn(self, world: World) -> None:
        world.bob.set_password("correct horse battery")
        world.bob.save(update_fields=["password"])
        waiting = make_user(world.home, role=Role.VIEWER, email="zoe@shop.example")
        alice, address = by_token(world.alice), f"users/{waiting.pk}/"
        listed = {one["email"]: one["joined"] for one in alice.get("users/").json()["results"]}
        assert (listed["bob@homeg8.example"], listed["zoe@shop.example"]) == (True, False)

        response = alice.delete(address)

        assert (response.status_code, response.content) == (204, b"")
        assert code_of(alice.delete(address)) == code_of(alice.get(address)) == "not_found"
        assert "removed" not in alice.get("users/").content.decode()
        body = {"email": "zoe@shop.example", "role": "viewer"}
        assert by_token(world.charlie).post("users/", body).status_code == 201

    def test_of_who_joined_is_over(self, world: World) -> None:
        joined = make_user(world.home, role=Role.VIEWER, password="correct horse battery")

        response = by_token(world.alice).delete(f"users/{joined.pk}/")

        assert (code_of(response), response.json()["current"]) == ("state_conflict", "joined")
        assert a_copy(joined).account == world.home


class TestTheOwner:
    def test_hands_the_account_over(self, world: World) -> None:
        alice = by_token(world.alice)

        response = alice.post(f"users/{world.bob.pk}/make-owner/")

        assert (response.status_code, response.json()["role"]) == (200, "owner")
        assert a_copy(world.home).owner == world.bob
        assert alice.get("auth/me/").json()["user"]["role"] == "admin"
        again = alice.post(f"users/{world.bob.pk}/make-owner/")
        assert code_of(again) == "permission_denied"

    def test_nobody_else_does_not_even_with_the_role(self, world: World) -> None:
        for role in (Role.OWNER, Role.DEVELOPER, Role.ADMIN):
            colleague = by_token(make_user(world.home, role=role))
            response = colleague.post(f"users/{world.bob.pk}/make-owner/")
            assert code_of(response) == "permission_denied"
        assert a_copy(world.home).owner == world.alice

    def test_is_not_locked_out(self, world: World) -> None:
        admin = by_token(make_user(world.home, password="correct horse battery"))

        response = admin.post(f"users/{world.alice.pk}/deactivate/")

        assert code_of(response) == "state_conflict"
        assert "owner first" in response.json()["detail"]


class TestWhoSeesASite:
    def test_a_viewer_sees_what_is_given_to_them(self, world: World) -> None:
        viewer = make_user(world.home, role=Role.VIEWER)
        alice, they = by_token(world.alice), by_token(viewer)
        site = make_site(world.home)
        address = f"sites/{site.pk}/users/{viewer.pk}/"
        assert they.get("sites/").json()["results"] == []

        for _ in range(2):
            given = alice.put(address)
            assert (given.status_code, given.json()["id"]) == (200, str(viewer.pk))

        assert [one["id"] for one in they.get("sites/").json()["results"]] == [str(site.pk)]
        listed = alice.get(f"sites/{site.pk}/users/").json()
        assert [one["email"] for one in listed["results"]] == [viewer.email]
        assert AuditEvent.objects.filter(verb="site_given").count() == 1

        for _ in range(2):
            assert alice.delete(address).status_code == 204
        assert they.get("sites/").json()["results"] == []
        assert AuditEvent.objects.filter(verb="site_taken").count() == 1

    def test_who_sees_all_is_given_none(self, world: World) -> None:
        address = f"sites/{make_site(world.home).pk}/users/{world.alice.pk}/"

        response = by_token(world.alice).put(address)

        assert (code_of(response), response.json()["current"]) == ("state_conflict", "owner")


class TestTheBot:
    """It stands on no rung of the ladder: to a customer's people it is out of reach."""

    @pytest.fixture
    def bot(self, world: World) -> User:
        return make_user(world.home, role=Role.SYSTEM_BOT)

    @pytest.mark.parametrize("role", [role for role in Role if role != Role.DEVELOPER])
    def test_no_customer_reaches_it(self, world: World, bot: User, role: Role) -> None:
        caller = by_token(make_user(world.home, role=role))

        for response in (
            caller.patch(f"users/{bot.pk}/", {"role": "viewer"}),
            caller.post(f"users/{bot.pk}/deactivate/"),
        ):
            assert code_of(response) == "permission_denied"
        assert (a_copy(bot).role, a_copy(bot).is_active) == (Role.SYSTEM_BOT, True)

    def test_a_developer_locks_it_out_and_leaves_its_role(self, world: World, bot: User) -> None:
        developer = by_token(make_user(world.home, role=Role.DEVELOPER))

        assert code_of(developer.patch(f"users/{bot.pk}/", {"role": "viewer"})) == "state_conflict"
        assert developer.post(f"users/{bot.pk}/deactivate/").json()["is_active"] is False
