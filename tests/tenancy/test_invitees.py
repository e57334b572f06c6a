"""An invitation taken back: as if nobody had been invited, but for the trail."""

from functools import partial

import pytest

from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import AuditEvent, Plan, User
from tenancy.roles import Role
from tenancy.services import invitations, invitees, password_links, site_access
from tenancy.services.limits import users_used
from tenancy.services.password_links import InvitationOver, link_tokens
from tenancy.services.person_guards import StaffToo
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_account, make_plan, make_site, make_user, put
from tests.racing import Outcome, a_copy, at_once

PASSWORD = "correct horse battery"


@pytest.fixture
def zoe(world: World) -> User:
    Plan.objects.update(max_users=3)
    return invitations.invite(
        account=world.home, email="zoe@shop.example", role=Role.EDITOR, by=None, reason=REASON
    )


def withdraw(user: User, by: User | None = None) -> User:
    return invitees.withdraw(user=user, by=by, reason=REASON)


def accept(token: str) -> User:
    return password_links.accept(email="zoe@shop.example", token=token, password=PASSWORD)


def test_seat_and_address_are_free_again(world: World, zoe: User) -> None:
    token = link_tokens.make_token(a_copy(zoe))
    site_access.give(site=make_site(world.home), user=zoe, by=None, reason=REASON)

    withdraw(zoe, by=world.alice)

    assert users_used(world.home) == 2
    assert zoe not in world.home.users.all()
    again = invitations.invite(
        account=world.other, email="zoe@shop.example", role=Role.VIEWER, by=None, reason=REASON
    )
    assert again.account == world.other
    with refused(InvitationOver):
        accept(token)


def test_the_row_stays_without_name_address_and_account(world: World, zoe: User) -> None:
    withdraw(zoe, by=world.alice)

    kept = a_copy(zoe)
    assert (kept.email, kept.name) == (f"removed-{kept.pk}@removed.invalid", "")
    assert (kept.account, kept.role, kept.is_active) == (None, "", False)
    event = AuditEvent.objects.get(verb="invitation_withdrawn")
    assert (event.actor, event.account, event.target_id) == (
        world.alice,
        world.home,
        str(kept.pk),
    )
    assert event.before == {"email": "zoe@shop.example", "role": "editor"}


def test_who_was_locked_out_before_joining_can_be_withdrawn(world: World) -> None:
    withdraw(make_user(world.home, role=Role.VIEWER, is_active=False))


@pytest.mark.parametrize("facts", [{"password": PASSWORD}, {"last_login": NOW}], ids=str)
def test_who_joined_stays(world: World, facts: dict[str, object]) -> None:
    person = make_user(world.home, role=Role.VIEWER, **facts)

    with refused(StateConflict, says="has joined Home G8. Deactivate them instead") as caught:
        withdraw(person)

    assert caught.value.facts["current"] == "joined"


def test_the_owner_and_our_own_stay(world: World) -> None:
    ours = [make_user(world.home, role=role) for role in (Role.DEVELOPER, Role.SYSTEM_BOT)]

    with refused(StateConflict, says="Make somebody else the account's owner first"):
        withdraw(world.alice)
    for one in ours:
        with refused(StateConflict, says="was not invited"):
            withdraw(one)


def test_nobody_withdraws_above_themselves_or_elsewhere(world: World) -> None:
    owner, admin = (make_user(world.home, role=role) for role in (Role.OWNER, Role.ADMIN))

    with refused(NotPermitted, says="higher role"):
        withdraw(owner, by=admin)
    with refused(NotPermitted):
        withdraw(world.bob, by=world.charlie)


def test_staff_and_a_deleted_account_are_left_alone(world: World) -> None:
    insider = make_user(world.home, role=Role.VIEWER, is_staff=True)

    with refused(StaffToo):
        withdraw(insider, by=world.sam)
    put(world.home, is_deleted=True, deleted_at=NOW, restore_until=NOW)
    with refused(StateConflict, says="Restore it first"):
        withdraw(world.bob)


def invited() -> User:
    account = make_account(plan=make_plan(max_users=3))
    return invitations.invite(
        account=account, email="zoe@shop.example", role=Role.EDITOR, by=None, reason=REASON
    )


@pytest.mark.parametrize("_", range(3))
def test_accepted_and_withdrawn_at_once_one_holds(committed: None, _: int) -> None:
    user = invited()
    token = link_tokens.make_token(a_copy(user))

    accepted, withdrawn = at_once(partial(accept, token), partial(withdraw, a_copy(user)))

    assert (accepted.refusal is None) != (withdrawn.refusal is None)
    joined = a_copy(user).has_usable_password()
    assert joined is (accepted.refusal is None)
    assert (a_copy(user).account is not None) is joined


def test_withdrawn_eight_times_at_once_it_is_withdrawn_once(committed: None) -> None:
    user = invited()
    copies = [User.objects.select_related("account").get(pk=user.pk) for _ in range(8)]

    outcomes: list[Outcome] = at_once(*(partial(withdraw, copy) for copy in copies))

    assert sum(outcome.refusal is None for outcome in outcomes) == 1
    assert {type(o.refusal) for o in outcomes if o.refusal} == {StateConflict}
    assert AuditEvent.objects.filter(verb="invitation_withdrawn").count() == 1
