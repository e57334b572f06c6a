"""A session needs the CSRF token, and only the company's own act for another account."""

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from console.settings.api import Rate
from tenancy.models import AuditEvent, ThrottleCounter, User
from tenancy.roles import Role
from tests.api.world import Caller, by_key, by_session, by_token, code_of
from tests.conftest import World
from tests.factories import make_account, make_site, make_staff, make_user, put


class TestCsrf:
    @pytest.fixture
    def signed_in(self, world: World) -> Caller:
        caller = Caller(client=APIClient(enforce_csrf_checks=True))
        caller.client.force_login(world.alice, backend="django.contrib.auth.backends.ModelBackend")
        return caller

    def test_a_session_needs_the_csrf_token_to_change_things(self, signed_in: Caller) -> None:
        body = {"operation": "clustering"}

        assert code_of(signed_in.post("credits/check/", body)) == "csrf_failed"
        assert signed_in.get("account/").status_code == 200

    def test_with_it_the_call_goes_through(self, signed_in: Caller) -> None:
        token = "a" * 32
        signed_in.client.cookies["csrf"] = token

        response = signed_in.post("credits/check/", {"operation": "clustering"}, X_CSRFToken=token)

        assert response.status_code == 200

    def test_a_token_beside_a_session_decides_and_needs_none(
        self, signed_in: Caller, world: World
    ) -> None:
        headers = by_token(world.charlie).headers

        response = signed_in.post("credits/check/", {"operation": "clustering"}, **headers)

        assert response.json()["available"] == 500  # charlie's


class TestOrder:
    """A body that is no JSON is the last thing that is said, also to a session."""

    TOKEN = "a" * 32

    @pytest.fixture
    def viewer(self, world: World) -> User:
        return make_user(world.home, role=Role.VIEWER)

    def call(self, user: User, *, token: str = TOKEN, kind: str = "application/json") -> str:
        caller = Caller(client=APIClient(enforce_csrf_checks=True))
        caller.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        caller.client.cookies["csrf"] = self.TOKEN
        return code_of(caller.post("sites/", b"{", X_CSRFToken=token, Content_Type=kind))

    def test_first_the_csrf_token(self, world: World) -> None:
        put(world.home, status="suspended", status_reason="manual")

        assert self.call(world.alice, token="b" * 32) == "csrf_failed"

    def test_then_the_account(self, world: World) -> None:
        put(world.home, status="suspended", status_reason="manual")

        assert self.call(world.alice) == "account_suspended"

    def test_then_how_often_by_account(
        self, world: World, viewer: User, settings: LazySettings
    ) -> None:
        settings.API_RATES = settings.API_RATES | {"write": Rate(2, 60)}

        codes = [self.call(user) for user in (world.alice, viewer, viewer)]

        assert codes == ["validation_error", "permission_denied", "rate_limited"]
        assert ThrottleCounter.objects.get().key == f"write:account:{world.home.pk}"

    def test_then_the_role(self, viewer: User) -> None:
        assert self.call(viewer) == "permission_denied"

    def test_the_body_at_last(self, world: World) -> None:
        assert self.call(world.alice) == "validation_error"

    @pytest.mark.parametrize(
        "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    )
    def test_no_token_is_looked_for_in_a_form(self, world: World, kind: str) -> None:
        assert self.call(world.alice, token="", kind=kind) == "csrf_failed"
        assert self.call(world.alice, kind=kind) == "unsupported_media_type"


class TestXAccount:
    @pytest.fixture
    def developer(self, world: World) -> Caller:
        company = make_account(name="AWS Admin", status="active", is_system=True)
        return by_token(make_user(company, role=Role.DEVELOPER, email="dev@igny8.example"))

    def test_it_names_the_account_that_is_meant(self, developer: Caller, world: World) -> None:
        assert developer.acting_for(world.home).get("account/").json()["slug"] == "home-g8"
        assert developer.get("account/").json()["name"] == "AWS Admin"

    def test_each_call_is_in_the_audit(self, developer: Caller, world: World) -> None:
        developer.acting_for(world.home).get("credits/")

        (event,) = AuditEvent.objects.filter(verb="acted_for_account")
        assert (event.account, event.actor_label) == (world.home, "dev@igny8.example")
        assert event.after == {"call": "GET /api/v1/credits/"}
        assert event.door == "api"

    @pytest.mark.parametrize("slug", ["nobody", "", "HOME-G8 x", "é", "x" * 5000])
    def test_a_name_of_nobody_is_not_found(self, developer: Caller, slug: str) -> None:
        response = developer.get("account/", X_Account=slug)

        assert code_of(response) == "not_found"

    def test_everyone_elses_is_refused_even_for_their_own(self, world: World) -> None:
        for user, account in ((world.alice, world.home), (world.alice, world.other)):
            response = by_token(user).acting_for(account).get("account/")
            assert code_of(response) == "permission_denied"
        assert not AuditEvent.objects.filter(verb="acted_for_account").exists()

    def test_a_keys_is_refused(self, world: World) -> None:
        caller = by_key(make_site(world.home)).acting_for(world.other)

        assert code_of(caller.get("wordpress/site/")) == "permission_denied"

    def test_staff_of_no_account_name_none(self, world: World) -> None:
        caller = by_session(make_staff(is_superuser=True)).acting_for(world.home)

        assert code_of(caller.get("account/")) == "permission_denied"

    def test_who_is_blocked_at_home_helps_nobody(self, world: World) -> None:
        blocked = make_account(status="suspended")
        developer = by_token(make_user(blocked, role=Role.DEVELOPER))

        assert code_of(developer.acting_for(world.home).get("account/")) == "account_suspended"

    def test_the_bot_spends_for_an_account_that_it_names(self, world: World) -> None:
        bot = by_token(
            make_user(make_account(status="active", is_system=True), role=Role.SYSTEM_BOT)
        ).acting_for(world.home)

        response = bot.post("credits/deduct/", {"operation": "clustering"}, key="bot-1")

        assert response.status_code == 201
        assert response.json()["available"] == 990
