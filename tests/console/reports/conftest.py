"""A quarter of money, with every kind of number in it, and the pages as of its last evening."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from billing.models import TransactionType
from billing.services import line_verbs, reconciliation, reversals, write_offs
from console.reports import pages, period
from console.reports.catalog import REPORTS
from console.reports.report import Asked, Shown
from tenancy.models import Account
from tests.billing.reports.builders import asked, at, by_whom, came, paid, paid_by_hand
from tests.factories import REASON, make_account, make_ledger_row, make_plan, make_staff
from tests.signing_in import signed_in

NOW = at(12, 31, 20)
QUARTER = "from=2025-10&to=2025-12"


@dataclass
class Money:
    home: Account
    other: Account


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "now", lambda: NOW)


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Money]:
    """Made once for a module of tests, and taken away again after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_money()
        transaction.set_rollback(True)


@pytest.fixture
def money(built: Money) -> Iterator[Money]:
    """What a test does to it is undone."""
    with transaction.atomic():
        yield built
        transaction.set_rollback(True)


def make_money() -> Money:
    starter = make_plan(name="Starter", price=Decimal(89), included_credits=1000)
    growth = make_plan(name="Growth", price=Decimal(139), included_credits=2000)
    home, other = make_account(name="=Home", plan=starter), make_account(name="Other", plan=starter)

    paid(home, at(10, 10), "100.00", on=date(2025, 10, 9))
    paid(home, at(11, 5), plan=growth)
    paid(other, at(10, 31, 23))
    reversals.reverse(payment=paid(make_account(plan=growth), at(11, 3)), **by_whom(at(12, 1, 0)))
    reversals.reverse(payment=paid_by_hand(make_account(), at(11, 3)), **by_whom(at(12, 2)))
    paid_by_hand(make_account(plan=growth), at(12, 3))
    for reversed_ in (False, True):
        nearly = paid(make_account(plan=growth), at(11, 28), "138.70")
        write_offs.write_off(payment=nearly, **by_whom(at(12, 3)))
        if reversed_:
            reversals.reverse(payment=nearly, **by_whom(at(12, 4)))
    paid(make_account(plan=growth), at(12, 20), "39.00")
    asked(make_account(), at(11, 1))

    for days, amount in ((date(2025, 11, 2), "30.00"), (date(2025, 12, 28), "5.00")):
        line = came(amount, days)
        reconciliation.put_on_account(
            line=line, account=other, **by_whom(datetime.combine(days, NOW.timetz()))
        )
    line_verbs.give_back(line=came("20.00", date(2025, 12, 4)), **by_whom(NOW))
    line_verbs.ignore(line=came("3.00", date(2025, 12, 4)), **by_whom(NOW))
    came("7.00", date(2025, 12, 5))
    came("-50.00", date(2025, 12, 5))

    for account, when in ((home, at(10, 31, 23)), (other, at(11, 1, 0))):
        Account.objects.filter(pk=account.pk).update(created_at=when)

    fiona = make_staff("Finance")
    for when, type, amount, facts in (
        (at(10, 2), TransactionType.TRIAL, 2000, {}),
        (at(11, 2), TransactionType.DEDUCTION, -300, {}),
        (at(12, 2), TransactionType.GRANT, 50, {"created_by": fiona, "reason": REASON}),
    ):
        make_ledger_row(other, amount=amount, type=type, created_at=when, **facts)
    return Money(home, other)


def client_of(group: str | None) -> Client:
    return signed_in(make_staff(group))


@pytest.fixture
def finance() -> Client:
    """Stands behind the fixture that makes the world."""
    return client_of("Finance")


def build(name: str, query: str = QUARTER) -> Shown:
    """What a report shows, without the page around it."""
    params = dict(parse_qsl(query))
    months = period.read(params, today=NOW.date()).months
    return REPORTS[name].build(Asked(months, NOW, params))


def open_report(client: Client, name: str, query: str = QUARTER) -> HttpResponse:
    response = client.get(f"/admin/reports/{name}/?{query}")
    assert response.status_code == 200
    return response
