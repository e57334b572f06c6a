"""Inviting people: within the plan's limit and one's own role; the token sets a password once."""

from datetime import timedelta
from functools import partial
from typing import NamedTuple

import pytest
from django.utils import timezone

from tenancy.errors import InvalidValue, NotPermitted
from tenancy.models import Account, AuditEvent, Plan, User
from tenancy.roles import ASSIGNABLE, LADDER, Role, at_least
from tenancy.services import invitations, password_links, users
from tenancy.services.limits import PlanLimitReached
from tenancy.services.password_links import InvitationOver, link_tokens
from tenancy.services.users import EmailTaken
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import REASON, make_account, make_plan, make_staff, make_user
from tests.racing import Meeting, a_copy, at_once

PASSWORD = "correct horse battery"


class Invitation(NamedTuple):
    """Who was invited, and a token as the e-mail to them has one."""

    user: User
    token: str


def invite(
    account: Account,
    email: str = "zoe@shop.example",
    role: str = Role.EDITOR,
    by: User | None = None,
) -> Invitation:
    user = invitations.invite(account=account, email=email, role=role, by=by, reason=REASON)
    return Invitation(user, link_tokens.make_token(user))


def accept(token: str, email: str = "zoe@shop.example", password: str = PASSWORD) -> User:
    return password_links.accept(email=email, token=token, password=password)


@pytest.fixture
def roomy(world: World) -> World:
    Plan.objects.update(max_users=20)
    return world


def test_an_invited_person_chooses_a_password_once(roomy: World) -> None:
    user, token = invite(roomy.home, " Zoe@Shop.example ", by=roomy.alice)
    assert (user.email, user.role, user.account) == ("zoe@shop.example", "editor", roomy.home)
    assert not user.has_usable_password()

    accept(token)

    assert a_copy(user).check_password(PASSWORD)
    assert AuditEvent.objects.get(verb="user_invited").actor == roomy.alice
    assert AuditEvent.objects.get(verb="invitation_accepted").actor == user
    with refused(InvitationOver):
        accept(token, password="another good password")


@pytest.mark.parametrize("email", ["zoe@shop.example", "bob@homeg8.example", "no@one.example", ""])
def test_a_wrong_token_tells_nothing(roomy: World, email: str) -> None:
    _, token = invite(roomy.home)

    with refused(InvitationOver, says="used or too old"):
        accept(token[:-1] + "x", email)
    if email != "zoe@shop.example":
        with refused(InvitationOver, says="used or too old"):
            accept(token, email)


