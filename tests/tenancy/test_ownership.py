"""Who owns an account, and how it is handed over."""

import pytest

from tenancy.errors import NotPermitted, StateConflict
from tenancy.models import AuditEvent, User
from tenancy.roles import ASSIGNABLE, Role
from tenancy.services import ownership
from tenancy.services.person_guards import StaffToo
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_user, put
from tests.racing import a_copy


def hand_over(user: User, by: User | None = None) -> User:
    return ownership.hand_over(user=user, by=by, reason=REASON)


@pytest.mark.parametrize("role", ASSIGNABLE)
def test_the_owner_hands_it_to_one_of_the_people(world: World, role: Role) -> None:
    heir = make_user(world.home, role=role)

    hand_over(heir, by=world.alice)

    assert a_copy(world.home).owner == heir
    assert (a_copy(heir).role, a_copy(world.alice).role) == (Role.OWNER, Role.ADMIN)
    event = AuditEvent.objects.get(verb="owner_changed")
    assert (event.before, event.after) == (
        {"owner": "alice@homeg8.example"},
        {"owner": heir.email},
    )
    changed = AuditEvent.objects.filter(verb="role_changed")
    assert changed.count() == (1 if role == Role.OWNER else 2)
    assert set(changed.values_list("actor", "account")) == {(world.alice.pk, world.home.pk)}


def test_an_account_without_owner_is_given_one_by_staff(world: World) -> None:
    put(world.home, owner=None)

    hand_over(world.bob, by=world.sam)

    assert a_copy(world.home).owner == world.bob
    assert a_copy(world.alice).role == Role.OWNER  # had the role, and keeps it


def test_a_developer_who_owned_it_stays_developer(world: World) -> None:
    developer = make_user(world.home, role=Role.DEVELOPER)
    put(world.home, owner=developer)

    hand_over(world.bob)

    assert a_copy(developer).role == Role.DEVELOPER


def test_who_owns_it_already_is_told_so(world: World) -> None:
    with refused(StateConflict, says="owns Home G8 already; nothing was changed"):
        hand_over(world.alice)


def test_somebody_deactivated_or_of_our_own_owns_nothing(world: World) -> None:
    gone = make_user(world.home, is_active=False)
    ours = [make_user(world.home, role=role) for role in (Role.DEVELOPER, Role.SYSTEM_BOT)]

    with refused(StateConflict, says="Let them back in first"):
        hand_over(gone)
    for one in ours:
        with refused(StateConflict, says="owns no account"):
            hand_over(one)
    with refused(StateConflict, says="belongs to no account"):
        hand_over(world.olga)


@pytest.mark.parametrize("role", ASSIGNABLE)
def test_of_the_people_only_the_owner_does_it(world: World, role: Role) -> None:
    colleague = make_user(world.home, role=role)

    for by in (colleague, world.charlie):
        with refused(NotPermitted, says="Only the owner of Home G8"):
            hand_over(colleague, by=by)


def test_a_deleted_account_stays_whose_it_is(world: World) -> None:
    put(world.home, is_deleted=True, deleted_at=NOW, restore_until=NOW)

    with refused(StateConflict, says="Restore it first"):
        hand_over(world.bob)


def test_only_a_superuser_takes_it_from_console_staff(world: World) -> None:
    User.objects.filter(pk=world.alice.pk).update(is_staff=True)

    with refused(StaffToo, says="alice@homeg8.example is more than a customer's user"):
        hand_over(world.bob, by=world.sam)

    hand_over(world.bob, by=world.ruth)
    assert a_copy(world.home).owner == world.bob
