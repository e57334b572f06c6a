"""One's own password over HTTP, changed or forgotten; and invitations that come in the end."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import LazySettings
from django.core import mail
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from tenancy.api import tokens
from tenancy.models import AuditEvent, User
from tenancy.services import lifecycle
from tests.api.world import Caller, anybody, by_session, by_token, code_of
from tests.conftest import World
from tests.factories import NOW, REASON, make_account, make_user
from tests.mailing import work_off
from tests.racing import a_copy, at_once

OLD = "the old password 1"
NEW = "correct horse battery"


def with_password(user: User) -> User:
    user.set_password(OLD)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def alice(world: World) -> User:
    return with_password(world.alice)


def change(caller: Caller, old: str = OLD, new: str = NEW) -> object:
    return caller.post("auth/password/", {"old_password": old, "new_password": new})


def forgot(email: str) -> object:
    return anybody().post("auth/forgot/", {"email": email})


def faults(response: object) -> set[tuple[str, str]]:
    assert code_of(response) == "validation_error"
    return {(fault["pointer"], fault["code"]) for fault in response.json()["errors"]}


class TestChange:
    def test_it_gives_a_new_pair_and_ends_every_other(self, alice: User) -> None:
        here, there, cookie = by_token(alice), by_token(alice), by_session(alice)
        refresh = tokens.issue(alice)["refresh"]

        response = change(here)

        pair = response.json()
        assert set(pair) == {"access", "refresh"}
        assert a_copy(alice).check_password(NEW)
        new = Caller({"Authorization": f"Bearer {pair['access']}"})
        assert new.get("auth/me/").json()["user"]["email"] == alice.email
        assert code_of(here.get("auth/me/")) == code_of(there.get("auth/me/")) == "token_invalid"
        assert code_of(cookie.get("auth/me/")) == "not_authenticated"
        for token, code in ((refresh, "token_invalid"), (pair["refresh"], "")):
            assert code_of(anybody().post("auth/refresh/", {"refresh": token})) == code
        event = AuditEvent.objects.get(verb="password_set")
        assert (event.actor, event.account, event.door) == (alice, alice.account, "api")
        assert alice.history.latest().history_user == alice

    def test_a_wrong_old_one_is_named_and_counts_as_a_wrong_login(self, alice: User) -> None:
        caller = by_token(alice)
        for _ in range(5):
            response = change(caller, old="wrong")
            assert response.status_code == 400
            assert faults(response) == {("/old_password", "wrong_password")}

        # It rests now, here and for a login, also with the right one; whoever is in stays in.
        assert faults(change(caller)) == {("/old_password", "wrong_password")}
        login = anybody().post("auth/login/", {"email": alice.email, "password": OLD})
        assert code_of(login) == "invalid_credentials"
        assert caller.get("auth/me/").status_code == 200
        assert a_copy(alice).check_password(OLD)

    def test_a_weak_new_one_is_refused_with_every_reason(self, alice: User) -> None:
        assert faults(change(by_token(alice), new="1234")) == {
            ("/new_password", "password_too_short"),
            ("/new_password", "password_too_common"),
            ("/new_password", "password_entirely_numeric"),
        }
        assert a_copy(alice).check_password(OLD)

    def test_who_has_no_password_yet_changes_none(self, world: World) -> None:
        assert faults(change(by_token(world.bob), old="")) == {("/old_password", "blank")}
        assert faults(change(by_token(world.bob))) == {("/old_password", "wrong_password")}

    def test_also_in_a_blocked_account_and_by_session(self, alice: User, world: World) -> None:
        lifecycle.suspend(account=world.home, code="abuse", by=None, reason=REASON, now=NOW)

        assert change(by_session(alice)).status_code == 200

    def test_of_eight_at_once_one_counts(self, committed_world: World) -> None:
        user = with_password(committed_world.alice)
        token = by_token(user).headers
        callers = [Caller(token, APIClient()) for _ in range(8)]

        outcomes = at_once(
            *(partial(change, one, new=f"{NEW} {n}") for n, one in enumerate(callers))
        )

        codes = sorted(code_of(outcome.result) for outcome in outcomes)
        assert codes[0] == ""
        assert set(codes[1:]) <= {"validation_error", "token_invalid"}
        assert AuditEvent.objects.filter(verb="password_set").count() == 1

    def test_no_answer_is_kept(self, alice: User) -> None:
        body = {"old_password": OLD, "new_password": NEW}
        by_token(alice).post("auth/password/", body, key="k")

        again = by_token(a_copy(alice)).post("auth/password/", body, key="k")

        assert faults(again) == {("/old_password", "wrong_password")}


class TestForgot:
    def test_from_the_mail_to_being_signed_in(self, alice: User) -> None:
        held = by_token(alice)
        assert forgot(alice.email).status_code == 202
        assert mail.outbox == []
        (letter,) = work_off()
        token = letter.body.split("token=")[1].split()[0]

        answer = anybody().post(
            "auth/accept/", {"email": alice.email, "token": token, "password": NEW}
        )

        assert answer.json()["user"]["email"] == alice.email
        assert AuditEvent.objects.get(verb="password_reset").door == "api"
        assert code_of(held.get("auth/me/")) == "token_invalid"

    def test_the_answer_is_one_whoever_is_asked_for(self, alice: User, world: World) -> None:
        ghost = make_user(make_account(deleted=True))
        out = make_user(world.other, is_active=False)
        emails = [alice.email, "nobody@one.example", ghost.email, out.email, world.sam.email]

        answers = [forgot(email) for email in emails]

        for answer in answers:
            answer.headers.pop("X-Request-Id")
        assert (
            len({(a.status_code, a.content, str(sorted(a.headers.items()))) for a in answers}) == 1
        )
        assert DBTaskResult.objects.count() == len(emails)

    @pytest.mark.parametrize("email", ["nonsense", '"bob"@gmail.com', "bob@gma\u00adil.com"])
    def test_what_is_no_address_is_named(self, db: None, email: str) -> None:
        assert {pointer for pointer, _ in faults(forgot(email))} == {"/email"}


class TestInvitingWhileTheMailServerIsAway:
    BODY = {"email": "new@homeg8.example", "role": "editor"}

    @pytest.mark.parametrize("key", ["", "invite-1"])
    def test_it_is_answered_and_the_mail_comes_later(
        self, world: World, settings: LazySettings, key: str
    ) -> None:
        world.home.plan.max_users = 5
        world.home.plan.save(update_fields=["max_users"])
        works = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "tests.tenancy.test_password_links.BrokenServer"

        first = by_token(world.alice).post("users/", self.BODY, key=key)
        again = by_token(world.alice).post("users/", self.BODY, key=key)

        assert first.status_code == again.status_code == 201
        user = User.objects.get(email=self.BODY["email"])
        queued = [row.args_kwargs["args"] for row in DBTaskResult.objects.all()]
        # Repeated with its key nothing is done again; without one it asks for another link.
        assert queued == [[user.pk]] * (1 if key else 2)
        assert work_off() == []
        failed = AuditEvent.objects.filter(verb="email_failed").first()
        assert failed.after["recipient"] == user.email

        settings.EMAIL_BACKEND = works
        DBTaskResult.objects.update(run_after=failed.at - timedelta(seconds=1))
        letters = work_off()

        assert {letter.to[0] for letter in letters} == {user.email}
        token = letters[0].body.split("token=")[1].split()[0]
        accepted = {"email": user.email, "token": token, "password": NEW}
        assert anybody().post("auth/accept/", accepted).status_code == 200


@pytest.mark.parametrize("written", ["bob@bücher.de", "Bob@XN--BCHER-KVA.de", "bob@ｂücher.de"])
def test_a_login_works_in_either_form_and_is_counted_as_one(world: World, written: str) -> None:
    user = with_password(make_user(world.home, email="bob@xn--bcher-kva.de"))

    def login(email: str, password: str) -> object:
        return anybody().post("auth/login/", {"email": email, "password": password})

    assert login(written, OLD).json()["user"]["email"] == user.email
    for email in ("bob@bücher.de", "bob@xn--bcher-kva.de", "bob@ｂücher.de", written, written):
        assert code_of(login(email, "wrong")) == "invalid_credentials"
    assert code_of(login(written, OLD)) == "invalid_credentials"
