"""The survey of any database: what it finds, and that neither size nor content breaks it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import TransactionType
from billing.services import proof
from console.survey import survey
from console.survey.markdown import cell, count, price
from tenancy.models import Account, AccountStatus
from tests.digest import nothing_changes
from tests.factories import (
    NOW,
    make_account,
    make_ledger_row,
    make_plan,
    make_site,
    make_staff,
    make_subscription,
    make_user,
    open_transfer,
)
from tests.planting import freeze, plant


def lines() -> list[str]:
    return survey(now=NOW).splitlines()


def test_an_empty_database(db: None) -> None:
    said = lines()

    assert "Total Accounts: 0" in said
    assert "Total Users: 0" in said
    assert "Total Sites: 0" in said
    assert "Total Transactions: 0" in said
    assert "- ❌ There is no 'free-trial' plan; create_free_trial_plan makes it" in said
    assert "- ❌ No operation has been charged" in said
    assert "- The ledger has never been proven; prove_ledger does it" in said
    assert "- Nobody can work in the console; create_staff adds the first Administrator" in said


def test_it_changes_nothing(world: object) -> None:
    with nothing_changes():
        survey(now=NOW)


def test_the_number_of_queries_does_not_grow(db: None) -> None:
    def grow(times: int) -> None:
        for _ in range(times):
            account = make_account(credits=10)
            make_user(account)
            make_site(account)
            make_subscription(account)
            open_transfer(account)

    grow(1)
    with CaptureQueriesContext(connection) as few:
        survey(now=NOW)
    grow(25)
    with CaptureQueriesContext(connection) as many:
        survey(now=NOW, all_accounts=True)

    assert len(few) == len(many) <= 20


def test_the_newest_20_accounts_or_all(db: None) -> None:
    plan = make_plan()
    for number in range(23):
        make_account(plan=plan, slug=f"shop-{number}")
    oldest = "| shop-0 |"

    assert oldest not in survey(now=NOW)
    assert "| shop-22 |" in survey(now=NOW)
    assert oldest in survey(now=NOW, all_accounts=True)
    assert "Total Accounts: 23" in lines()


def test_what_customers_typed_cannot_break_the_table(db: None) -> None:
    account = make_account(name="A | B\n| 1 |\x1b[31m \\| end", slug="odd")
    make_ledger_row(account, amount=5, description="one | two")

    said = survey(now=NOW)

    assert "| odd | A \\| B \\| 1 \\| [31m \\\\\\| end | – |" in said
    assert "| odd | opening | 5 | 5 | one \\| two |" in said
    assert "\x1b" not in said


def test_deleted_accounts_are_counted_apart(db: None) -> None:
    make_account(slug="gone", deleted=True)
    make_account(slug="here")

    said = lines()

    assert "Total Accounts: 1" in said
    assert "Deleted, restorable for a time: 1" in said
    assert "| gone |" not in "\n".join(said)


def test_it_finds_what_is_not_well(db: None) -> None:
    account = make_account(status=AccountStatus.ACTIVE, credits=10)
    make_account(trial_ends_at=NOW - timedelta(hours=1), credits=10)
    make_site(account)
    make_user()
    make_user(is_active=False)  # their invitation was withdrawn
    freeze(account)
    plant(
        "UPDATE igny8_credit_balances SET credits = credits + 1 WHERE account_id = %s", account.pk
    )
    proof.prove_ledger(now=NOW)

    said = lines()

    assert "- 2 accounts have no owner" in said
    assert "- 1 user has no account" in said
    assert "- 1 site has no industry" in said
    assert "- 1 site has no sectors" in said
    assert "- 1 account's credits are frozen" in said
    assert "- 1 trial is over; run_daily suspends" in said
    assert "- The proof of 2025-11-12 09:30 UTC found 1 difference" in said


def test_all_is_well(db: None) -> None:
    account = make_account(
        status=AccountStatus.ACTIVE,
        credits=10,
        payment_method="bank_transfer",
        billing_email="books@shop.example",
    )
    Account.objects.filter(pk=account.pk).update(owner=make_user(account))
    make_subscription(account)
    make_ledger_row(
        account, amount=-2, type=TransactionType.DEDUCTION, operation="image_prompt_extraction"
    )
    make_staff("Administrator")
    proof.prove_ledger(now=NOW)

    said = lines()

    assert "Status: ✅ 1 SUBSCRIPTION EXISTS" in said
    assert "- active: 1" in said
    assert "- Every account has an owner" in said
    assert "- ✅ payment_method is set on every account" in said
    assert "- ✅ billing_* fields are used by 1 of 1 account" in said
    missing = said[said.index("### ❌ What's Missing") :]
    assert missing[2] == "- Nothing"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), ("", "–"), (True, "✅"), (False, "❌"), (0, "0"), ("a\r\nb", "a b")],
)
def test_cells(value: object, text: str) -> None:
    assert cell(value) == text


def test_numbers() -> None:
    assert [price(Decimal(text)) for text in ("89.00", "0", "1234.5")] == ["$89", "$0", "$1,234.50"]
    assert [count(number, "day") for number in (0, 1, 2000)] == ["0 days", "1 day", "2,000 days"]
