"""Creating, editing, deleting and restoring accounts."""

from datetime import timedelta

import pytest

from tenancy.errors import InvalidValue, NothingChanged, StateConflict
from tenancy.models import RESERVED_SLUGS, Account, AccountStatus, AuditEvent
from tenancy.services import accounts
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import DAY, NOW, REASON, make_account, make_plan, make_staff

ALL = {"reason": REASON, "now": NOW}


def create(**overrides: object) -> Account:
    facts = {"name": "Home G9", "slug": "home-g9", "by": None} | ALL
    return accounts.create(**facts | overrides)


def edit(account: Account, changes: dict[str, object], by: object) -> Account:
    return accounts.edit(account=account, changes=changes, by=by, reason=REASON)


def test_a_new_account_is_in_trial_with_an_empty_balance(db: None) -> None:
    account = create(plan=make_plan(trial_days=14), facts={"billing_address_country": "pk"})

    account = Account.objects.get(pk=account.pk)
    assert (account.status, account.status_changed_at) == (AccountStatus.TRIAL, NOW)
    assert account.trial_ends_at == NOW + timedelta(hours=14 * 24)
    assert (account.credits, account.credit_balance.sequence) == (0, 0)
    assert account.billing_address_country == "PK"


def test_a_plan_without_trial_days_gives_a_trial_without_an_end(db: None) -> None:
    assert create(plan=make_plan()).trial_ends_at is None


@pytest.mark.parametrize("facts", [{"is_active": False}, {"archived_at": NOW, "is_public": False}])
def test_a_plan_that_is_not_sold_gets_no_account(db: None, facts: dict[str, object]) -> None:
    plan = make_plan(**facts)

    with refused(accounts.PlanNotSold, says="not sold any more"):
        create(plan=plan)


@pytest.mark.parametrize("slug", [*RESERVED_SLUGS, "DEFAULT", " Aws-Admin "])
def test_a_reserved_slug_is_refused_in_any_case(db: None, slug: str) -> None:
    plan = make_plan()

    with refused(accounts.SlugReserved, says="reserved"):
        create(plan=plan, slug=slug)


def test_a_taken_slug_is_refused_in_any_case(world: World) -> None:
    with refused(accounts.SlugTaken, says="“home-g8” exists already"):
        create(plan=world.home.plan, slug="HOME-G8")


def test_a_slug_taken_since_we_looked_is_refused_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["home-g8"])
    look = accounts.clean_slug
    monkeypatch.setattr(accounts, "clean_slug", lambda slug: next(answers, None) or look(slug))

    with refused(accounts.SlugTaken):
        create(plan=world.home.plan, slug="home-g8")


@pytest.mark.parametrize("slug", ["", "Home G8", "-home", "home_g8", "höme", "a" * 101, "a\n\nb"])
def test_a_slug_has_one_form(db: None, slug: str) -> None:
    plan = make_plan()

    with refused(InvalidValue, says="is no slug"):
        create(plan=plan, slug=slug)


def test_suggested_slugs_are_free(world: World) -> None:
    assert accounts.suggest_slug("Home G8") == "home-g8-2"
    assert accounts.suggest_slug("Default") == "default-2"
    assert accounts.suggest_slug("Näher & Söhne") == "naher-sohne"
    assert accounts.suggest_slug("!!!") == "account"
    assert len(accounts.suggest_slug("x" * 255)) == 90


def test_an_edit_changes_the_named_fields_only(world: World) -> None:
    stale = Account.objects.get(pk=world.home.pk)
    edit(world.home, {"billing_email": "pay@homeg8.example"}, world.sam)

    edit(stale, {"name": "  Home G8 Ltd ", "billing_address_country": "us"}, world.sam)

    account = Account.objects.get(pk=world.home.pk)
    event = AuditEvent.objects.filter(verb="account_edited").first()
    assert account.billing_email == "pay@homeg8.example"
    assert (account.name, account.billing_address_country) == ("Home G8 Ltd", "US")
    assert event.before == {"name": "Home G8", "billing_address_country": ""}
    assert event.after == {"name": "Home G8 Ltd", "billing_address_country": "US"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 256),
        ("name", "a\x00b"),
        ("billing_email", "nobody"),
        ("billing_address_country", "USA"),
        ("billing_address_country", "1A"),
        ("payment_method", "gold"),
        ("status", "active"),
        ("plan", 1),
        ("slug", "home-g9"),
        ("is_system", True),
        ("credits", 1_000_000),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(world: World, field: str, value: object) -> None:
    with refused(InvalidValue) as caught:
        edit(world.home, {"billing_address_city": "Lahore", field: value}, world.sam)

    assert caught.value.facts["field"] == field


def test_an_edit_to_the_same_values_is_refused(world: World) -> None:
    with refused(NothingChanged, says="nothing was changed"):
        edit(world.home, {"name": "Home G8", "payment_method": ""}, world.sam)


def test_a_deleted_account_keeps_everything_and_can_be_restored_for_14_days(world: World) -> None:
    accounts.soft_delete(account=world.home, by=world.adam, **ALL)

    home = Account.objects.get(pk=world.home.pk)
    event = AuditEvent.objects.get(verb="account_deleted")
    assert (home.is_deleted, home.deleted_at, home.deleted_by) == (True, NOW, world.adam)
    assert home.restore_until == NOW + 14 * DAY
    assert (home.status, home.credits, home.users.count()) == (AccountStatus.ACTIVE, 1000, 2)
    assert event.before == {
        "is_deleted": False,
        "deleted_at": None,
        "deleted_by": None,
        "restore_until": None,
    }
    assert event.after["deleted_by"] == "adam@igny8.example"


def test_a_deleted_account_is_not_deleted_again(db: None) -> None:
    account = make_account(deleted=True)
    staff = make_staff()

    with refused(StateConflict, says="was deleted on 2025-11-11 09:30 UTC"):
        accounts.soft_delete(account=account, by=staff, **ALL)


def test_a_system_account_is_not_deleted(db: None) -> None:
    account = make_account(is_system=True)
    staff = make_staff()

    with refused(accounts.SystemAccount, says="never deleted"):
        accounts.soft_delete(account=account, by=staff, **ALL)


@pytest.mark.parametrize("status", AccountStatus)
def test_a_restored_account_is_as_it_was(db: None, status: AccountStatus) -> None:
    account = make_account(status=status)
    was = Account.objects.filter(pk=account.pk).values().get()
    accounts.soft_delete(account=account, by=make_staff(), **ALL)

    accounts.restore(account=account, by=make_staff(), reason=REASON, now=NOW + 13 * DAY)

    now = Account.objects.filter(pk=account.pk).values().get()
    assert now | {"updated_at": None} == was | {"updated_at": None}


def test_restoring_ends_exactly_at_the_end_of_its_time(db: None) -> None:
    account = make_account(deleted=True)
    staff = make_staff()
    last_moment = account.restore_until - timedelta(microseconds=1)

    with refused(StateConflict, says="could be restored until 2025-11-25 09:30 UTC"):
        accounts.restore(account=account, by=staff, reason=REASON, now=account.restore_until)

    accounts.restore(account=account, by=staff, reason=REASON, now=last_moment)
    assert not account.is_deleted


def test_an_account_that_is_not_deleted_is_not_restored(world: World) -> None:
    with refused(StateConflict, says="is not deleted"):
        accounts.restore(account=world.home, by=world.adam, **ALL)


def test_refusals_leave_the_database_alone_without_a_transaction(committed_world: World) -> None:
    with nothing_changes(), pytest.raises(InvalidValue):
        edit(committed_world.home, {"name": "x" * 256}, committed_world.sam)