def test_an_invitation_ends(roomy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = invite(roomy.home)
    later = timezone.now().replace(tzinfo=None) + timedelta(days=30)
    monkeypatch.setattr(link_tokens, "_now", lambda: later)

    with refused(InvitationOver):
        accept(token)


def test_a_deactivated_person_accepts_nothing(roomy: World) -> None:
    user, token = invite(roomy.home)
    users.deactivate(user=user, by=None, reason=REASON)

    with refused(InvitationOver):
        accept(token)


def test_a_weak_password_is_refused_and_the_invitation_stays(roomy: World) -> None:
    _, token = invite(roomy.home)

    with refused(InvalidValue) as caught:
        accept(token, password="1234")

    assert {error["code"] for error in caught.value.facts["errors"]} >= {"password_too_short"}
    assert accept(token)


def test_inviting_again_gives_a_new_token_and_adds_nobody(roomy: World) -> None:
    first, _ = invite(roomy.home)

    with nothing_changes():
        again, token = invite(roomy.home)

    assert again == first
    accept(token)
    with refused(EmailTaken):
        invite(roomy.home)


def test_an_email_of_anybody_is_taken(roomy: World) -> None:
    invite(roomy.home)

    with refused(EmailTaken):
        invite(roomy.other)
    with refused(EmailTaken):
        invite(roomy.home, role=Role.VIEWER)
    with refused(EmailTaken):
        invite(roomy.home, "FIONA@igny8.example")


@pytest.mark.parametrize("role", ["developer", "system_bot", "", "king"])
def test_only_some_roles_are_handed_out(roomy: World, role: str) -> None:
    with refused(InvalidValue, says="not handed out"):
        invite(roomy.home, role=role)


@pytest.mark.parametrize("own", LADDER)
@pytest.mark.parametrize("role", ASSIGNABLE)
def test_people_invite_up_to_their_own_role(roomy: World, own: Role, role: Role) -> None:
    by = make_user(roomy.home, role=own)

    if at_least(own, role):
        assert invite(roomy.home, role=role, by=by).user.role == role
    else:
        with refused(NotPermitted, says=f"as {Role(own).label.lower()}"):
            invite(roomy.home, role=role, by=by)


@pytest.mark.parametrize("verb", ["change_role", "deactivate", "reactivate"])
def test_an_admin_does_not_act_on_an_owner(roomy: World, verb: str) -> None:
    owner = make_user(roomy.home, is_active=verb != "reactivate")
    admin = make_user(roomy.home, role=Role.ADMIN)
    more = {"role": Role.VIEWER} if verb == "change_role" else {}

    with refused(NotPermitted, says="higher role"):
        getattr(users, verb)(user=owner, by=admin, reason=REASON, **more)
    getattr(users, verb)(user=owner, by=roomy.alice, reason=REASON, **more)


def test_an_admin_makes_nobody_an_owner(roomy: World) -> None:
    admin = make_user(roomy.home, role=Role.ADMIN)

    for user in (admin, roomy.bob):
        with refused(NotPermitted):
            users.change_role(user=user, role=Role.OWNER, by=admin, reason=REASON)


def test_nobody_acts_on_another_accounts_people(roomy: World) -> None:
    with refused(NotPermitted):
        invite(roomy.home, by=roomy.charlie)
    with refused(NotPermitted):
        users.deactivate(user=roomy.bob, by=roomy.charlie, reason=REASON)
    with refused(NotPermitted):
        invite(roomy.home, by=roomy.olga)


def test_staff_and_our_own_developers_may(roomy: World) -> None:
    developer = make_user(roomy.other, role=Role.DEVELOPER)

    assert invite(roomy.home, by=make_staff()).user
    assert invite(roomy.home, "max@shop.example", by=developer).user


def test_the_plan_has_room_for_so_many_people(world: World) -> None:
    # Alice and Bob are there; bots, developers and people who left take no room.
    make_user(world.home, role=Role.SYSTEM_BOT)
    make_user(world.home, role=Role.DEVELOPER)
    make_user(world.home, is_active=False)
    Plan.objects.filter(pk=world.home.plan_id).update(max_users=3)
    invite(world.home)

    with refused(PlanLimitReached, says="has room for 3 users, and 3 are in use") as caught:
        invite(world.home, "max@shop.example")

    assert caught.value.facts == {"limit": 3, "used": 3}


def test_of_eight_invitations_at_once_as_many_fit_as_the_plan_allows(committed: None) -> None:
    account = make_account(plan=make_plan(max_users=3))

    outcomes = at_once(
        *(partial(invite, a_copy(account), f"zoe{n}@shop.example") for n in range(8))
    )

    assert sum(type(outcome.refusal) is PlanLimitReached for outcome in outcomes) == 5
    assert account.users.count() == 3


def test_counted_and_then_invited_all_eight_are(committed: None) -> None:
    account, meeting = make_account(plan=make_plan(max_users=3)), Meeting(8)

    def invite_without_a_lock() -> None:
        if account.users.count() >= 3:
            raise PlanLimitReached("full")
        meeting.wait()
        make_user(account)

    at_once(*[invite_without_a_lock] * 8)

    with pytest.raises(AssertionError):
        assert account.users.count() == 3


def test_one_person_invited_eight_times_at_once_is_one_person(committed: None) -> None:
    account = make_account(plan=make_plan(max_users=3))

    outcomes = at_once(*(partial(invite, a_copy(account)) for _ in range(8)))

    assert len({outcome.result.user.pk for outcome in outcomes}) == 1
    assert account.users.count() == 1
