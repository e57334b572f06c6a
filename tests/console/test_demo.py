"""The demo against the customer's survey of 2025-12-08. The literals are copied from it."""

from datetime import timedelta

import pytest
from django.db.models import F, Sum

from billing.models import (
    CreditTransaction,
    LedgerProof,
    Subscription,
    TransactionType,
)
from billing.services.costs import cost_of
from billing.services.proof import differences
from tenancy.models import Account, Plan, Site, User
from tests.console.conftest import LOADED_AT

pytestmark = pytest.mark.usefixtures("demo")

# ID, slug, name, price a month, credits, sites, users
PLANS = [
    (1, "free", "Free Plan", 0, 100, 1, 1),
    (2, "starter", "Starter", 89, 1_000, 1, 2),
    (4, "growth", "Growth", 139, 2_000, 3, 3),
    (5, "scale", "Scale", 229, 4_000, 5, 5),
    (6, "enterprise", "Enterprise Plan", 0, 10_000, 20, 10_000),
]
FEATURES = {
    "free": [],
    "starter": ["ai_writer", "image_gen"],
    "growth": ["ai_writer", "image_gen", "auto_publish"],
    "scale": ["ai_writer", "image_gen", "auto_publish", "custom_prompts"],
    "enterprise": ["ai_writer", "image_gen", "auto_publish", "custom_prompts", "unlimited"],
}
# ID, slug, name, owner, plan, credits, status
ACCOUNTS = [
    (29, "home-g8", "Home G8", "admin@homeg8.com", "starter", 8_000, "active"),
    (14, "scale-account", "Scale Account", "scale@igny8.com", "scale", 8_000, "active"),
    (5, "aws-admin", "AWS Admin", "dev@igny8.com", "enterprise", 454, "active"),
    (28, "auto-remote", "Auto Remote", "auto+remote0003@example.com", "enterprise", 0, "trial"),
    (30, "tacbit", "TacBit", "payments@tacbit.net", "free", 100, "trial"),
]
# ID, e-mail, role, account, superuser
USERS = [
    (3, "dev@igny8.com", "developer", "aws-admin", True),
    (43, "scale@igny8.com", "owner", "scale-account", False),
    (53, "tacbit.com@gmail.com", "owner", "salman-raza-sadiq", False),
    (57, "admin@homeg8.com", "owner", "home-g8", False),
    (58, "payments@tacbit.net", "owner", "tacbit", False),
]
# ID, slug, name, account, industry, active, sectors
SITES = [
    (19, "tester-site", "tester site", "home-g8", "Healthcare & Medical", True, 1),
    (18, "new-site", "new site", "scale-account", "Healthcare & Medical", True, 1),
    (16, "massagers-mart", "Massagers Mart", "aws-admin", "Healthcare & Medical", True, 3),
    (5, "home-garden-site", "Home & Garden Site", "aws-admin", "Home & Garden", True, 5),
]
# Account, type, amount, balance after, description
LATEST = [
    ("aws-admin", "deduction", -2, 454, "image_prompt_extraction"),
    ("aws-admin", "deduction", -2, 456, "image_prompt_extraction"),
    ("aws-admin", "deduction", -2, 458, "image_prompt_extraction"),
]


@pytest.mark.parametrize("facts", PLANS, ids=lambda facts: facts[1])
def test_the_plans_of_the_survey(facts: tuple) -> None:
    plan = Plan.objects.get(pk=facts[0])

    assert (
        plan.pk,
        plan.slug,
        plan.name,
        plan.price,
        plan.included_credits,
        plan.max_sites,
        plan.max_users,
    ) == facts
    assert plan.is_active
    assert plan.currency == "USD"
    assert plan.features == FEATURES[plan.slug]


def test_the_plan_of_new_trials_makes_six() -> None:
    plan = Plan.objects.get(slug="free-trial")

    assert (plan.included_credits, plan.trial_days) == (2_000, 14)
    assert Plan.objects.count() == 6


