"""What the database refuses, whoever writes: one tenant per row, system accounts, ranges."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import RestrictedError

from tenancy.models import (
    RESERVED_SLUGS,
    Account,
    AccountStatus,
    ApiKey,
    AuditEvent,
    Plan,
    Sector,
    Site,
    SiteUserAccess,
    SuspensionReason,
    SyncEvent,
    User,
)
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import NOW, make_account, make_plan, make_sector, make_site, make_user, put
from tests.sql import in_one_transaction, run


@pytest.mark.parametrize("value", ["", " \n"], ids=["empty", "blank"])
@pytest.mark.parametrize("field", ["reason", "actor_label"])
def test_an_audit_event_without_who_or_why_is_refused(world: World, field: str, value: str) -> None:
    facts = {
        "actor": world.sam,
        "actor_label": "sam@igny8.example",
        "verb": "tried",
        "target_type": "account",
        "target_label": "Home G8",
        "reason": "For a test",
        "door": "shell",
    }

    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.create(**facts | {field: value})


def test_no_row_points_at_another_tenants_site(world: World) -> None:
    foreign = make_site(world.other)

    for make in (
        lambda: Sector.objects.create(account=world.home, site=foreign, name="Roses", slug="roses"),
        lambda: SyncEvent.objects.create(account=world.home, site=foreign, event_type="sync"),
        lambda: SiteUserAccess.objects.create(account=world.home, site=foreign, user=world.bob),
        lambda: ApiKey.objects.create(
            account=world.home, site=foreign, prefix="p", key_hash="h", created_at=NOW
        ),
    ):
        with nothing_changes(), pytest.raises(IntegrityError, match="same_tenant"):
            in_one_transaction(make)


def test_site_access_is_for_people_of_the_same_account(world: World) -> None:
    site = make_site(world.home)

    with nothing_changes(), pytest.raises(IntegrityError, match="site_access_user_same_tenant"):
        in_one_transaction(
            lambda: SiteUserAccess.objects.create(account=world.home, site=site, user=world.charlie)
        )


def test_a_site_with_sectors_does_not_move_to_another_tenant(world: World) -> None:
    make_sector(make_site(world.home))

    with nothing_changes(), pytest.raises(IntegrityError, match="sector_same_tenant"):
        in_one_transaction(lambda: Site.objects.update(account=world.other))


@pytest.mark.parametrize("owner", ["charlie", "olga", "sam"])
def test_an_owner_is_one_of_the_accounts_people(world: World, owner: str) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="tenant_owner_is_its_user"):
        in_one_transaction(lambda: put(world.home, owner=getattr(world, owner)))


def test_an_owner_does_not_move_away(world: World) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match="tenant_owner_is_its_user"):
        in_one_transaction(lambda: move(world.alice, to=world.other))


@pytest.mark.parametrize("slug", RESERVED_SLUGS)
def test_reserved_slugs_are_refused_in_any_case(db: None, slug: str) -> None:
    plan = make_plan()

    for written in (slug, slug.upper(), slug.title()):
        with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
            make_account(slug=written, plan=plan)


def test_a_customer_may_be_called_default_but_only_a_system_account_has_the_slug(db: None) -> None:
    make_account(name="Default", slug="default-2")
    system = make_account(slug="default", is_system=True)

    assert system.is_system_account()
    assert not Account.objects.get(slug="default-2").is_system_account()


@pytest.mark.parametrize(
    "slug", ["Home-G8", "home_g8", "-home", "home-", "home--g8", "home g8", "", "höme"]
)
def test_a_slug_has_one_form(db: None, slug: str) -> None:
    with pytest.raises(IntegrityError, match="tenant_slug_form"):
        make_account(slug=slug)


def test_a_slug_is_taken_once(world: World) -> None:
    with pytest.raises(IntegrityError, match="tenant_slug_unique"):
        make_account(slug="home-g8")


@pytest.mark.parametrize("was", [True, False])
def test_is_system_never_changes(db: None, was: bool) -> None:
    account = make_account(is_system=was)

    with nothing_changes(), pytest.raises(IntegrityError, match="is_system never changes"):
        in_one_transaction(lambda: put(account, is_system=not was))


def test_a_system_account_keeps_its_slug(db: None) -> None:
    account = make_account(slug="aws-admin", is_system=True)

    with nothing_changes(), pytest.raises(IntegrityError, match="keeps its slug"):
        in_one_transaction(lambda: put(account, slug="aws-admin-2"))


@pytest.mark.parametrize(
    "facts",
    [
        {"status": AccountStatus.SUSPENDED, "status_reason": SuspensionReason.ABUSE},
        {"status": AccountStatus.CANCELLED},
        {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW},
    ],
    ids=["suspended", "cancelled", "deleted"],
)
def test_a_system_account_stays(db: None, facts: dict[str, object]) -> None:
    account = make_account(is_system=True)

    with nothing_changes(), pytest.raises(IntegrityError, match="tenant_system_stays"):
        in_one_transaction(lambda: put(account, **facts))


@pytest.mark.parametrize("is_system", [True, False])
def test_no_account_is_removed(db: None, is_system: bool) -> None:
    account = make_account(is_system=is_system)

    with nothing_changes(), pytest.raises(DatabaseError):
        run("DELETE FROM igny8_tenants WHERE id = %s", account.pk)
    with nothing_changes(), pytest.raises((RestrictedError, DatabaseError)), transaction.atomic():
        Account.objects.filter(pk=account.pk).delete()


@pytest.mark.parametrize("status", AccountStatus.values)
@pytest.mark.parametrize("reason", ["", *SuspensionReason.values, "bored"])
def test_suspended_and_only_suspended_says_why(db: None, status: str, reason: str) -> None:
    plan = make_plan()
    agree = reason in SuspensionReason.values if status == AccountStatus.SUSPENDED else not reason

    if agree:
        assert make_account(status=status, status_reason=reason, plan=plan).status_reason == reason
    else:
        with nothing_changes(), pytest.raises(IntegrityError, match="tenant_suspended_says_why"):
            in_one_transaction(lambda: make_account(status=status, status_reason=reason, plan=plan))


def test_an_unknown_status_is_refused(db: None) -> None:
    account = make_account()

    with nothing_changes(), pytest.raises(IntegrityError):
        in_one_transaction(lambda: put(account, status="frozen"))


@pytest.mark.parametrize(
    "facts",
    [
        {"is_deleted": True},
        {"is_deleted": True, "deleted_at": NOW},
        {"deleted_at": NOW},
        {"restore_until": NOW},
    ],
    ids=["deleted alone", "no restore_until", "deleted_at alone", "restore_until alone"],
)
def test_the_facts_of_a_deletion_come_together(db: None, facts: dict[str, object]) -> None:
    account = make_account()

    with nothing_changes(), pytest.raises(IntegrityError, match="tenant_deleted_facts_together"):
        in_one_transaction(lambda: put(account, **facts))


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("plan_price_range", {"price": "-0.01"}),
        ("plan_price_range", {"price": "100000.01"}),
        ("plan_credits_range", {"included_credits": 10_000_001}),
        ("plan_limits_positive", {"max_sites": 0}),
        ("plan_limits_positive", {"max_users": 0}),
        ("plan_features_known", {"features": ["time_travel"]}),
        ("plan_slug_form", {"slug": "Starter"}),
        ("plan_name_given", {"name": "  "}),
        ("plan_archived_not_public", {"archived_at": NOW}),
    ],
)
def test_a_plan_stays_within_its_range(db: None, constraint: str, facts: dict[str, object]) -> None:
    plan = make_plan()

    with nothing_changes(), pytest.raises(IntegrityError, match=constraint):
        in_one_transaction(lambda: Plan.objects.filter(pk=plan.pk).update(**facts))


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("user_email_lower", {"email": "Bob@homeg8.example"}),
        ("igny8_users_email", {"email": "alice@homeg8.example"}),
        ("user_role_with_account", {"role": ""}),
        ("user_role_with_account", {"role": "king"}),
        ("user_role_with_account", {"account": None}),
    ],
)
def test_a_user_has_one_email_and_a_role_in_an_account(
    world: World, constraint: str, facts: dict[str, object]
) -> None:
    with nothing_changes(), pytest.raises(IntegrityError, match=constraint):
        in_one_transaction(lambda: User.objects.filter(pk=world.bob.pk).update(**facts))


def test_a_site_has_one_current_key(db: None) -> None:
    site = make_site(make_account())
    facts = {"account": site.account, "site": site, "created_at": NOW}
    ApiKey.objects.create(prefix="one", key_hash="one", **facts)

    with nothing_changes(), pytest.raises(IntegrityError, match="api_key_one_current"):
        in_one_transaction(lambda: ApiKey.objects.create(prefix="two", key_hash="two", **facts))


def test_a_site_is_not_deleted_with_what_belongs_to_it(world: World) -> None:
    site = make_sector(make_site(world.home)).site

    with nothing_changes(), pytest.raises(RestrictedError):
        site.delete()
    with nothing_changes(), pytest.raises(IntegrityError):
        run("DELETE FROM igny8_sites WHERE id = %s", site.pk)


def test_a_plan_with_accounts_is_not_deleted(world: World) -> None:
    with nothing_changes(), pytest.raises(IntegrityError):
        run("DELETE FROM igny8_plans WHERE id = %s", world.home.plan_id)


def test_a_person_without_an_account_is_fine(db: None) -> None:
    assert make_user().role == ""


def move(user: User, *, to: Account) -> None:
    User.objects.filter(pk=user.pk).update(account=to)
