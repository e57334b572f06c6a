"""Every credit in its month and type; the ends are the balances."""

from datetime import datetime

import pytest
from django.db import connection

from billing.models import CreditBalance, TransactionType
from billing.reports import credits
from billing.reports.months import Months
from tenancy.models import Account
from tests.billing.reports.builders import AUTUMN, DECEMBER, NOVEMBER, OCTOBER, at
from tests.factories import REASON, make_account, make_ledger_row, make_staff

pytestmark = pytest.mark.django_db
T = TransactionType


def row(account: Account, when: datetime, type: str, amount: int, **facts: object) -> None:
    make_ledger_row(account, amount=amount, type=type, created_at=when, **facts)


@pytest.fixture
def account() -> Account:
    account, fiona = make_account(), make_staff("Finance")
    row(account, at(9, 30, 23), T.OPENING, 100)
    row(account, at(10, 1, 0), T.TRIAL, 2000)
    row(account, at(10, 31, 23), T.DEDUCTION, -300)
    row(account, at(11, 1, 0), T.DEDUCTION, -40)
    row(account, at(11, 2), T.DEDUCTION, -10)
    row(account, at(11, 3), T.GRANT, 50, created_by=fiona, reason=REASON)
    row(account, at(12, 31, 23), T.ADJUSTMENT, -5, created_by=fiona, reason=REASON)
    row(make_account(), at(12, 1, 0), T.SUBSCRIPTION, 1000)
    return account


def amounts(found: credits.Credits) -> dict[str, int]:
    return {str(type): amount for type, amount in found.by_type.items() if amount}


def test_by_month_and_type(account: Account) -> None:
    october, november, december = credits.moved(months=AUTUMN)

    assert (october.start, amounts(october), october.end) == (
        100,
        {"trial": 2000, "deduction": -300},
        1800,
    )
    assert (november.start, amounts(november), november.end) == (
        1800,
        {"grant": 50, "deduction": -50},
        1800,
    )
    assert (december.start, amounts(december), december.end) == (
        1800,
        {"adjustment": -5, "subscription": 1000},
        2795,
    )
    assert (october.given, october.used) == (2000, 300)
    assert (december.given, december.used) == (995, 0)
    assert december.end == sum(CreditBalance.objects.values_list("credits", flat=True))


def test_what_came_after_the_months_changes_nothing_in_them(account: Account) -> None:
    (november,) = credits.moved(months=Months(NOVEMBER, NOVEMBER))

    assert (november.start, november.end) == (1800, 1800)


def test_a_reversal_is_a_type_of_its_own(account: Account) -> None:
    wrong = account.credit_transactions.get(type=T.GRANT)
    row(
        account,
        at(12, 5),
        T.REVERSAL,
        -50,
        reverses=wrong,
        created_by=make_staff("Finance"),
        reason=REASON,
    )

    *_, december = credits.moved(months=AUTUMN)
    assert december.by_type[T.REVERSAL] == -50
    assert december.by_type[T.GRANT] == 0


def test_no_ledger() -> None:
    october, *_ = credits.moved(months=AUTUMN)
    assert (october.month, october.start, amounts(october), october.end) == (OCTOBER, 0, {}, 0)


def test_one_query_whatever_the_session_takes_for_its_zone(
    account: Account, django_assert_num_queries
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'Asia/Kolkata'")
    with django_assert_num_queries(1):
        months = credits.moved(months=AUTUMN)
    assert [(each.month, each.end) for each in months] == [
        (OCTOBER, 1800),
        (NOVEMBER, 1800),
        (DECEMBER, 2795),
    ]


def test_used_by_operation_is_the_deductions(account: Account, django_assert_num_queries) -> None:
    row(account, at(11, 30, 23), T.DEDUCTION, -60, operation="clustering")

    with django_assert_num_queries(1):
        used = credits.used(months=AUTUMN)

    assert [(row.month, row.operation, row.credits) for row in used] == [
        (OCTOBER, "", 300),
        (NOVEMBER, "clustering", 60),
        (NOVEMBER, "", 50),
    ]
    assert [moved.used for moved in credits.moved(months=AUTUMN)] == [300, 110, 0]