@pytest.mark.parametrize("facts", ACCOUNTS, ids=lambda facts: facts[1])
def test_the_accounts_of_the_survey(facts: tuple) -> None:
    account = Account.objects.get(pk=facts[0])

    assert (
        account.pk,
        account.slug,
        account.name,
        account.owner.email,
        account.plan.slug,
        account.credits,
        account.status,
    ) == facts


def test_eight_accounts_each_with_its_own_owner() -> None:
    assert Account.objects.count() == 8
    assert not Account.objects.exclude(owner__account=F("pk")).exists()
    assert list(Account.objects.filter(is_system=True).values_list("slug", flat=True)) == [
        "aws-admin"
    ]


@pytest.mark.parametrize("facts", USERS, ids=lambda facts: facts[1])
def test_the_users_of_the_survey(facts: tuple) -> None:
    user = User.objects.get(pk=facts[0])

    assert (user.pk, user.email, user.role, user.account.slug, user.is_superuser) == facts


def test_eight_users_by_role() -> None:
    users = User.objects.exclude(account=None)

    assert sorted(users.values_list("role", flat=True)) == ["developer"] + ["owner"] * 7
    assert User.objects.filter(is_superuser=True).count() == 1


def test_nobody_of_a_customer_can_sign_in_the_superuser_included() -> None:
    assert not any(user.has_usable_password() for user in User.objects.exclude(account=None))
    assert not User.objects.exclude(account=None).filter(is_staff=True).exists()


@pytest.mark.parametrize("facts", SITES, ids=lambda facts: facts[1])
def test_the_sites_of_the_survey(facts: tuple) -> None:
    site = Site.objects.get(pk=facts[0])

    assert (
        site.pk,
        site.slug,
        site.name,
        site.account.slug,
        site.industry.name,
        site.is_active,
        site.sectors.count(),
    ) == facts
    for sector in site.sectors.all():
        assert sector.account == site.account
        assert sector.industry_sector.industry == site.industry


def test_four_sites() -> None:
    assert Site.objects.count() == 4


def test_no_subscription_and_no_credits_from_money() -> None:
    assert not Subscription.objects.exists()
    assert not CreditTransaction.objects.exclude(payment=None).exists()
    assert not Account.objects.exclude(payment_method="").exists()


def test_280_transactions_and_the_latest_are_the_surveys() -> None:
    latest = CreditTransaction.objects.order_by("-created_at", "-id")

    assert CreditTransaction.objects.count() == 280
    assert (
        list(
            latest.values_list("account__slug", "type", "amount", "balance_after", "description")[
                :3
            ]
        )
        == LATEST
    )


def test_aws_admin_goes_from_10000_to_454() -> None:
    rows = list(CreditTransaction.objects.filter(account__slug="aws-admin").order_by("sequence"))

    assert (rows[0].type, rows[0].amount) == (TransactionType.OPENING, 10_000)
    assert len(rows) == 274
    assert {row.type for row in rows[1:]} == {TransactionType.DEDUCTION}
    assert rows[-1].balance_after == 454
    newest = rows[-63:]
    assert {(row.operation, row.amount) for row in newest} == {("image_prompt_extraction", -2)}
    assert newest[0].balance_after == 578


def test_every_deduction_is_what_its_operation_costs() -> None:
    deductions = CreditTransaction.objects.filter(type=TransactionType.DEDUCTION)

    assert [
        row.sequence
        for row in deductions
        if row.amount != -cost_of(operation=row.operation, units=row.metadata["units"])
    ] == []


def test_rows_are_numbered_in_the_order_of_their_times_all_in_the_past() -> None:
    times = list(CreditTransaction.objects.order_by("id").values_list("created_at", flat=True))

    assert times == sorted(times)
    assert times[-1] < LOADED_AT
    assert LOADED_AT - times[0] == timedelta(days=56)


def test_the_ledger_proves_right() -> None:
    assert differences() == []
    assert Account.objects.aggregate(total=Sum("credit_balance__credits"))["total"] == 22_554
    proof = LedgerProof.objects.get()
    assert (proof.accounts, proof.transactions, proof.differences) == (8, 280, [])
