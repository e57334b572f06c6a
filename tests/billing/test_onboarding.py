"""A new account with its owner and its first credits, all or nothing."""

import pytest

from billing.models import CreditTransaction
from billing.services import onboarding
from tenancy.errors import InvalidValue
from tenancy.models import Account, AuditEvent, User
from tenancy.services import accounts, password_links, users
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_plan, make_staff
from tests.mailing import work_off


def create(**overrides: object) -> Account:
    facts = {"name": "New Shop", "slug": "new-shop", "by": None, "reason": REASON, "now": NOW}
    return onboarding.create_account(**facts | overrides)


def test_a_trial_starts_with_its_owner_and_credits(db: None) -> None:
    plan, sam = make_plan(trial_days=14, included_credits=2000), make_staff("Support")

    account = create(plan=plan, owner_email="Zoe@Shop.example", by=sam)

    row = CreditTransaction.objects.get()
    assert (account.owner.email, account.credits) == ("zoe@shop.example", 2000)
    assert (row.type, row.amount, row.created_by) == ("trial", 2000, sam)
    assert set(AuditEvent.objects.values_list("verb", flat=True)) == {
        "account_created",
        "owner_added",
        "credits_opened",
    }


def test_the_owner_is_sent_a_link_where_that_is_asked_for(db: None) -> None:
    plan = make_plan(trial_days=14)
    create(plan=plan, owner_email="max@shop.example", slug="other-shop")
    create(plan=plan, invites_owner=True, slug="third-shop")
    assert work_off() == []

    account = create(plan=plan, owner_email="zoe@shop.example", invites_owner=True)

    (letter,) = work_off()
    assert letter.to == ["zoe@shop.example"]
    assert letter.subject == "You are invited to New Shop"
    token = letter.body.split("token=")[1].split()[0]
    password_links.accept(email="zoe@shop.example", token=token, password="correct horse battery")
    assert AuditEvent.objects.get(verb="invitation_accepted").actor == account.owner


def test_a_plan_with_a_price_gives_nothing_before_it_is_paid(db: None) -> None:
    assert create(plan=make_plan()).credits == 0
    assert not CreditTransaction.objects.exists()


@pytest.mark.parametrize("email", ["", "  "])
def test_an_account_may_come_without_an_owner(db: None, email: str) -> None:
    assert create(plan=make_plan(), owner_email=email).owner is None
    assert not User.objects.exists()


@pytest.mark.parametrize(("credits", "rows"), [(454, 1), (0, 0)])
def test_opening_credits_take_the_place_of_the_plans(db: None, credits: int, rows: int) -> None:
    account = create(plan=make_plan(trial_days=14), opening_credits=credits)

    assert account.credits == credits
    assert CreditTransaction.objects.filter(type="opening").count() == rows
    assert not CreditTransaction.objects.filter(type="trial").exists()


@pytest.mark.parametrize("credits", [-5, 10_000_001, 1.5, True, "454"])
def test_opening_credits_are_whole_and_not_negative(db: None, credits: object) -> None:
    plan = make_plan()

    with refused(InvalidValue) as caught:
        create(plan=plan, opening_credits=credits)

    assert caught.value.facts == {"field": "amount"}


def test_a_taken_email_leaves_no_account_behind(world: World) -> None:
    with refused(users.EmailTaken):
        create(plan=world.home.plan, owner_email="bob@homeg8.example")


def test_a_taken_slug_leaves_no_owner_behind(world: World) -> None:
    with refused(accounts.SlugTaken):
        create(plan=world.home.plan, slug="home-g8", owner_email="zoe@shop.example")
