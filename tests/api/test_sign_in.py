"""Login, refresh, logout, invitations: who is told what, and how often a token works."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.conf import LazySettings
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from console import settings as production
from tenancy.api import tokens
from tenancy.models import AuditEvent, User
from tenancy.services import invitations, lifecycle, users
from tenancy.services.password_links import link_tokens
from tests.api.test_docs_page import codes_of
from tests.api.world import Caller, anybody, by_token, code_of
from tests.conftest import World
from tests.factories import DAY, NOW, REASON, make_account, make_plan, make_user, put
from tests.mailing import work_off
from tests.racing import Meeting, a_copy, at_once

PASSWORD = "correct horse battery staple"


@pytest.fixture
def alice(world: World) -> User:
    world.alice.set_password(PASSWORD)
    world.alice.save(update_fields=["password"])
    return world.alice


def login(email: str, password: str = PASSWORD) -> object:
    return anybody().post("auth/login/", {"email": email, "password": password})


class TestLogin:
    def test_it_gives_tokens_person_and_account(self, alice: User) -> None:
        response = login("Alice@HomeG8.example")

        assert response.status_code == 200
        answer = response.json()
        assert set(answer) == {"access", "refresh", "user", "account"}
        assert answer["user"]["role"] == "owner"
        assert answer["account"]["slug"] == "home-g8"
        alice.refresh_from_db()
        assert alice.last_login is not None
        kept = AuditEvent.objects.get(verb="signed_in")
        assert (kept.account, kept.actor, kept.door) == (alice.account, alice, "api")

    def test_in_production_it_is_by_argon2(self, alice: User, settings: LazySettings) -> None:
        settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
        alice.set_password(PASSWORD)
        alice.save(update_fields=["password"])

        assert alice.password.startswith("argon2$argon2id$")
        assert login(alice.email).status_code == 200
        assert code_of(login(alice.email, "wrong password")) == "invalid_credentials"

    def test_every_wrong_login_is_answered_alike(self, alice: User, world: World) -> None:
        users.deactivate(user=world.bob, by=world.sam, reason=REASON)
        world.bob.set_password(PASSWORD)
        world.bob.save(update_fields=["password"])
        gone = make_account(status="active", deleted=True)
        ghost = make_user(gone)
        for user in (world.olga, ghost):
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
        wrong = [
            login("alice@homeg8.example", "wrong password"),
            login("nobody@example.com"),
            login("bob@homeg8.example"),  # deactivated
            login("olga@example.com"),  # of no account
            login(ghost.email),  # of a deleted account
            login("charlie@tacbit.example"),  # has no password yet
        ]

        assert {code_of(response) for response in wrong} == {"invalid_credentials"}
        assert not AuditEvent.objects.filter(verb="signed_in").exists()
        bodies = [response.json() | {"instance": ""} for response in wrong]
        assert all(body == bodies[0] for body in bodies)

    def test_an_unknown_login_costs_a_password_check_too(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed = []
        hasher = "django.contrib.auth.hashers.MD5PasswordHasher.encode"
        monkeypatch.setattr(hasher, lambda self, password, salt: hashed.append(1) or "md5$a$b")

        for email in ("alice@homeg8.example", "nobody@example.com"):
            hashed.clear()
            login(email, "wrong password")
            assert hashed == [1], email

    def test_a_blocked_account_signs_in_to_see_why(self, alice: User, world: World) -> None:
        lifecycle.suspend(account=world.home, code="manual", by=world.sam, reason=REASON, now=NOW)

        answer = login("alice@homeg8.example").json()

        assert answer["account"]["status_reason"] == "manual"
        assert by_token(alice).get("account/").json()["access"]["allowed"] is False

    def test_a_login_that_is_guessed_rests_and_says_no_more(self, alice: User) -> None:
        for _ in range(5):
            assert code_of(login("alice@homeg8.example", "wrong password")) == "invalid_credentials"

        response = login("alice@homeg8.example")

        assert code_of(response) == "invalid_credentials"
        assert response.status_code == 401
        assert "15 minutes" in response.json()["detail"]

    def test_so_it_does_for_a_whole_network_of_ipv6(self, alice: User) -> None:
        def answer(password: str, address: str) -> int:
            body = {"email": "alice@homeg8.example", "password": password}
            return APIClient().post("/api/v1/auth/login/", body, REMOTE_ADDR=address).status_code

        for number in range(5):
            assert answer("wrong password", f"2001:db8:1:2::{number}") == 401

        assert answer(PASSWORD, "2001:db8:1:2:ffff::1") == 401
        assert answer(PASSWORD, "2001:db8:1:3::1") == 200

    def test_a_right_password_forgets_the_wrong_ones(self, alice: User) -> None:
        for _ in range(3):
            for _ in range(3):
                login("alice@homeg8.example", "wrong password")
            assert login("alice@homeg8.example").status_code == 200


class TestRefresh:
    def test_it_gives_a_new_pair_once(self, world: World) -> None:
        refresh = tokens.issue(world.alice)["refresh"]

        first = anybody().post("auth/refresh/", {"refresh": refresh})
        second = anybody().post("auth/refresh/", {"refresh": refresh})

        assert set(first.json()) == {"access", "refresh"}
        assert code_of(second) == "token_invalid"
        again = anybody().post("auth/refresh/", {"refresh": first.json()["refresh"]})
        assert again.status_code == 200

    def test_nobody_deleted_deactivated_or_blocked_goes_on(self, world: World) -> None:
        def refused(user: User, change: Callable[[], object]) -> str:
            refresh = tokens.issue(user)["refresh"]
            change()
            return code_of(anybody().post("auth/refresh/", {"refresh": refresh}))

        spare = make_user(world.home)
        put_off = lambda: users.deactivate(user=world.bob, by=world.sam, reason=REASON)  # noqa: E731
        suspend = lambda: lifecycle.suspend(  # noqa: E731
            account=world.home, code="abuse", by=world.sam, reason=REASON, now=NOW
        )
        assert refused(spare, lambda: spare.delete()) == "token_invalid"
        assert refused(world.bob, put_off) == "user_inactive"
        assert refused(world.alice, suspend) == "account_suspended"
        assert refused(world.olga, lambda: None) == "token_invalid"
        gone = {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW}
        assert refused(world.charlie, lambda: put(world.other, **gone)) == "token_invalid"

    def test_a_block_does_not_use_the_token_up(self, world: World) -> None:
        refresh = tokens.issue(world.charlie)["refresh"]
        put(world.other, plan=make_account(plan=world.other.plan).plan)
        world.other.plan.is_active = False
        world.other.plan.save(update_fields=["is_active"])
        assert code_of(anybody().post("auth/refresh/", {"refresh": refresh})) == "plan_inactive"

        world.other.plan.is_active = True
        world.other.plan.save(update_fields=["is_active"])

        assert anybody().post("auth/refresh/", {"refresh": refresh}).status_code == 200

    @pytest.mark.parametrize(
        "block",
        [
            {"status": "suspended", "status_reason": "manual"},
            {"status": "suspended", "status_reason": "payment_failed"},
            {"status": "cancelled"},
            {"trial_ends_at": NOW},
        ],
    )
    def test_of_who_signs_in_during_a_block_it_goes_on(
        self, world: World, block: dict[str, object]
    ) -> None:
        before = refresh_of(world.charlie)
        put(world.other, status_changed_at=NOW, **block)
        during = refresh_of(a_copy(world.charlie))

        pair = anybody().post("auth/refresh/", {"refresh": during}).json()
        again = anybody().post("auth/refresh/", {"refresh": pair["refresh"]}).json()

        caller = Caller({"Authorization": f"Bearer {again['access']}"})
        assert caller.get("account/").json()["access"]["allowed"] is False
        assert caller.get("billing/invoices/").status_code == 200
        assert caller.get("users/").status_code in (402, 403)
        refused = anybody().post("auth/refresh/", {"refresh": before})
        assert code_of(refused) == code_of(caller.get("users/"))

    def test_but_not_through_the_next_block(self, world: World) -> None:
        suspended = {"status": "suspended", "status_reason": "manual"}
        put(world.home, status_changed_at=NOW, **suspended)
        during = refresh_of(a_copy(world.alice))
        works = {"status": "active", "status_reason": "", "status_changed_at": NOW + DAY}
        put(world.home, **works)
        put(world.home, status_changed_at=NOW + 2 * DAY, **suspended)

        assert code_of(anybody().post("auth/refresh/", {"refresh": during})) == "account_suspended"

        put(world.home, **works)
        assert anybody().post("auth/refresh/", {"refresh": during}).status_code == 200

    def test_a_trial_that_is_over_is_one_block_whenever_the_day_suspends_it(
        self, world: World
    ) -> None:
        put(world.other, trial_ends_at=NOW)
        during = refresh_of(a_copy(world.charlie))
        assert lifecycle.expire_trial(account=world.other, now=NOW + DAY)

        assert anybody().post("auth/refresh/", {"refresh": during}).status_code == 200

    @pytest.mark.parametrize("text", ["x", "é", "a.b.c", "x" * 2000])
    def test_what_is_no_token_is_refused(self, db: None, text: str) -> None:
        assert code_of(anybody().post("auth/refresh/", {"refresh": text})) == "token_invalid"

    def test_an_access_token_is_no_refresh_token(self, world: World) -> None:
        access = tokens.issue(world.alice)["access"]

        assert code_of(anybody().post("auth/refresh/", {"refresh": access})) == "token_invalid"

    def test_an_expired_one_is_expired(
        self, world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens.RefreshToken, "lifetime", timedelta(seconds=-1))
        refresh = tokens.issue(world.alice)["refresh"]

        assert code_of(anybody().post("auth/refresh/", {"refresh": refresh})) == "token_expired"


@pytest.mark.parametrize("path", ["auth/refresh/", "auth/logout/"])
def test_what_a_token_is_refused_with_is_described(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    states = [
        {"status": "suspended", "status_reason": "trial_expired"},
        {"status": "suspended", "status_reason": "payment_failed"},
        {"status": "suspended", "status_reason": "manual"},
        {"status": "cancelled"},
        {"status": "active", "plan": make_plan(is_active=False)},
        {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW},
    ]
    held = [refresh_of(make_user(world.home, is_active=False)), refresh_of(world.alice)]
    for state in states:
        account = make_account(status="active")
        held.append(refresh_of(make_user(account)))
        put(account, **state)
    answered = {code_of(anybody().post(path, {"refresh": refresh})) for refresh in held}
    monkeypatch.setattr(tokens.RefreshToken, "lifetime", timedelta(seconds=-1))
    answered.add(code_of(anybody().post(path, {"refresh": refresh_of(world.alice)})))

    # The door out is open to everybody whose token has not expired.
    assert len(answered) == (9 if path == "auth/refresh/" else 2)
    assert answered - codes_of("POST", path) == {""}


def refresh_of(user: User) -> str:
    return tokens.issue(user)["refresh"]


class TestRefreshAtOnce:
    """Of eight calls with one token, one gets the next pair."""

    CALLS = 8

    def test_exactly_one_succeeds(self, committed_world: World) -> None:
        callers = [Caller(client=APIClient()) for _ in range(self.CALLS)]
        for _ in range(3):
            body = {"refresh": tokens.issue(committed_world.alice)["refresh"]}

            outcomes = at_once(*(partial(one.post, "auth/refresh/", body) for one in callers))

            codes = [code_of(outcome.result) for outcome in outcomes]
            assert sorted(codes) == ["", *["token_invalid"] * (self.CALLS - 1)]

    def test_looking_first_and_writing_after_lets_all_through(self, committed_world: World) -> None:
        """The control: so a library does it, and the test above would see it."""
        refresh = tokens.issue(committed_world.alice)["refresh"]
        looked = Meeting(self.CALLS)

        def naive() -> bool:
            jti = tokens.read_refresh(refresh)["jti"]
            used = BlacklistedToken.objects.filter(token__jti=jti).exists()
            looked.wait()
            BlacklistedToken.objects.get_or_create(token=OutstandingToken.objects.get(jti=jti))
            return not used

        outcomes = at_once(*[naive] * self.CALLS)

        assert sum(outcome.result for outcome in outcomes) == self.CALLS


class TestLogout:
    def test_the_refresh_token_ends(self, world: World) -> None:
        refresh = tokens.issue(world.alice)["refresh"]

        response = anybody().post("auth/logout/", {"refresh": refresh})

        assert (response.status_code, response.content) == (204, b"")
        assert code_of(anybody().post("auth/refresh/", {"refresh": refresh})) == "token_invalid"
        assert code_of(anybody().post("auth/logout/", {"refresh": refresh})) == "token_invalid"


class TestInvitation:
    def test_from_the_mail_to_being_signed_in(self, world: World) -> None:
        body = {"email": "New@homeg8.example", "role": "editor"}
        put(world.home, plan=world.other.plan)
        world.other.plan.max_users = 5
        world.other.plan.save(update_fields=["max_users"])
        invited = by_token(world.alice).post("users/", body, key="invite-1")
        assert invited.status_code == 201
        (letter,) = work_off()
        assert letter.to == ["new@homeg8.example"]
        token = letter.body.split("token=")[1].split()[0]
        assert token not in invited.content.decode()
        accept = {"email": "new@homeg8.example", "token": token, "password": PASSWORD}

        response = anybody().post("auth/accept/", accept)

        assert response.json()["user"]["role"] == "editor"
        assert login("new@homeg8.example").status_code == 200
        again = anybody().post("auth/accept/", accept)
        assert code_of(again) == "validation_error"
        assert again.json()["errors"][0]["code"] == "invitation_over"
        assert again.json()["errors"][0]["pointer"] == "/token"

    def test_a_weak_password_is_refused_by_name(self, world: World) -> None:
        waiting = invitations.invite(
            account=world.other, email="n@e.example", role="viewer", by=None, reason=REASON
        )

        response = anybody().post(
            "auth/accept/",
            {
                "email": "n@e.example",
                "token": link_tokens.make_token(waiting),
                "password": "12345678",
            },
        )

        faults = response.json()["errors"]
        assert {fault["pointer"] for fault in faults} == {"/password"}
        assert {"password_too_short", "password_entirely_numeric"} <= {f["code"] for f in faults}


def test_what_nobody_can_use_any_more_is_forgotten(world: World) -> None:
    tokens.issue(world.alice)
    tokens.claim(tokens.read_refresh(tokens.issue(world.alice)["refresh"]))
    OutstandingToken.objects.filter(blacklistedtoken__isnull=False).update(
        expires_at=timezone.now() - timedelta(days=1)
    )

    tokens.forget_expired(now=timezone.now())

    assert OutstandingToken.objects.count() == 1
    assert not BlacklistedToken.objects.exists()
