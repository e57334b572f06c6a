"""Console staff: added, moved between groups, locked out and let in again."""

import pytest
from django.contrib.auth.models import Group

from tenancy.api import tokens
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import AuditEvent, User
from tenancy.services import staff
from tenancy.services.users import EmailTaken
from tests.conftest import World
from tests.digest import refused
from tests.factories import REASON, make_group, make_staff


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    for name in ("Administrator", "Auditor", "Finance", "Support"):
        make_group(name)


def names(user: User) -> list[str]:
    return sorted(group.name for group in user.groups.all())


def test_added_staff_have_their_groups_and_nothing_else(world: World) -> None:
    user = staff.add(
        email=" New@Igny8.Example ", groups=["Support", "Finance"], by=world.adam, reason=REASON
    )

    user.refresh_from_db()
    assert user.email == "new@igny8.example"
    assert names(user) == ["Finance", "Support"]
    assert (user.is_staff, user.is_superuser, user.is_active) == (True, False, True)
    assert (user.account, user.role) == (None, "")
    assert not user.has_usable_password()
    assert user.history.get().history_change_reason == REASON
    event = AuditEvent.objects.get(verb="staff_added")
    assert (event.actor, event.account) == (world.adam, None)
    assert event.after == {"email": "new@igny8.example", "groups": ["Finance", "Support"]}


def test_added_with_a_password_they_can_sign_in(world: World) -> None:
    user = staff.add(
        email="new@igny8.example",
        groups=["Support"],
        password="correct horse battery staple",
        by=world.adam,
        reason=REASON,
    )

    assert user.check_password("correct horse battery staple")


@pytest.mark.parametrize("password", ["short", "123456789012345", "password12345"])
def test_a_weak_password_is_refused(world: World, password: str) -> None:
    with refused(InvalidValue) as refusal:
        staff.add(
            email="new@igny8.example",
            groups=["Support"],
            password=password,
            by=world.adam,
            reason=REASON,
        )
    assert refusal.value.facts == {"field": "password"}


@pytest.mark.parametrize(
    ("email", "error", "says"),
    [
        ("nonsense", InvalidValue, "no e-mail address"),
        ("alice@homeg8.example", EmailTaken, "already"),
        ("SAM@igny8.example", staff.AlreadyStaff, "Change the groups instead."),
    ],
)
def test_who_cannot_be_added(world: World, email: str, error: type, says: str) -> None:
    with refused(error, says=says):
        staff.add(email=email, groups=["Support"], by=world.adam, reason=REASON)


def test_deactivated_staff_are_not_added_but_reactivated(world: World) -> None:
    staff.deactivate(user=world.sam, by=world.adam, reason=REASON)

    with refused(staff.AlreadyStaff, says="Reactivate them instead."):
        staff.add(email=world.sam.email, groups=["Support"], by=world.adam, reason=REASON)


def test_an_unknown_group_is_refused_naming_the_known(world: World) -> None:
    with refused(staff.UnknownGroup, says="no group “Boss”; known are Administrator, "):
        staff.add(email="a@b.example", groups=["Support", "Boss"], by=world.adam, reason=REASON)
    with refused(staff.UnknownGroup, says="no group “Boss”"):
        staff.set_groups(user=world.sam, groups=["Boss"], by=world.adam, reason=REASON)


def test_groups_are_changed_to_exactly_these(world: World) -> None:
    staff.set_groups(user=world.sam, groups=["Auditor", "Finance"], by=world.adam, reason=REASON)

    assert names(world.sam) == ["Auditor", "Finance"]
    event = AuditEvent.objects.get(verb="staff_groups_changed")
    assert event.before == {"groups": ["Support"]}
    assert event.after == {"groups": ["Auditor", "Finance"]}
    newest = world.sam.history.first()
    assert (newest.history_user, newest.history_change_reason) == (world.adam, REASON)


def test_the_same_groups_again_are_refused(world: World) -> None:
    with refused(StateConflict, says="is in Support already"):
        staff.set_groups(user=world.sam, groups=["Support"], by=world.adam, reason=REASON)


def test_no_group_at_all_is_refused(world: World) -> None:
    with refused(InvalidValue, says="deactivate the person"):
        staff.set_groups(user=world.sam, groups=[], by=world.adam, reason=REASON)


