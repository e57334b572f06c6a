"""Who asks to pay and does not pay does not go on for ever."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.services import bank_transfers, reconciliation, waiting
from billing.services.subscriptions import GRACE
from tenancy.models import Account, AccountStatus
from tests.digest import nothing_changes
from tests.factories import (
    DAY,
    NOW,
    REASON,
    make_account,
    make_line,
    make_plan,
    make_staff,
    make_subscription,
    open_transfer,
    put,
)

S = AccountStatus
# Opened at NOW it is due a week later; the days of grace are over the day after these.
LAST = (NOW + timedelta(days=7) + GRACE).replace(hour=23, minute=59)
OVER = LAST + timedelta(minutes=1)


def suspended(now: object) -> list[Account]:
    return [one for one in waiting.overdue(now=now) if waiting.suspend(account=one, now=now)]


@pytest.mark.parametrize(
    ("was", "code"),
    [
        ({"status": S.TRIAL}, "trial_expired"),
        ({"status": S.SUSPENDED, "status_reason": "trial_expired"}, "trial_expired"),
        ({"status": S.CANCELLED}, "payment_failed"),
    ],
)
def test_unpaid_after_the_days_of_grace_it_is_suspended_once(
    db: None, was: dict[str, object], code: str
) -> None:
    trial = {} if was["status"] == S.CANCELLED else {"trial_ends_at": NOW + DAY}
    account = make_account(**was, **trial)
    payment = open_transfer(account, plan=make_plan(), now=NOW)
    assert account.status == S.PENDING_PAYMENT
    facts = {"payment": payment, "by": make_staff("Finance"), "reason": REASON}
    reconciliation.apply(line=make_line(payment.expected_amount - 1), now=NOW, **facts)
    with nothing_changes():
        assert suspended(LAST) == []

    assert suspended(OVER) == [account]

    account.refresh_from_db()
    assert (account.status, account.status_reason) == (S.SUSPENDED, code)
    event = account.audit_events.get(verb="account_payment_overdue")
    assert event.actor_label == "system"
    assert event.reason == (
        f"{payment.reference} was due on 2025-11-19 and was not paid within 7 days."
    )
    with nothing_changes():
        assert suspended(OVER + 9 * DAY) == []
        assert not waiting.suspend(account=account, now=OVER)
    reconciliation.apply(line=make_line(Decimal(1)), now=OVER, **facts)
    account.refresh_from_db()
    assert account.status == S.ACTIVE


def test_who_may_work_for_another_reason_goes_on(db: None) -> None:
    _, paid, exempt, gone, endless = accounts = [
        make_account(trial_ends_at=OVER + DAY), make_account(), make_account(), make_account(),
        make_account(trial_ends_at=None),
    ]  # fmt: skip
    for account in accounts:
        open_transfer(account, plan=make_plan(), now=NOW)
    make_subscription(paid, start=NOW, end=OVER + DAY)
    put(exempt, exempt_from_suspension=True)
    put(gone, is_deleted=True, deleted_at=NOW, restore_until=OVER + DAY)
    later = open_transfer(make_account(), plan=make_plan(), now=NOW + DAY)
    rejected = open_transfer(make_account(), plan=make_plan(), now=NOW)

    with nothing_changes():
        assert suspended(LAST) == []
    found = list(waiting.overdue(now=OVER))
    bank_transfers.reject(payment=rejected, by=make_staff(), reason=REASON, now=NOW)

    assert [one for one in found if waiting.suspend(account=one, now=OVER)] == []
    assert later.account.status == endless.status == S.PENDING_PAYMENT
