"""An account's people: their owner, roles, and who may sign in."""

import pytest

from tenancy.errors import InvalidValue, NotPermitted, StateConflict
from tenancy.models import AuditEvent, SiteUserAccess, User
from tenancy.roles import ASSIGNABLE, Role, at_least
from tenancy.services import users
from tenancy.services.limits import PlanLimitReached
from tenancy.services.person_guards import StaffToo
from tests.conftest import World
from tests.digest import refused
from tests.factories import REASON, make_account, make_site, make_user
from tests.racing import a_copy

PASSWORD = "correct horse battery"


def change(user: User, role: str) -> User:
    return users.change_role(user=user, role=role, by=None, reason=REASON)


def deactivate(user: User) -> User:
    return users.deactivate(user=user, by=None, reason=REASON)


def reactivate(user: User) -> User:
    return users.reactivate(user=user, by=None, reason=REASON)


def test_a_new_owner_cannot_sign_in_before_setting_a_password(db: None) -> None:
    account = make_account()

    owner = users.add_owner(account=account, email=" Zoe@Shop.Example ", by=None, reason=REASON)

    account.refresh_from_db()
    assert account.owner == owner
    assert (owner.email, owner.role, owner.account) == ("zoe@shop.example", Role.OWNER, account)
    assert not owner.has_usable_password()


def test_an_account_with_an_owner_gets_no_second_one(world: World) -> None:
    with refused(StateConflict, says="owned by alice@homeg8.example already"):
        users.add_owner(account=world.home, email="zoe@shop.example", by=None, reason=REASON)


@pytest.mark.parametrize("email", ["", "zoe", "zoe@", "zoe@shop", "zoe @shop.example"])
def test_an_owner_needs_an_email(db: None, email: str) -> None:
    account = make_account()

    with refused(InvalidValue, says="is no e-mail address"):
        users.add_owner(account=account, email=email, by=None, reason=REASON)


def test_an_email_is_taken_in_any_case(world: World) -> None:
    account = make_account()

    with refused(users.EmailTaken, says="Somebody signs in as bob@homeg8.example"):
        users.add_owner(account=account, email="BOB@HomeG8.example", by=None, reason=REASON)


def test_an_email_taken_since_we_looked_is_refused_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account()
    answers = iter(["bob@homeg8.example"])
    look = users.clean_email
    monkeypatch.setattr(users, "clean_email", lambda email: next(answers, None) or look(email))

    with refused(users.EmailTaken):
        users.add_owner(account=account, email="bob@homeg8.example", by=None, reason=REASON)


@pytest.mark.parametrize("role", [role for role in ASSIGNABLE if role != Role.EDITOR])
def test_a_role_is_changed_with_before_and_after(world: World, role: Role) -> None:
    change(world.bob, role)

    world.bob.refresh_from_db()
    event = AuditEvent.objects.get(verb="role_changed")
    assert world.bob.role == role
    assert (event.before, event.after) == ({"role": "editor"}, {"role": role})
    assert event.account == world.home


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.SYSTEM_BOT, "", "king"])
def test_some_roles_are_never_handed_out(world: World, role: str) -> None:
    with refused(InvalidValue, says="is not handed out here"):
        change(world.bob, role)


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.SYSTEM_BOT])
def test_some_roles_are_never_taken_away(world: World, role: Role) -> None:
    developer = make_user(world.home, role=role)

    with refused(StateConflict, says="that role is not changed here"):
        change(developer, Role.VIEWER)


def test_the_ladder_holds_no_bot() -> None:
    for role in Role:
        assert not at_least(role, Role.SYSTEM_BOT)
        assert not at_least(Role.SYSTEM_BOT, role)


@pytest.mark.parametrize("role", ASSIGNABLE)
def test_a_bot_is_locked_out_by_staff_and_by_no_customer(world: World, role: Role) -> None:
    bot, customer = (make_user(world.home, role=one) for one in (Role.SYSTEM_BOT, role))

    with refused(NotPermitted, says="ask our support"):
        users.deactivate(user=bot, by=customer, reason=REASON)

    users.deactivate(user=bot, by=world.sam, reason=REASON)
    assert not a_copy(bot).is_active


def test_the_accounts_owner_stays_owner(world: World) -> None:
    make_user(world.home, role=Role.ADMIN)

    with refused(StateConflict, says="Make somebody else the account's owner first"):
        change(world.alice, Role.EDITOR)


