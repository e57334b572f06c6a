"""How fast an account spends: the balance day by day, and what the rate says of the days ahead."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import CreditTransaction, TransactionType
from console.account_page import credit_use, sparkline
from console.account_page.credit_use import DAY, CreditUse
from tenancy.models import Account
from tests import factories
from tests.conftest import World

NOW = timezone.now()
HOUR = timedelta(hours=1)


def row(account: Account, amount: int, at: datetime) -> None:
    kind = TransactionType.DEDUCTION if amount < 0 else TransactionType.PURCHASE
    factories.make_ledger_row(account, amount=amount, type=kind, created_at=at)


def an_account(*rows: tuple[int, timedelta]) -> Account:
    """With these amounts, each so long ago, the oldest first."""
    account = factories.make_account()
    for amount, ago in rows:
        row(account, amount, NOW - ago)
    return account


def use_of(account: Account) -> CreditUse:
    account.credit_balance.refresh_from_db()
    return credit_use.read(account.credit_balance, now=NOW)


def test_the_balance_of_each_day_is_the_ledgers(db: None) -> None:
    account = an_account(
        (1000, 40 * DAY), *((-7, DAY * days - HOUR) for days in range(35, 0, -2)), (90, 3 * HOUR)
    )
    for day in use_of(account).days:
        rows = CreditTransaction.objects.filter(account=account, created_at__lte=day.at)
        last = rows.order_by("-sequence").first()
        assert (day.sequence, day.balance) == (last.sequence, last.balance_after)


def test_the_rate_tells_how_long_it_lasts(db: None) -> None:
    steady = an_account((1000, 60 * DAY), (-100, 45 * DAY), (-300, 20 * DAY), (-300, HOUR))
    use = use_of(steady)
    assert (use.used, use.over, use.days_left) == (600, 30 * DAY, 15)
    assert use.left_in_words == "15 days left at 20 a day"
    assert use.basis_in_words == "600 used in 30 days"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "none used in 30 days"),
        ([(500, 90 * DAY)], "none used in 30 days"),
        ([(500, 10 * DAY), (-100, DAY)], "40 days left at 10 a day"),  # it began 10 days ago
        ([(500, HOUR), (-100, timedelta(0))], "4 days left at 100 a day"),  # a day at least
        ([(500, 90 * DAY), (-500, 5 * DAY)], "nothing left; 17 a day in 30 days"),
        ([(500, 90 * DAY), (-1, 5 * DAY)], "more than a year left at less than 1 a day"),
        ([(5000, 2 * DAY), (-4000, DAY)], "less than a day left at 2,000 a day"),
    ],
)
def test_it_is_said_in_words(db: None, rows: list[tuple[int, timedelta]], words: str) -> None:
    assert use_of(an_account(*rows)).left_in_words == words


def test_a_busy_account_is_added_up_over_fewer_days(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credit_use, "MOST_ADDED", 6)
    rows = [(-10, DAY * days + HOUR) for days in range(20, -1, -1)]
    busy = use_of(an_account((10_000, 90 * DAY), *rows))
    assert (busy.used, busy.over) == (60, 6 * DAY)
    # One day alone has more rows: the newest of them, over the time that they took.
    at_once = use_of(an_account((10_000, 90 * DAY), *((-10, HOUR * n) for n in range(12, -1, -1))))
    assert (at_once.used, at_once.over) == (60, 5 * HOUR)
    assert at_once.basis_in_words == "60 used in 5 hours"


def test_the_line_is_told_in_words_too(world: World) -> None:
    row(world.home, -400, timezone.now())
    client = Client()
    client.force_login(world.sam)
    page = client.get(reverse("admin:tenancy_account_change", args=(world.home.pk,)))
    assert "now 600." in page.content.decode()
    assert "days left at 400 a day" in page.content.decode() or "1 day left" in str(page.content)
    assert sparkline.draw(use_of(factories.make_account()).days) is None
    flat = sparkline.draw(use_of(an_account((5, 90 * DAY))).days)
    assert flat is not None
    assert flat.says.endswith("and the same ever since.")


def test_it_costs_two_queries_however_long_the_ledger(db: None) -> None:
    account = an_account((1000, 60 * DAY), *((-1, HOUR * n) for n in range(40, 0, -1)))
    account.credit_balance.refresh_from_db()
    with CaptureQueriesContext(connection) as queries:
        credit_use.read(account.credit_balance, now=NOW)
    assert len(queries) == 2
