"""The first page: the person's own work first, and no query too many."""

import html
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import LedgerProof, TransactionType
from billing.reports.credits import Used
from billing.reports.months import Month, Months
from console import metrics
from console.dashboard_figures import drawn
from console.reports.catalog import REPORTS
from console.reports.report import Asked
from tenancy.models import User
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
            "audit",
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
    for _ in range(12):
        factories.open_transfer(now=timezone.now() - timedelta(days=5))
        record("suspend", by=staff, reason="x", target=world.home, account=world.home)
    dashboard(client)  # sites and content types are kept between requests
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        dashboard(client)
    assert len(queries) <= BUDGET
    with CaptureQueriesContext(connection) as kept:
        shown = dashboard(client)
    assert len(kept) == len(queries) - (4 if "section-figures" in shown else 0)


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
    assert "section-figures" not in page


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


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("Finance", ["Confirm transfers", "Follow up", "Help them"]),
        ("Support", ["Decide on them", "Help them", "Follow up"]),
        ("Approver", []),
    ],
)
def test_a_button_is_for_who_may_do_the_work_and_one_is_primary(
    world: World, as_: SignIn, group: str, said: list[str]
) -> None:
    factories.open_transfer(
        factories.make_account(credits=0, trial_ends_at=None),
        now=timezone.now() - timedelta(days=5),
    )
    page = dashboard(as_(factories.make_staff(group)))
    buttons = re.findall(r'class="(\S+) console-queue-job" href="[^"]+">([^<]+)<', page)
    assert [label for _, label in buttons] == said
    assert [kind for kind, _ in buttons] == (
        ["console-submit"] + ["console-verb"] * (len(said) - 1) if said else []
    )
    assert page.count("console-queue-rows") == 10  # everybody sees the numbers
    assert "Nothing to do." in page


def make_figures(world: World) -> datetime:
    """A customer with a paid month, money that came in, credits used and one who is new."""
    now = timezone.now()
    starter = factories.make_plan(price=Decimal("89.00"))
    factories.put(world.home, plan=starter)
    factories.put(world.other, plan=starter)  # active, and has paid for nothing
    factories.confirm(
        factories.open_transfer(world.home, plan=starter, now=now),
        by=world.fiona,
        now=now,
        value_date=now.date(),
    )
    for operation, amount in (("clustering", -10), ("image_generation", -40), ("", -2)):
        factories.make_ledger_row(
            world.home, amount=amount, type=TransactionType.DEDUCTION, operation=operation
        )
    return now


def test_the_figures_are_the_reports(world: World, as_: SignIn) -> None:
    now = make_figures(world)
    months = Months.up_to(Month.of(now), metrics.SHOWN)
    boxes = {box.report.name: box for box in drawn(now=timezone.now()).boxes}
    reports = {name: REPORTS[name].build(Asked(months, timezone.now())) for name in boxes}

    assert boxes["mrr"].now.value == Decimal("89.00")
    (mrr,) = reports["mrr"].tables[0].rows
    assert boxes["mrr"].table.rows[-1][1:] == [mrr[-2], mrr[-1]]
    (cash,) = reports["cash"].tables[0].rows
    assert boxes["cash"].now.value == cash[-1].value == Decimal("89.00")
    used = reports["credits"].tables[1]
    assert [(row[0].value, row[-1]) for row in boxes["credits"].table.rows] == [
        (row[1].value, row[2]) for row in used.body
    ]
    assert boxes["credits"].now.value == used.total[-1].value == 52
    assert boxes["sign-ups"].table.rows == reports["sign-ups"].tables[0].body
    for box in boxes.values():
        data = json.loads(box.chart.data)
        assert len(data["labels"]) == metrics.SHOWN
        assert sum(sum(each["data"]) for each in data["datasets"]) == pytest.approx(
            float(sum(cell.value for row in box.table.rows for cell in row[1:]))
            - (1 if box.report.name == "mrr" else 0)  # its third column counts customers
        )


def test_a_figure_leads_to_its_rows_and_can_be_read_without_its_bars(
    world: World, as_: SignIn
) -> None:
    make_figures(world)
    client = as_(world.fiona)
    page = dashboard(client)

    assert page.count('role="img"') == page.count('<details class="console-figure-numbers"') == 4
    now = re.findall(r'console-figure-now"><a href="([^"]+)">([\d,.]+)</a>', page)
    assert [number for _, number in now] == ["89.00", "89.00", "52", "2"]
    for url, number in now:
        shown = client.get(html.unescape(url)).content.decode()
        assert number in shown or f"{number} accounts" in shown or "3 ledger rows" in shown, url


def test_figures_are_kept_for_a_while(world: World) -> None:
    now = make_figures(world)
    with CaptureQueriesContext(connection) as first:
        found = metrics.figures(now=now)
    with CaptureQueriesContext(connection) as again:
        assert metrics.figures(now=now) == found
    assert (len(first), len(again)) == (4, 0)

    # Later the running month alone is summed again, and what was used before is as it was.
    before = Used(found.months.first, "clustering", 7)
    key = f"metrics:{metrics.VERSION}"
    cache.set(f"{key}:used:{found.months.last}", [before])
    cache.delete(f"{key}:{found.months.last}")
    assert metrics.figures(now=now).used == [before, *found.used]
