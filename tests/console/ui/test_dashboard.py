"""The first page: the person's own work first, and no query too many."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import LedgerProof, TransactionType
from console import metrics
from tenancy.models import AccountStatus, User
from tenancy.records import record
from tests import factories
from tests.conftest import World

SignIn = Callable[[User], Client]
BUDGET = 15
GROUPS = ("Support", "Finance", "Approver", "Auditor", "Administrator")


def dashboard(client: Client) -> str:
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return answer.content.decode()


def sections(page: str) -> list[str]:
    return re.findall(r'<h2 id="section-(\w+)">', page)


@pytest.mark.parametrize(
    ("group", "first", "all_of_them"),
    [
        ("Finance", "money", {"money", "approvals", "customers", "figures"}),
        ("Support", "customers", {"customers", "money", "approvals", "figures"}),
        ("Approver", "approvals", {"approvals", "money", "customers", "figures"}),
        ("Auditor", "audit", {"audit", "approvals", "money", "customers", "figures"}),
        (
            "Administrator",
            "staff",
            {"staff", "audit", "customers", "money", "approvals", "figures"},
        ),
    ],
)
def test_everybodys_own_work_comes_first(
    db: None, as_: SignIn, group: str, first: str, all_of_them: set[str]
) -> None:
    shown = sections(dashboard(as_(factories.make_staff(group))))
    assert shown[0] == first
    assert shown[-1] == "figures"
    assert set(shown) == all_of_them


@pytest.mark.parametrize("group", [*GROUPS, None])
def test_it_costs_the_same_however_much_there_is(
    world: World, as_: SignIn, group: str | None
) -> None:
    staff = factories.make_staff(group, is_superuser=group is None)
    client = as_(staff)
    dashboard(client)  # what is kept between requests is kept now
    for _ in range(12):
        factories.open_transfer(now=timezone.now() - timedelta(days=5))
        record("suspend", by=staff, reason="x", target=world.home, account=world.home)
    with CaptureQueriesContext(connection) as queries:
        dashboard(client)
    assert len(queries) <= BUDGET


def test_a_number_says_how_old_and_how_much(world: World, as_: SignIn) -> None:
    factories.open_transfer(
        now=timezone.now() - timedelta(days=12), plan=factories.make_plan(price=Decimal("139.00"))
    )
    page = " ".join(dashboard(as_(world.fiona)).split())
    assert (
        '<span class="console-queue-count">1</span> <span class="console-queue-money">139.00 USD'
        in page
    )
    assert "oldest 12 days ago" in page
    assert reverse("admin:billing_payment_changelist") + "?queue=transfers-waiting" in page


def test_nothing_to_do_is_said(db: None, as_: SignIn) -> None:
    page = dashboard(as_(factories.make_staff("Finance")))
    assert page.count("Nothing to do.") == 3  # one for each section


def test_staff_without_a_group_learn_what_to_do(db: None, as_: SignIn) -> None:
    page = dashboard(as_(factories.make_staff(None)))
    assert "You are in no group yet." in page
    assert "console-queue" not in page
    assert "Revenue" not in page


def test_the_proof_is_in_sight(world: World, as_: SignIn) -> None:
    client = as_(world.fiona)
    assert "The ledger was never proved." in dashboard(client)

    proof = LedgerProof.objects.create(
        at=timezone.now(), accounts=2, transactions=1234, duration_ms=5, differences=[]
    )
    assert "1,234 rows of 2 accounts, no difference." in dashboard(client)

    LedgerProof.objects.create(
        at=proof.at, accounts=2, transactions=1234, duration_ms=5, differences=[{"account_id": 1}]
    )
    assert "The ledger disagrees in 1 place." in dashboard(client)


def test_a_late_proof_is_said(world: World, as_: SignIn) -> None:
    LedgerProof.objects.create(
        at=timezone.now() - timedelta(hours=27),
        accounts=2,
        transactions=2,
        duration_ms=5,
        differences=[],
    )
    assert "The nightly proof is late" in dashboard(as_(world.fiona))


def test_an_auditor_sees_the_latest_events_and_refusals(world: World, as_: SignIn) -> None:
    as_(world.sam).post(
        reverse("admin:billing_payment_confirm", args=(factories.open_transfer(world.home).pk,))
    )
    page = dashboard(as_(factories.make_staff("Auditor")))
    assert "sam@igny8.example" in page
    assert "Refused attempts in the last 7 days" in page


def test_an_administrator_sees_staff_and_limits(world: World, as_: SignIn) -> None:
    page = " ".join(dashboard(as_(world.adam)).split())
    assert "Credits a time" in page
    assert "10,000" in page


def test_revenue_counts_paying_customers_alone(world: World) -> None:
    starter = factories.make_plan(price=Decimal("89.00"))
    factories.put(world.home, plan=starter)  # active
    factories.put(world.other, plan=starter)  # in trial
    factories.make_account(
        slug="default", status=AccountStatus.ACTIVE, plan=starter, is_system=True
    )
    factories.make_account(status=AccountStatus.ACTIVE, plan=starter, deleted=True)
    now = timezone.now()
    factories.confirm(
        factories.open_transfer(world.home, plan=starter, now=now),
        by=world.fiona,
        now=now,
        value_date=now.date(),
    )
    revenue = metrics.revenue(now=now)
    assert revenue.mrr == Decimal("89.00")
    assert revenue.paying == 1
    assert revenue.received == Decimal("89.00")


def test_credits_used_are_summed_by_operation(world: World, as_: SignIn) -> None:
    for operation, amount in (("clustering", -10), ("image_generation", -40), ("", -2)):
        factories.make_ledger_row(
            world.home, amount=amount, type=TransactionType.DEDUCTION, operation=operation
        )
    used = metrics.credits_used(now=timezone.now())
    assert [(row.operation, row.credits, row.share) for row in used] == [
        ("Image generation", 40, 100),
        ("Clustering", 10, 25),
        ("Other", 2, 5),
    ]
    page = dashboard(as_(world.fiona))
    assert '<th scope="row">Image generation</th><td class="console-number">40</td>' in page
