"""Money that waits on accounts, by how long."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.reports import unapplied
from billing.reports.unapplied import Unapplied, Wait
from billing.services import reconciliation
from billing.services import unapplied as verbs
from tenancy.models import Account
from tests.billing.reports.builders import at, by_whom, came
from tests.factories import make_account

pytestmark = pytest.mark.django_db
NOW = at(12, 31)
TODAY = NOW.date()


def put(account: Account, amount: str, days_ago: int, hour: int = 12) -> object:
    when = NOW.replace(hour=hour) - timedelta(days=days_ago)
    return reconciliation.put_on_account(
        line=came(amount, when.date()), account=account, **by_whom(when)
    )


def test_by_account_and_wait() -> None:
    home, other = make_account(name="Home"), make_account(name="Other")
    for days, amount in ((0, "1"), (2, "2"), (3, "4"), (7, "8"), (8, "16"), (30, "32"), (31, "64")):
        put(home, amount, days, hour=0 if days == 2 else 23)
    put(other, "500", 40)

    assert unapplied.by_account(today=TODAY) == [
        Unapplied(
            account_id=other.pk,
            account="Other",
            currency="USD",
            by_wait={
                Wait.DAYS: Decimal(0),
                Wait.WEEK: Decimal(0),
                Wait.MONTH: Decimal(0),
                Wait.LONGER: Decimal(500),
            },
            total=Decimal(500),
            oldest=NOW - timedelta(days=40),
        ),
        Unapplied(
            account_id=home.pk,
            account="Home",
            currency="USD",
            by_wait={
                Wait.DAYS: Decimal(3),
                Wait.WEEK: Decimal(12),
                Wait.MONTH: Decimal(48),
                Wait.LONGER: Decimal(64),
            },
            total=Decimal(127),
            oldest=NOW.replace(hour=23) - timedelta(days=31),
        ),
    ]


def test_what_was_returned_waits_no_more(django_assert_num_queries) -> None:
    account = make_account()
    verbs.give_back(allocation=put(account, "10", 3), **by_whom(NOW))

    with django_assert_num_queries(1):
        assert unapplied.by_account(today=TODAY) == []