def test_a_customer_is_no_staff(world: World) -> None:
    for verb in (staff.deactivate, staff.reactivate):
        with refused(StateConflict, says="is no console staff"):
            verb(user=world.alice, by=world.adam, reason=REASON)
    with refused(StateConflict, says="is no console staff"):
        staff.set_groups(user=world.alice, groups=["Support"], by=world.adam, reason=REASON)


def test_nobody_changes_their_own_rights(world: World) -> None:
    make_staff("Administrator")

    with refused(staff.OwnRights):
        staff.set_groups(user=world.adam, groups=["Finance"], by=world.adam, reason=REASON)
    with refused(staff.OwnRights):
        staff.deactivate(user=world.adam, by=world.adam, reason=REASON)
    with refused(staff.OwnRights):
        staff.reactivate(user=world.ruth, by=world.ruth, reason=REASON)


def test_deactivated_and_let_in_again(world: World) -> None:
    staff.deactivate(user=world.sam, by=world.adam, reason=REASON)
    world.sam.refresh_from_db()
    assert not world.sam.is_active

    staff.reactivate(user=world.sam, by=world.adam, reason=REASON)

    world.sam.refresh_from_db()
    assert world.sam.is_active
    assert names(world.sam) == ["Support"]
    assert [event.verb for event in AuditEvent.objects.order_by("id")] == [
        "staff_deactivated",
        "staff_reactivated",
    ]


def test_tokens_from_before_do_not_come_back_with_them(world: World) -> None:
    before = tokens.read_access(tokens.issue(world.bob)["access"])
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)
    staff.deactivate(user=world.bob, by=world.adam, reason=REASON)
    staff.reactivate(user=world.bob, by=world.adam, reason=REASON)

    with pytest.raises(ApiError) as refusal:
        tokens.person_of(before)

    assert refusal.value.code == Code.TOKEN_INVALID
    now = tokens.read_access(tokens.issue(world.bob)["access"])
    assert tokens.person_of(now) == world.bob


def test_twice_is_refused(world: World) -> None:
    with refused(StateConflict, says="can sign in already"):
        staff.reactivate(user=world.sam, by=world.adam, reason=REASON)
    staff.deactivate(user=world.sam, by=world.adam, reason=REASON)
    with refused(StateConflict, says="is deactivated already"):
        staff.deactivate(user=world.sam, by=world.adam, reason=REASON)


def test_the_last_administrator_stays(world: World) -> None:
    make_staff("Administrator", is_active=False)

    for by in (None, world.ruth):
        with refused(staff.LastAdministrator, says="last Administrator who can sign in"):
            staff.deactivate(user=world.adam, by=by, reason=REASON)
        with refused(staff.LastAdministrator):
            staff.set_groups(user=world.adam, groups=["Support"], by=by, reason=REASON)


def test_the_last_administrator_may_get_more_groups(world: World) -> None:
    staff.set_groups(
        user=world.adam, groups=["Administrator", "Support"], by=world.ruth, reason=REASON
    )

    assert names(world.adam) == ["Administrator", "Support"]


def test_one_of_two_administrators_may_go(world: World) -> None:
    second = make_staff("Administrator")

    staff.deactivate(user=second, by=world.adam, reason=REASON)

    assert not User.objects.get(pk=second.pk).is_active


def test_staff_who_also_belong_to_an_account_are_locked_out_here(world: World) -> None:
    User.objects.filter(pk=world.bob.pk).update(is_staff=True)

    staff.deactivate(user=world.bob, by=world.adam, reason=REASON)

    world.bob.refresh_from_db()
    assert not world.bob.is_active


def test_being_a_superuser_is_not_touched(world: World) -> None:
    staff.set_groups(user=world.ruth, groups=["Auditor"], by=world.adam, reason=REASON)
    staff.deactivate(user=world.ruth, by=world.adam, reason=REASON)

    world.ruth.refresh_from_db()
    assert world.ruth.is_superuser


def test_without_the_administrators_group_there_is_no_last_one(world: World) -> None:
    Group.objects.filter(name="Administrator").delete()

    staff.deactivate(user=world.sam, by=world.ruth, reason=REASON)

    assert not User.objects.get(pk=world.sam.pk).is_active
