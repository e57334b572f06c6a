"""Every cent that came in is somewhere, and stands in the month in which it came."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Place
from billing.reports import places
from billing.reports.places import MoneyIn
from billing.services import line_verbs, reversals, splits
from tests.billing.reports.builders import AUTUMN, NOVEMBER, OCTOBER, asked, at, by_whom, came, paid
from tests.factories import make_account

pytestmark = pytest.mark.django_db


def by_place(*amounts: str) -> dict[Place, Decimal]:
    return dict(zip(Place, map(Decimal, amounts), strict=True))


def test_by_month_and_place() -> None:
    account, now = make_account(), at(12, 5)
    payment = paid(account, at(12, 3), "100.00", on=date(2025, 11, 30))
    line_verbs.ignore(line=came("3.00", date(2025, 11, 1)), **by_whom(now))
    line_verbs.give_back(line=came("20.00", date(2025, 11, 1)), **by_whom(now))
    came("7.00", date(2025, 11, 2))
    split = came("60.00", date(2025, 11, 3))
    parts = [
        splits.Part(Decimal("40.00"), payment=asked(make_account(), now)),
        splits.Part(Decimal("20.00"), account=account),
    ]
    splits.split(line=split, parts=parts, **by_whom(now))
    came("-500.00", date(2025, 11, 4))
    came("0.00", date(2025, 11, 4))
    came("1.00", date(2025, 10, 31))
    came("9.00", date(2025, 9, 30))

    october, november = places.money_in(months=AUTUMN)
    assert october == MoneyIn(
        OCTOBER, "USD", 1, Decimal("1.00"), by_place("0", "0", "0", "0"), Decimal("1.00")
    )
    assert november == MoneyIn(
        NOVEMBER,
        "USD",
        5,
        Decimal("190.00"),
        by_place("129.00", "31.00", "20.00", "3.00"),
        Decimal("7.00"),
    )
    assert november.came_in == sum(november.by_place.values()) + november.open

    reversals.reverse(payment=payment, **by_whom(at(12, 20)))

    _, november = places.money_in(months=AUTUMN)
    assert november.by_place == by_place("40.00", "31.00", "20.00", "3.00")
    assert november.open == Decimal("96.00")


def test_nothing_came_in(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        assert places.money_in(months=AUTUMN) == []
