"""Links to choose a password through: who is sent one, and what it does, once."""

import smtplib
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from console import passwords
from tenancy.api import tokens
from tenancy.api.problems import ApiError
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AuditEvent, Plan, User
from tenancy.services import invitations, lifecycle, password_links, users
from tenancy.services.password_links import InvitationOver, link_tokens
from tenancy.services.person_guards import StaffToo
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_account, make_user, put
from tests.mailing import work_off
from tests.racing import Meeting, a_copy, at_once, one_wins

PASSWORD = "correct horse battery"
GONE = {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW}


@pytest.fixture
def bob(world: World) -> User:
    """Somebody with a password, of an account that works."""
    world.bob.set_password("the old password 1")
    world.bob.save(update_fields=["password"])
    return world.bob


def link(user: User) -> str:
    """The token as an e-mail has it."""
    return link_tokens.make_token(a_copy(user))


def accept(user: User, token: str, password: str = PASSWORD) -> User:
    return password_links.accept(email=user.email, token=token, password=password)


def send(user: User, by: User | None = None) -> User:
    return password_links.send(user=user, by=by, reason=REASON)


def queue() -> list[object]:
    return [row.args_kwargs for row in DBTaskResult.objects.all()]


class TestForgotten:
    def test_a_link_comes_by_the_worker_and_sets_a_new_password_once(self, bob: User) -> None:
        password_links.forgotten(email=" Bob@HomeG8.example")
        assert mail.outbox == []

        (letter,) = work_off()

        assert (letter.to, letter.subject) == ([bob.email], "Choose a new password for IGNY8")
        assert "/password?email=bob%40homeg8.example&token=" in letter.body
        token = letter.body.split("token=")[1].split()[0]
        held = tokens.issue(bob)["access"]
        accept(bob, token)
        assert a_copy(bob).check_password(PASSWORD)
        event = AuditEvent.objects.get(verb="password_reset")
        assert (event.actor, event.account) == (bob, bob.account)
        with pytest.raises(ApiError):
            tokens.person_of(tokens.read_access(held))
        with refused(InvitationOver):
            accept(bob, token, "another good password")

    def test_known_or_not_it_is_the_same_work_and_no_address_is_queued(self, bob: User) -> None:
        asked = []
        for email in (bob.email, "nobody@one.example"):
            with CaptureQueriesContext(connection) as queries:
                password_links.forgotten(email=email)
            asked.append([query["sql"].split()[:3] for query in queries])

        assert asked[0] == asked[1]
        assert queue() == [
            {"args": [bob.pk], "kwargs": {}},
            {"args": [0], "kwargs": {}},
        ]
        assert [letter.to for letter in work_off()] == [[bob.email]]

    def test_who_is_out_is_sent_none(self, bob: User, world: World) -> None:
        gone = make_user(make_account(deleted=True))
        both = make_user(world.other, is_staff=True)
        users.deactivate(user=bob, by=None, reason=REASON)
        for user in (bob, gone, both, world.sam, world.olga):
            password_links.forgotten(email=user.email)

        assert work_off() == []
        assert not AuditEvent.objects.filter(verb__startswith="email").exists()

    def test_who_must_pay_is_sent_one_and_so_are_the_systems_people(self, bob: User) -> None:
        lifecycle.suspend(account=bob.account, code="abuse", by=None, reason=REASON, now=NOW)
        ours = make_user(make_account(is_system=True), role="developer")
        work_off()
        for user in (bob, ours):
            password_links.forgotten(email=user.email)

        assert [letter.to for letter in work_off()] == [[bob.email], [ours.email]]

    def test_who_has_no_password_yet_is_invited_again(self, world: World) -> None:
        password_links.forgotten(email=world.bob.email)

        (letter,) = work_off()

        assert letter.subject == f"You are invited to {world.home.name}"
        accept(world.bob, letter.body.split("token=")[1].split()[0])
        assert AuditEvent.objects.get(verb="invitation_accepted").actor == world.bob

    def test_asked_again_and_again_it_is_one_mail_in_five_minutes(
        self, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            password_links.forgotten(email=bob.email)
        assert len(work_off()) == 1
        later = timezone.now() + timedelta(minutes=5, seconds=1)
        monkeypatch.setattr("tenancy.services.password_links.timezone.now", lambda: later)

        password_links.forgotten(email=bob.email)

        assert len(work_off()) == 1

    def test_what_is_no_address_is_refused(self, db: None) -> None:
        with refused(InvalidValue):
            password_links.forgotten(email="nonsense")
        assert queue() == []


class TestSend:
    def test_support_has_one_sent_and_sees_no_token(self, bob: User, world: World) -> None:
        send(bob, world.sam)

        assert queue() == [{"args": [bob.pk], "kwargs": {}}]
        (letter,) = work_off()
        event = AuditEvent.objects.get(verb="sign_in_link_sent")
        token = letter.body.split("token=")[1].split()[0]
        assert (letter.to, event.actor, event.target_id) == ([bob.email], world.sam, str(bob.pk))
        assert not any(token in str(event.after) for event in AuditEvent.objects.all())
        # Nothing ends before the link is used; and staff may send another one at once.
        assert a_copy(bob).check_password("the old password 1")
        send(bob, world.sam)
        assert len(work_off()) == 1

    def test_some_are_sent_none(self, world: World) -> None:
        both = make_user(world.other, is_staff=True)
        gone, out = make_user(make_account(deleted=True)), make_user(world.other, is_active=False)
        with refused(StaffToo, says="console staff too"):
            send(both)
        with refused(StateConflict, says="under Staff"):
            send(world.sam)
        with refused(StateConflict, says="deleted"):
            send(gone)
        with refused(StateConflict, says="Let them back in first"):
            send(out)
        assert queue() == []

    def test_what_changed_before_the_worker_came_counts(self, bob: User, world: World) -> None:
        send(bob)
        send(world.charlie)
        users.deactivate(user=bob, by=None, reason=REASON)
        put(world.other, **GONE)

        assert work_off() == []

    def test_with_the_mail_server_away_it_comes_later_with_a_token_of_then(
        self, bob: User, settings: object
    ) -> None:
        away, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.BrokenServer"
        send(bob)
        assert work_off() == []
        failed = AuditEvent.objects.get(verb="email_failed")
        assert (failed.after["recipient"], failed.after["attempt"]) == (bob.email, 1)
        assert queue() == [{"args": [bob.pk, 2], "kwargs": {}}]

        settings.EMAIL_BACKEND = away
        DBTaskResult.objects.update(run_after=failed.at)
        (letter,) = work_off()

        assert accept(bob, letter.body.split("token=")[1].split()[0])

    def test_an_invitation_is_tried_three_times_more_and_then_a_person_must_look(
        self, world: World, settings: object
    ) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.BrokenServer"
        invite = partial(invitations.invite, account=world.home, email="zoe@shop.example")
        Plan.objects.update(max_users=9)
        zoe = invite(role="editor", by=world.alice, reason=REASON)

        for attempt, minutes in ((1, 5), (2, 60), (3, 360)):
            assert work_off() == []
            failed = AuditEvent.objects.filter(verb="email_failed").latest("id")
            assert (failed.after["mail"], failed.after["attempt"]) == ("invitation", attempt)
            waits = DBTaskResult.objects.get().run_after - failed.at
            assert abs(waits - timedelta(minutes=minutes)) < timedelta(minutes=1)
            DBTaskResult.objects.update(run_after=failed.at)
        assert work_off() == queue() == []
        assert a_copy(zoe).is_active

        # The way out: whoever invites them again has another one sent.
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        invite(role="editor", by=world.alice, reason=REASON)
        (letter,) = work_off()
        assert accept(zoe, letter.body.split("token=")[1].split()[0])


class TestAccept:
    def test_of_a_deleted_account_and_of_staff_alone_every_token_is_bad(
        self, bob: User, world: World
    ) -> None:
        put(world.home, **GONE)
        for user in (bob, world.sam, world.olga):
            with refused(InvitationOver, says="used or too old"):
                accept(user, link(user))

    def test_a_link_of_before_a_sign_in_or_another_password_is_over(self, bob: User) -> None:
        first, second = link(bob), link(bob)
        accept(bob, first)
        with refused(InvitationOver):
            accept(bob, second)
        third = link(bob)
        User.objects.filter(pk=bob.pk).update(last_login=timezone.now())
        with refused(InvitationOver):
            accept(bob, third)

    def test_a_weak_password_leaves_the_link(self, bob: User) -> None:
        token = link(bob)
        with refused(InvalidValue):
            accept(bob, token, "1234")
        assert accept(bob, token)

    def test_a_link_from_before_somebody_was_locked_out_is_over(self, bob: User) -> None:
        token = link(bob)
        users.deactivate(user=bob, by=None, reason=REASON)
        users.reactivate(user=bob, by=None, reason=REASON)

        with refused(InvitationOver):
            accept(bob, token)
        assert accept(bob, link(bob)) == bob

    def test_a_link_of_staff_sets_no_password_here(self, bob: User) -> None:
        with refused(InvitationOver):
            accept(bob, passwords.link_tokens.make_token(bob))

    def test_of_eight_at_once_one_sets_it(self, committed_world: World) -> None:
        bob, token = committed_world.bob, link(committed_world.bob)

        outcomes = at_once(*(lambda n=n: accept(bob, token, f"{PASSWORD} {n}") for n in range(8)))

        one_wins(outcomes, InvitationOver)
        assert AuditEvent.objects.filter(verb="invitation_accepted").count() == 1

    def test_looked_at_without_a_lock_all_eight_do(self, committed_world: World) -> None:
        """The control: the test above would see it."""
        bob, meeting = committed_world.bob, Meeting(8)
        token = link(bob)

        def naive(n: int) -> bool:
            user = a_copy(bob)
            known = link_tokens.check_token(user, token)
            meeting.wait()
            user.set_password(f"{PASSWORD} {n}")
            user.save(update_fields=["password"])
            return known

        outcomes = at_once(*(lambda n=n: naive(n) for n in range(8)))

        assert sum(outcome.result for outcome in outcomes) == 8


class BrokenServer(EmailBackend):
    def send_messages(self, messages: list) -> int:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
