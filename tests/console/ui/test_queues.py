"""Each queue counts exactly the rows that its link shows."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import PaymentStatus
from billing.services import bank_transfers, line_verbs, reconciliation, unapplied
from console import queues
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason, User
from tenancy.records import record
from tests import factories
from tests.conftest import World
from tests.planting import freeze

pytestmark = pytest.mark.usefixtures("context_kept")

SignIn = Callable[[User], Client]
DAY = timedelta(days=1)


def make_approval(world: World, now: datetime, *, amount: int, expires_in: timedelta) -> None:
    factories.make_approval(
        world.home,
        facts={"amount": amount},
        summary=f"Grant {amount} credits",
        requested_at=now - DAY,
        requested_by=world.fiona,
        expires_at=now + expires_in,
    )


def trial(now: datetime, ends_in: timedelta, **facts: object) -> Account:
    return factories.make_account(credits=10, trial_ends_at=now + ends_in, **facts)


@pytest.fixture
def busy(world: World) -> dict[str, set[str]]:
    """Rows that belong into each queue beside rows that only look so: what each must hold."""
    now = timezone.now()
    for account in (world.home, world.other):
        factories.put(account, trial_ends_at=None)
    renewal = factories.open_transfer(
        factories.make_account(status=AccountStatus.ACTIVE, credits=1), now=now - 12 * DAY
    )
    waiting = factories.open_transfer(trial(now, 30 * DAY), now=now - 4 * DAY)
    fresh = factories.open_transfer(trial(now, 30 * DAY), now=now - DAY)
    factories.open_transfer(
        factories.make_account(status=AccountStatus.ACTIVE, credits=1),
        status=PaymentStatus.REJECTED,
        now=now - DAY,
    )
    factories.put(renewal.account, slug="renewal")
    factories.put(waiting.account, slug="waiting")
    factories.put(fresh.account, slug="fresh")
    freeze(factories.make_account(slug="frozen", credits=5, trial_ends_at=None))
    trial(now, 7 * DAY - timedelta(minutes=1), slug="ending")
    trial(now, 7 * DAY + timedelta(minutes=1), slug="later")
    trial(now, -timedelta(minutes=1), slug="over")
    trial(now, -DAY, slug="over-but-gone", deleted=True)
    trial(now, -DAY, slug="default", is_system=True)
    factories.make_account(slug="empty", status=AccountStatus.ACTIVE)
    factories.make_account(slug="empty-but-cancelled", status=AccountStatus.CANCELLED)
    factories.make_account(
        slug="suspended-now",
        status=AccountStatus.SUSPENDED,
        status_reason=SuspensionReason.ABUSE,
        status_changed_at=now - 2 * DAY,
    )
    factories.make_account(
        slug="suspended-long-ago", status=AccountStatus.SUSPENDED, status_changed_at=now - 8 * DAY
    )
    make_approval(world, now, amount=5000, expires_in=DAY)
    make_approval(world, now, amount=6000, expires_in=-DAY)
    people = {"by": world.fiona, "reason": "For a test", "now": now}
    new, held, ignored = (factories.make_line(Decimal(amount)) for amount in (50, 60, 70))
    line_verbs.hold(line=held, by=world.fiona, reason="For a test")
    line_verbs.ignore(line=ignored, **people)
    factories.make_line(Decimal(-50))
    waits, used = (factories.put_unapplied(world.home, amount) for amount in ("7.00", "8.00"))
    unapplied.give_back(allocation=used, **people)
    for result in AuditEvent.Result:
        record(
            "suspend", by=world.sam, reason="x", target=world.home, account=world.home,
            result=result,
        )  # fmt: skip
    return {
        "transfers-waiting": {renewal.reference, waiting.reference, fresh.reference},
        "renewals-overdue": {renewal.reference},
        "unmatched-money": {str(new), str(held)},
        "unapplied-money": {str(waits)},
        "payment-too-long": {"waiting"},
        "credits-frozen": {"frozen"},
        "trials-ending": {"ending"},
        "trials-over": {"over"},
        "no-credits": {"empty"},
        "suspended-lately": {"suspended-now"},
        "approvals-waiting": {"Grant 5000 credits for Home G8"},
        "refused-lately": {"Suspend: Home G8"},
    }


def named(row: object) -> str:
    return row.slug if isinstance(row, Account) else str(row)


@pytest.mark.parametrize("queue", queues.QUEUES, ids=lambda queue: queue.code)
def test_a_queue_its_number_and_its_list_are_one(
    world: World, busy: dict[str, set[str]], as_: SignIn, queue: queues.Queue
) -> None:
    factories.put(world.home, status_changed_at=timezone.now())
    expected = busy[queue.code]
    rows = queue.model.objects.filter(queue.condition(timezone.now()))
    assert {named(row) for row in rows} == expected

    standing = queues.standings(now=timezone.now())[queue.code]
    assert standing.count == len(expected)

    answer = as_(world.fiona).get(queue.url)
    listed = list(answer.context["cl"].result_list)
    assert {named(row) for row in listed} == expected
    ages = [getattr(row, queue.since) for row in listed]
    assert ages == sorted(ages, reverse=queue.newest)
    assert f"Only <strong>{queue.title.lower()}</strong>" in answer.content.decode()


def test_every_queue_has_rows_in_the_test_above(busy: dict[str, set[str]]) -> None:
    assert set(busy) == {queue.code for queue in queues.QUEUES}


def test_a_queue_knows_its_oldest_and_its_sum(world: World) -> None:
    now = timezone.now()
    plan = factories.make_plan(price=Decimal("139.00"))
    factories.open_transfer(plan=plan, now=now - DAY)
    oldest = factories.open_transfer(
        plan=plan, now=now - 3 * DAY, status=PaymentStatus.PARTIALLY_PAID
    )
    standing = queues.standings(now=now)["transfers-waiting"]
    assert standing.since == oldest.opened_at
    assert standing.money == Decimal("268.00")  # ten of the one have come


def test_confirming_takes_a_transfer_out_of_its_queue(world: World) -> None:
    payment = factories.open_transfer(world.home)
    bank_transfers.reject(
        payment=payment, by=world.fiona, reason="No money came", now=timezone.now()
    )
    assert queues.standings(now=timezone.now())["transfers-waiting"].count == 0


def test_open_lines_are_as_old_as_their_value_date(world: World) -> None:
    now = datetime(2025, 11, 12, 9, 30, tzinfo=UTC)
    for amount, day in (("50.00", 9), ("0.50", 10)):
        factories.make_line(Decimal(amount), value_date=date(2025, 11, day))
    standing = queues.standings(now=now)["unmatched-money"]
    assert (standing.count, standing.money) == (2, Decimal("50.50"))
    assert standing.since == datetime(2025, 11, 9, tzinfo=UTC)


def test_money_of_other_currencies_is_counted_and_not_added(world: World, as_: SignIn) -> None:
    facts = {"by": world.fiona, "reason": "Paid ahead", "now": timezone.now()}
    factories.put_unapplied(world.home, "45.00", by=world.fiona)
    for _ in range(2):
        line = factories.make_line(Decimal(10_000), by=world.fiona, currency="JPY")
    reconciliation.put_on_account(line=line, account=world.home, **facts)

    standings = queues.standings(now=timezone.now())

    told = {code: standings[code] for code in ("unmatched-money", "unapplied-money")}
    assert [(one.count, one.money, one.elsewhere) for one in told.values()] == [
        (1, None, 1),
        (2, Decimal("45.00"), 1),
    ]
    client = as_(world.fiona)
    page = client.get("/admin/").content.decode()
    assert "45.00 USD" in page
    assert page.count("1 in other currencies") == 2
    account = client.get(f"/admin/tenancy/account/{world.home.pk}/change/").content.decode()
    assert "10,000.00 JPY</dd>" in account
    assert "45.00 USD</dd>" in account
    assert "10,045" not in page + account


def test_an_idle_queue_has_no_age(world: World) -> None:
    standing = queues.standings(now=timezone.now())["approvals-waiting"]
    assert (standing.count, standing.since) == (0, None)


def test_approvers_count_what_they_can_decide(world: World, as_: SignIn) -> None:
    now = timezone.now()
    ann, ida = factories.make_staff("Approver"), factories.make_staff("Approver")
    ida.account, ida.role = world.home, "viewer"
    ida.save()
    make_approval(world, now, amount=5000, expires_in=DAY)
    factories.make_approval(world.other, requested_by=ann, expires_at=now + DAY)

    for person, expected in ((ann, 1), (ida, 1), (world.ruth, 2), (world.fiona, 2)):
        client = as_(person)
        answer = client.get(queues.APPROVALS_WAITING.url)
        assert answer.context["cl"].result_count == expected
        sections = client.get("/admin/").context["sections"]
        counts = {
            standing.queue.code: standing.count
            for shown in sections
            for standing in shown.standings
        }
        assert counts["approvals-waiting"] == expected


@pytest.mark.parametrize("code", ["nonsense", "transfers-waiting", "%00", ""])
def test_a_queue_of_another_list_cuts_nothing(world: World, as_: SignIn, code: str) -> None:
    answer = as_(world.fiona).get(f"/admin/tenancy/account/?queue={code}")
    assert answer.status_code == 200
    assert answer.context["cl"].result_count == 2
    assert not re.search(r"Only <strong>", answer.content.decode())