def test_the_same_role_again_is_refused(world: World) -> None:
    with refused(StateConflict, says="editor already; nothing was changed"):
        change(world.bob, Role.EDITOR)


@pytest.mark.parametrize("verb", [deactivate, lambda user: change(user, Role.VIEWER)])
def test_the_last_head_who_can_sign_in_stays(world: World, verb: object) -> None:
    last = make_user(world.home, password=PASSWORD)
    make_user(world.home, role=Role.ADMIN, password=PASSWORD, is_active=False)
    make_user(world.home, role=Role.DEVELOPER, password=PASSWORD)
    make_user(world.home, role=Role.ADMIN)  # invited: cannot sign in

    with refused(StateConflict, says="the last owner or admin of Home G8"):
        verb(last)


@pytest.mark.parametrize("verb", [deactivate, lambda user: change(user, Role.VIEWER)])
def test_an_invited_head_is_not_the_last_who_can_sign_in(world: World, verb: object) -> None:
    make_user(world.home, password=PASSWORD)

    verb(make_user(world.home, role=Role.ADMIN))


def test_one_of_two_heads_may_go(world: World) -> None:
    one, _ = (make_user(world.home, role=Role.ADMIN, password=PASSWORD) for _ in range(2))

    deactivate(one)

    assert not a_copy(one).is_active


def test_the_accounts_owner_is_not_locked_out(world: World) -> None:
    make_user(world.home, role=Role.ADMIN, password=PASSWORD)

    with refused(StateConflict, says="Make somebody else the account's owner first"):
        deactivate(world.alice)


def test_others_go_and_come_back(world: World) -> None:
    deactivate(world.bob)
    with refused(StateConflict, says="deactivated already"):
        deactivate(world.bob)

    users.reactivate(user=world.bob, by=world.sam, reason=REASON)

    world.bob.refresh_from_db()
    assert world.bob.is_active
    with refused(StateConflict, says="can sign in already"):
        users.reactivate(user=world.bob, by=world.sam, reason=REASON)


def test_who_comes_back_needs_a_seat_of_the_plan(world: World) -> None:
    deactivate(world.bob)
    make_user(world.home, role=Role.VIEWER)

    with refused(PlanLimitReached, says="has room for 2 users, and 2 are in use") as caught:
        reactivate(world.bob)

    assert caught.value.facts == {"limit": 2, "used": 2}


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.SYSTEM_BOT])
def test_our_own_come_back_without_one(world: World, role: Role) -> None:
    ours = make_user(world.home, role=role, is_active=False)

    assert reactivate(ours).is_active


def test_console_staff_are_not_managed_among_customers(world: World) -> None:
    for verb in (deactivate, lambda user: change(user, Role.VIEWER)):
        with refused(StateConflict, says="belongs to no account"):
            verb(world.sam)


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_only_a_superuser_changes_a_customers_user_who_is_more_than_that(
    world: World, rights: dict[str, bool]
) -> None:
    User.objects.filter(pk=world.bob.pk).update(**rights)

    with refused(StaffToo, says="more than a customer's user"):
        users.deactivate(user=world.bob, by=world.sam, reason=REASON)
    with refused(StaffToo, says="more than a customer's user"):
        users.change_role(user=world.bob, role=Role.VIEWER, by=world.adam, reason=REASON)

    users.deactivate(user=world.bob, by=world.ruth, reason=REASON)
    assert not world.bob.is_active


@pytest.mark.parametrize("role", Role)
def test_who_sees_which_sites(world: World, role: Role) -> None:
    person = make_user(world.home, role=role)
    one, two, foreign = make_site(world.home), make_site(world.home), make_site(world.other)
    SiteUserAccess.objects.create(account=world.home, site=one, user=person)

    seen = set(person.get_accessible_sites())

    sees_all = role in (Role.ADMIN, Role.OWNER, Role.DEVELOPER)
    assert seen == ({one, two} if sees_all else {one})
    assert foreign not in seen


def test_people_without_account_or_deactivated_see_no_sites(world: World) -> None:
    make_site(world.home)
    gone = make_user(world.home, is_active=False)

    assert not world.olga.get_accessible_sites()
    assert not gone.get_accessible_sites()
    assert world.alice.get_accessible_sites()


def test_signing_in_ignores_the_case_of_an_email(world: World) -> None:
    assert User.objects.get_by_natural_key(" Bob@HomeG8.EXAMPLE") == world.bob
