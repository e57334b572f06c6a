"""What a month is, and which one a payment buys."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from billing.services.subscriptions import a_month_later, next_period
from tests.factories import DAY, NOW, make_account, make_plan, make_subscription

MICROSECOND = timedelta(microseconds=1)


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at(2025, 11, 12), at(2025, 12, 12)),
        (at(2025, 12, 12), at(2026, 1, 12)),
        (at(2025, 12, 31), at(2026, 1, 31)),
        (at(2025, 1, 31), at(2025, 2, 28)),
        (at(2024, 1, 31), at(2024, 2, 29)),
        (at(2024, 2, 29), at(2024, 3, 29)),
        (at(2025, 2, 28), at(2025, 3, 28)),
        (at(2025, 3, 31), at(2025, 4, 30)),
        (at(2025, 4, 30), at(2025, 5, 30)),
        (at(2099, 12, 31), at(2100, 1, 31)),
        (at(2100, 1, 29), at(2100, 2, 28)),
    ],
    ids=lambda moment: f"{moment:%Y-%m-%d}",
)
def test_a_month_ends_on_the_same_day_or_the_last_one(start: datetime, end: datetime) -> None:
    assert a_month_later(start) == end


def test_a_month_is_one_of_utc() -> None:
    # Half past midnight on 1 March in Karachi is still 28 February.
    karachi = timezone(timedelta(hours=5))

    later = a_month_later(datetime(2025, 3, 1, 0, 30, tzinfo=karachi))

    assert later == datetime(2025, 3, 28, 19, 30, tzinfo=UTC)


def test_every_day_of_five_years_moves_forward_by_28_to_31_days() -> None:
    days = [at(2024, 1, 1) + number * DAY for number in range(5 * 366)]

    months = [a_month_later(day) - day for day in days]

    assert {month.days for month in months} == {28, 29, 30, 31}


def test_a_first_payment_starts_now(db: None) -> None:
    account = make_account()

    period = next_period(account=account, plan=account.plan, now=NOW)

    assert (period.start, period.end) == (NOW, at(2025, 12, 12))


@pytest.mark.parametrize(
    ("end", "same_plan", "start"),
    [
        (NOW + 5 * DAY, True, NOW + 5 * DAY),
        (NOW + 5 * DAY, False, NOW),
        (NOW, True, NOW),
        (NOW - DAY, True, NOW - DAY),
        (NOW - 7 * DAY + MICROSECOND, True, NOW - 7 * DAY + MICROSECOND),
        (NOW - 7 * DAY, True, NOW),
        (NOW - DAY, False, NOW),
    ],
)
def test_only_a_renewal_follows_on_until_grace_is_over(
    db: None, end: datetime, same_plan: bool, start: datetime
) -> None:
    account = make_account()
    make_subscription(account, start=NOW - 30 * DAY, end=end)

    period = next_period(account=account, plan=account.plan if same_plan else make_plan(), now=NOW)

    assert period.start == start
