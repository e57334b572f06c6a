"""Sign-ups by the account's day, conversions by the first payment that stands."""

from datetime import datetime

import pytest

from billing.reports import sign_ups
from billing.services import reversals
from tenancy.models import Account
from tests.billing.reports.builders import AUTUMN, at, by_whom, paid, paid_by_hand
from tests.factories import make_account


def signed_up(when: datetime, **facts: object) -> Account:
    account = make_account(**facts)
    Account.objects.filter(pk=account.pk).update(created_at=when)
    return account


@pytest.mark.django_db
def test_by_month(django_assert_num_queries) -> None:
    stays = signed_up(at(10, 1, 0))
    paid(stays, at(10, 31, 23))
    paid(stays, at(11, 30))  # pays on, and converts once
    signed_up(at(10, 31, 23), deleted=True)
    undone = signed_up(at(11, 1, 0))
    reversals.reverse(payment=paid_by_hand(undone, at(11, 2)), **by_whom(at(11, 3)))
    back = signed_up(at(9, 30, 23))
    reversals.reverse(payment=paid_by_hand(back, at(11, 2)), **by_whom(at(11, 3)))
    paid(back, at(12, 2))
    signed_up(at(10, 2), slug="default", is_system=True)

    with django_assert_num_queries(1):
        rows = sign_ups.by_month(months=AUTUMN)

    assert [(str(row.month), row.signed_up, row.converted) for row in rows] == [
        ("2025-10", 2, 1),
        ("2025-11", 1, 0),
        ("2025-12", 0, 1),
    ]
