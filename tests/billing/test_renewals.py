"""Subscriptions paid by bank transfer: renewed, past due, out of grace; late, again, at once."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from billing.models import Invoice, Payment, PaymentStatus, Subscription
from billing.services import bank_transfers, renewals, reversals
from tenancy.models import Account, AccountStatus, SuspensionReason
from tests.digest import nothing_changes
from tests.factories import (
    DAY,
    NOW,
    REASON,
    confirm,
    make_account,
    make_plan,
    make_staff,
    make_subscription,
    open_transfer,
    put,
)
from tests.mailing import work_off
from tests.racing import a_copy, at_once
from tests.sql import run

S = AccountStatus
MICROSECOND = timedelta(microseconds=1)
END = NOW + 7 * DAY


def subscribed(*, account: dict | None = None, **facts: object) -> Subscription:
    """An active customer whose paid month ends 7 days from NOW."""
    owner = make_account(**{"status": S.ACTIVE} | (account or {}))
    subscription = make_subscription(owner, start=END - 30 * DAY, end=END)
    Subscription.objects.filter(pk=subscription.pk).update(**facts)
    return a_copy(subscription)


def do_all(now: datetime) -> dict[str, int]:
    """What the daily job does with subscriptions, and how many each step was done to."""
    return {
        "renewed": sum(
            renewals.renew(subscription=found, now=now) is not None
            for found in renewals.due(now=now)
        ),
        "ended": sum(
            renewals.end(subscription=found, now=now) is not None
            for found in renewals.ended(now=now)
        ),
        "suspended": sum(
            renewals.suspend(subscription=found, now=now) for found in renewals.unpaid(now=now)
        ),
    }


NOTHING = {"renewed": 0, "ended": 0, "suspended": 0}
RENEWED = NOTHING | {"renewed": 1}
ENDED = NOTHING | {"ended": 1}
SUSPENDED = NOTHING | {"suspended": 1}


def state(subscription: Subscription) -> tuple[str, str, str]:
    subscription.refresh_from_db()
    account = a_copy(subscription.account)
    return subscription.status, account.status, account.status_reason


def test_seven_days_before_the_end_the_next_month_is_invoiced_once(db: None) -> None:
    subscription = subscribed()
    account = subscription.account
    with nothing_changes():
        assert do_all(END - 7 * DAY - MICROSECOND) == NOTHING

    assert do_all(END - 7 * DAY) == RENEWED

    payment = Payment.objects.get()
    assert (payment.status, payment.expected_amount) == ("awaiting", account.plan.price)
    assert payment.invoice.renews_period_end == END
    assert payment.invoice.due_on == END.date()
    assert state(subscription) == ("active", "active", "")
    event = account.audit_events.get(verb="bank_transfer_opened")
    assert event.actor_label == "system"
    assert event.reason == "The paid period ends on 2025-11-19 09:30 UTC."
    with nothing_changes():
        assert do_all(END - DAY) == NOTHING
        assert renewals.renew(subscription=subscription, now=END - DAY) is None
    bank_transfers.reject(payment=payment, by=make_staff(), reason=REASON, now=NOW)
    with nothing_changes():
        assert do_all(END - MICROSECOND) == NOTHING


def test_nobody_else_is_renewed_or_suspended(db: None) -> None:
    free = make_plan(price=0)
    sold_no_more = make_plan(archived_at=NOW, is_public=False)
    subscribed(status="cancelled")
    subscribed(payment_method="stripe", stripe_subscription_id="sub_1")
    subscribed(payment_method="manual")
    subscribed(account={"is_system": True})
    subscribed(account={"deleted": True})
    subscribed(account={"status": S.CANCELLED})
    subscribed(account={"plan": free})
    with nothing_changes():
        assert [do_all(NOW + days * DAY) for days in range(0, 40, 8)] == [NOTHING] * 5
    suspended = subscribed(account={"status": S.SUSPENDED})
    unsold = subscribed(account={"plan": sold_no_more})
    inactive = subscribed(account={"plan": make_plan(is_active=False)})
    waits = subscribed()
    open_transfer(waits.account, plan=make_plan(), now=NOW)
    with nothing_changes():
        assert do_all(NOW) == NOTHING
    assert set(renewals.not_payable(now=NOW)) == {unsold, inactive}
    # A subscription that ended is past due whatever the account's status; only running ones stop.
    assert do_all(END + 7 * DAY) == {"renewed": 0, "ended": 4, "suspended": 3}
    assert state(suspended) == ("past_due", "suspended", "manual")


def test_unpaid_it_is_past_due_at_the_end_and_suspended_after_seven_days(db: None) -> None:
    subscription = subscribed()
    do_all(NOW)
    with nothing_changes():
        assert do_all(END - MICROSECOND) == NOTHING

    assert do_all(END) == ENDED
    assert state(subscription) == ("past_due", "active", "")
    with nothing_changes():
        assert do_all(END + 7 * DAY - MICROSECOND) == NOTHING

    assert do_all(END + 7 * DAY) == SUSPENDED
    assert state(subscription) == ("past_due", "suspended", SuspensionReason.PAYMENT_FAILED)
    event = subscription.account.audit_events.get(verb="grace_over")
    assert event.reason == (
        "The paid period ended on 2025-11-19 09:30 UTC and no payment came within 7 days."
    )
    with nothing_changes():
        assert do_all(END + 30 * DAY) == NOTHING
    payment = Payment.objects.get()
    assert payment.is_open
    paid_at = END + 9 * DAY
    confirm(payment, by=make_staff(), now=paid_at)
    assert state(subscription) == ("active", "active", "")
    # It was closed in between: the month begins when the money came.
    assert subscription.current_period_start == paid_at


def test_in_the_days_of_grace_the_month_follows_on_the_one_before(db: None) -> None:
    subscription = subscribed()
    do_all(NOW)
    do_all(END)

    confirm(Payment.objects.get(), by=make_staff(), now=END + 7 * DAY - MICROSECOND)

    assert state(subscription) == ("active", "active", "")
    assert subscription.current_period_start == END
    assert subscription.current_period_end == datetime(2025, 12, 19, 9, 30, tzinfo=UTC)
    with nothing_changes():
        assert do_all(END + 8 * DAY) == NOTHING


def test_who_is_exempt_is_past_due_and_goes_on(db: None) -> None:
    subscription = subscribed(account={"exempt_from_suspension": True})

    assert do_all(END + 100 * DAY) == {"renewed": 1, "ended": 1, "suspended": 0}

    with nothing_changes():
        assert do_all(END + 200 * DAY) == NOTHING
    assert state(subscription) == ("past_due", "active", "")


def test_after_forty_days_of_not_running_each_step_is_done_once_in_order(db: None) -> None:
    subscription = subscribed(account={"billing_email": "books@home.example"})
    woken = NOW + 40 * DAY

    assert do_all(woken) == {"renewed": 1, "ended": 1, "suspended": 0}
    # Billed only now: it is not overdue with anything yet, and has seven days.
    assert [letter.subject[:20] for letter in work_off()] == ["How to pay 89.00 USD"]
    with nothing_changes():
        assert do_all(woken) == NOTHING
        assert do_all(woken + 7 * DAY - MICROSECOND) == NOTHING

    assert do_all(woken + 7 * DAY) == SUSPENDED
    assert state(subscription) == ("past_due", "suspended", SuspensionReason.PAYMENT_FAILED)
    verbs = list(subscription.account.audit_events.order_by("id").values_list("verb", flat=True))
    assert [verb for verb in verbs if not verb.startswith("email")] == [
        "bank_transfer_opened",
        "subscription_past_due",
        "grace_over",
    ]


def test_a_subscription_that_was_to_end_ends(db: None) -> None:
    subscription = subscribed(cancel_at_period_end=True)
    exempt = subscribed(cancel_at_period_end=True, account={"exempt_from_suspension": True})
    by_a_person = subscribed(cancel_at_period_end=True, account={"status": S.SUSPENDED})
    with nothing_changes():
        assert do_all(END - MICROSECOND) == NOTHING

    assert do_all(END) == NOTHING | {"ended": 3}

    assert state(subscription) == ("cancelled", "cancelled", "")
    assert state(exempt) == ("cancelled", "cancelled", "")
    assert state(by_a_person) == ("cancelled", "suspended", "manual")
    with nothing_changes():
        assert do_all(END + 30 * DAY) == NOTHING


def test_who_was_to_end_and_asked_to_pay_after_all_waits_for_the_money(db: None) -> None:
    subscription = subscribed(cancel_at_period_end=True)
    payment = open_transfer(subscription.account, now=NOW)

    assert do_all(END) == ENDED

    assert state(subscription) == ("cancelled", "suspended", SuspensionReason.PAYMENT_FAILED)
    confirm(payment, by=make_staff(), now=END + DAY)
    assert state(subscription) == ("active", "active", "")
    assert not subscription.cancel_at_period_end


def test_the_31st_stays_the_31st_through_february(db: None) -> None:
    def at(month: int, day: int) -> datetime:
        return datetime(2026, month, day, 12, tzinfo=UTC)

    account, fiona = make_account(), make_staff()
    confirm(open_transfer(account, now=at(1, 31)), by=fiona, now=at(1, 31))
    ends = []
    # Early, in grace, and late by a month of not being looked at but paid in time.
    for paid_at in (at(2, 25), at(4, 3), at(4, 28)):
        subscription = Subscription.objects.get()
        ends.append(subscription.current_period_end)
        do_all(min(paid_at, subscription.current_period_end))
        payment = Payment.objects.get(status=PaymentStatus.AWAITING)
        confirm(payment, by=fiona, now=paid_at)
    assert [*ends, Subscription.objects.get().current_period_end] == [
        at(2, 28),
        at(3, 31),
        at(4, 30),
        at(5, 31),
    ]

    reversals.reverse(payment=payment, by=fiona, reason=REASON, now=at(4, 29))

    subscription = Subscription.objects.get()
    assert (subscription.current_period_end, subscription.anchor_day) == (at(4, 30), 31)
    # The period may be asked for anew: it is not paid for.
    assert do_all(at(4, 29)) == RENEWED


def test_another_plan_begins_its_own_month(db: None) -> None:
    subscription = subscribed(anchor_day=31)
    confirm(open_transfer(subscription.account, plan=make_plan(), now=NOW), by=make_staff())

    subscription.refresh_from_db()

    assert subscription.anchor_day == NOW.day
    assert subscription.current_period_end == datetime(2025, 12, 12, 9, 30, tzinfo=UTC)


MEANWHILE = {
    "paid": lambda found: Subscription.objects.filter(pk=found.pk).update(
        status="active", current_period_end=END + 60 * DAY
    ),
    "suspended": lambda found: put(found.account, status=S.SUSPENDED, status_reason="manual"),
    "deleted": lambda found: put(found.account, is_deleted=True, deleted_at=NOW, restore_until=END),
}


@pytest.mark.parametrize("happens", MEANWHILE.values(), ids=MEANWHILE.keys())
@pytest.mark.parametrize(
    ("step", "facts", "now"),
    [
        (renewals.renew, {}, NOW),
        (renewals.suspend, {"status": "past_due"}, END + 7 * DAY),
    ],
    ids=["renew", "suspend"],
)
def test_what_happened_since_the_list_was_read_counts(
    db: None, monkeypatch: pytest.MonkeyPatch, happens, step, facts: dict, now: datetime
) -> None:
    subscription = subscribed(**facts)
    lock = renewals.lock

    def lock_after_the_change(instance: object) -> None:
        happens(subscription)
        lock(instance)

    monkeypatch.setattr(renewals, "lock", lock_after_the_change)

    assert not step(subscription=subscription, now=now)
    assert not Payment.objects.exists()
    assert not subscription.account.audit_events.exists()


def test_two_jobs_at_once_do_each_step_once(committed: None) -> None:
    subscription = subscribed()
    for step, now in (
        (renewals.renew, NOW),
        (renewals.end, END),
        (renewals.suspend, END + 7 * DAY),
    ):
        outcomes = at_once(
            *(partial(step, subscription=a_copy(subscription), now=now) for _ in range(4))
        )
        assert [bool(outcome.result) for outcome in outcomes].count(True) == 1
    assert Payment.objects.count() == 1
    assert subscription.account.audit_events.filter(verb="grace_over").count() == 1


def test_the_database_renews_a_period_once_whoever_asks(db: None) -> None:
    subscription = subscribed()
    renewals.renew(subscription=subscription, now=NOW)
    second = Invoice.objects.get()
    bank_transfers.reject(payment=second.payment, by=make_staff(), reason=REASON, now=NOW)
    another = open_transfer(subscription.account, now=NOW).invoice

    with nothing_changes(), pytest.raises(IntegrityError, match="invoice_renews_period_once"):
        run("UPDATE igny8_invoices SET renews_period_end = %s WHERE id = %s", END, another.pk)


def test_an_account_without_a_subscription_is_left_alone(db: None) -> None:
    account: Account = make_account(status=S.ACTIVE)

    with nothing_changes():
        assert do_all(NOW + 400 * DAY) == NOTHING
    assert account.status == S.ACTIVE
