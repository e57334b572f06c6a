"""Undoing a confirmed transfer: everything goes back by rows linked to the originals, once."""

from datetime import UTC, datetime

import pytest

from billing.models import (
    Activation,
    CreditTransaction,
    Invoice,
    InvoiceStatus,
    LineState,
    PayerLink,
    PaymentStatus,
    Subscription,
    SubscriptionStatus,
    TransactionType,
)
from billing.services import reversals, unapplied
from billing.services.reversals import AlreadyReversed, CreditsSpent, NotTheLatest
from tenancy.errors import StateConflict
from tenancy.models import Account, AccountStatus, AuditEvent, SuspensionReason
from tenancy.records import OwnAccount
from tests.billing.reconciliation.acts import apply, money_agrees, reverse, usd
from tests.conftest import World
from tests.digest import refused
from tests.factories import (
    DAY,
    NOW,
    REASON,
    confirm,
    make_account,
    make_hold,
    make_ledger_row,
    make_line,
    make_plan,
    make_staff,
    make_subscription,
    open_transfer,
    put,
)

S = AccountStatus


def spend(account: Account, amount: int) -> None:
    make_ledger_row(account, amount=-amount, type=TransactionType.DEDUCTION)


def test_a_first_payment_is_undone(world: World) -> None:
    plan, was = make_plan(included_credits=300), world.other.plan
    payment = open_transfer(world.other, plan=plan)
    line = make_line(usd(100))
    apply(line=line, payment=payment)
    activation = Activation.objects.get()

    undone = reverse(payment=payment, by=world.fiona)

    for row in (payment, line, world.other):
        row.refresh_from_db()
    invoice, subscription = Invoice.objects.get(), Subscription.objects.get()
    assert (payment.status, payment.received_total) == (PaymentStatus.REVERSED, usd(89))
    assert (invoice.status, invoice.settled_at) == (InvoiceStatus.VOID, NOW)
    assert subscription.status == SubscriptionStatus.CANCELLED
    assert (world.other.plan, world.other.status, world.other.status_reason) == (was, S.TRIAL, "")
    assert world.other.credits == 500
    assert (line.state, line.remaining) == (LineState.NEW, usd(89))
    assert unapplied.total(world.other) == usd(11)
    granted, taken = payment.credit_transactions.order_by("sequence")
    assert (taken.type, taken.amount, taken.reverses) == ("reversal", -300, granted)
    assert (taken.created_by, taken.reason) == (world.fiona, REASON)
    assert (undone.reverses, undone.credits, undone.shortfall) == (activation, -300, 0)
    assert (undone.plan_before, undone.plan, undone.status_before) == (plan, was, S.ACTIVE)
    assert PayerLink.objects.get().cut_by == world.fiona
    event = AuditEvent.objects.get(verb="bank_transfer_reversed")
    assert event.before == {
        "status": "confirmed",
        "invoice": "paid",
        "paid_until": "2025-12-12T09:30:00+00:00",
        "credits": 300,
    }
    assert event.after == {
        "status": "reversed",
        "invoice": "void",
        "paid_until": None,
        "credits": 0,
        "credits_taken_back": 300,
        "lines_open_again": ["2025-11-11 100.00 USD"],
    }
    money_agrees()

    told = f"{payment.reference} was already reversed by fiona@igny8.example at 2025-11-12 09:30"
    with refused(AlreadyReversed, says=told):
        reverse(payment=payment, by=world.ruth)


def test_the_line_then_pays_the_right_one(world: World) -> None:
    wrong, right = open_transfer(world.other), open_transfer(make_account())
    line = make_line(usd(89), bank_transaction_id="TX-1")
    apply(line=line, payment=wrong)
    reverse(payment=wrong)

    apply(line=line, payment=right)

    assert right.bank_transaction_id == wrong.bank_transaction_id == "TX-1"
    assert list(PayerLink.objects.filter(cut_at=None).values_list("account", flat=True)) == [
        right.account_id
    ]
    apply(line=make_line(usd(89)), payment=open_transfer(world.other))
    assert PayerLink.objects.filter(cut_at=None, account=world.other).count() == 1
    money_agrees()


def test_a_renewal_goes_back_to_the_period_before(world: World) -> None:
    put(world.home, plan=make_plan())
    end = NOW + 5 * DAY
    make_subscription(world.home, start=NOW - 25 * DAY, end=end)
    payment = open_transfer(world.home)
    Invoice.objects.update(renews_period_end=end)
    confirm(payment, by=world.fiona)
    assert Subscription.objects.get().current_period_end == datetime(
        2025, 12, 17, 9, 30, tzinfo=UTC
    )

    reverse(payment=payment)

    subscription = Subscription.objects.get()
    assert (subscription.status, subscription.external_payment_id) == ("active", "")
    assert (subscription.current_period_start, subscription.current_period_end) == (
        NOW - 25 * DAY,
        end,
    )
    world.home.refresh_from_db()
    assert (world.home.status, world.home.credits) == (S.ACTIVE, 1000)
    # The period may be asked for anew.
    assert Invoice.objects.get().renews_period_end is None
    assert not AuditEvent.objects.filter(verb="account_payment_reversed").exists()
    money_agrees()


def test_only_the_latest_is_reversed(world: World) -> None:
    first = confirm(open_transfer(world.other), by=world.fiona)
    second = confirm(open_transfer(world.other), by=world.fiona)

    says = f"{second.reference} was confirmed after {first.reference}"
    with refused(NotTheLatest, says=says) as caught:
        reverse(payment=first, by=world.fiona)
    assert caught.value.facts["payment"] == second.pk

    reverse(payment=second)
    reverse(payment=first)
    world.other.refresh_from_db()
    assert (world.other.credits, world.other.status) == (500, S.TRIAL)
    money_agrees()


@pytest.mark.parametrize(
    ("facts", "period", "then"),
    [
        ({"trial_ends_at": NOW + DAY}, None, (S.TRIAL, "")),
        ({"trial_ends_at": None}, None, (S.TRIAL, "")),
        ({"trial_ends_at": NOW}, None, (S.SUSPENDED, SuspensionReason.PAYMENT_FAILED)),
        (
            {"status": S.SUSPENDED, "status_reason": SuspensionReason.PAYMENT_FAILED},
            (-60, -30),
            (S.SUSPENDED, SuspensionReason.PAYMENT_FAILED),
        ),
        ({"status": S.ACTIVE}, None, (S.ACTIVE, "")),
        ({"status": S.ACTIVE}, (-40, -6), (S.ACTIVE, "")),
        ({"status": S.ACTIVE}, (-40, -7), (S.SUSPENDED, SuspensionReason.PAYMENT_FAILED)),
        ({"status": S.ACTIVE, "exempt_from_suspension": True}, (-90, -60), (S.ACTIVE, "")),
        ({"status": S.CANCELLED}, (-10, 10), (S.ACTIVE, "")),
        ({"status": S.CANCELLED}, None, (S.SUSPENDED, SuspensionReason.PAYMENT_FAILED)),
    ],
    ids=lambda case: str(case) if isinstance(case, tuple) else None,
)
def test_the_account_stands_where_the_facts_put_it(
    db: None, facts: dict[str, object], period: tuple[int, int] | None, then: tuple[str, str]
) -> None:
    account = make_account(**facts)
    if period is not None:
        make_subscription(account, start=NOW + period[0] * DAY, end=NOW + period[1] * DAY)
    payment = confirm(open_transfer(account), by=make_staff())
    seen = reversals.effects(payment=payment, now=NOW)

    reverse(payment=payment)

    account.refresh_from_db()
    assert (account.status, account.status_reason) == then
    assert (seen.standing.status, seen.standing.code) == then
    subscription = Subscription.objects.get(account=account)
    open_until = subscription.current_period_end if subscription.period_is_open(NOW) else None
    assert seen.paid_until == open_until
    assert seen.plan == account.plan


@pytest.mark.parametrize(
    "facts",
    [
        {"status": S.SUSPENDED, "status_reason": SuspensionReason.ABUSE},
        {"status": S.CANCELLED},
    ],
    ids=lambda facts: facts["status"],
)
def test_an_account_that_moved_since_stays_where_it_is(
    world: World, facts: dict[str, object]
) -> None:
    payment = confirm(open_transfer(world.other), by=world.fiona)
    plan = make_plan()
    put(world.other, plan=plan, **facts)

    reverse(payment=payment)

    world.other.refresh_from_db()
    assert (world.other.status, world.other.plan) == (facts["status"], plan)
    assert world.other.credits == 500


def test_spent_credits_need_an_approval_and_leave_a_shortfall(world: World) -> None:
    payment = open_transfer(world.other)
    apply(line=make_line(usd(89)), payment=payment)
    spend(world.other, 700)
    make_hold(world.other, amount=200, expires_at=NOW.replace(year=2999))

    with refused(CreditsSpent, says=f"400 of the 1,000 credits that {payment.reference}") as caught:
        reverse(payment=payment, by=world.fiona)
    assert caught.value.facts == {"granted": 1000, "available": 600, "shortfall": 400}
    seen = reversals.effects(payment=payment, now=NOW)
    assert (seen.available, seen.taken_back, seen.shortfall) == (600, 600, 400)
    insider = make_staff("Approver", account=world.other, role="viewer")
    with refused(OwnAccount):
        reverse(payment=payment, by=world.fiona, approved_by=insider)

    approver = make_staff("Approver", email="ann@igny8.test")
    undone = reverse(payment=payment, by=world.fiona, approved_by=approver)

    taken = CreditTransaction.objects.get(type=TransactionType.REVERSAL)
    world.other.refresh_from_db()
    assert (taken.amount, taken.reverses.amount, taken.balance_after) == (-600, 1000, 200)
    assert (undone.credits, undone.shortfall) == (-600, 400)
    event = AuditEvent.objects.get(verb="bank_transfer_reversed")
    assert (event.after["credits_taken_back"], event.after["credits_lost"]) == (600, 400)
    assert event.after["approved_by"] == "ann@igny8.test"
    money_agrees()


def test_with_every_credit_spent_the_ledger_has_nothing_to_take(world: World) -> None:
    payment = confirm(open_transfer(world.other), by=world.fiona)
    spend(world.other, 1500)

    undone = reverse(payment=payment, approved_by=make_staff("Approver"))

    assert (undone.credits, undone.shortfall) == (0, 1000)
    assert not CreditTransaction.objects.filter(type=TransactionType.REVERSAL).exists()
    money_agrees()


def test_a_hold_that_is_over_does_not_count_as_spent(world: World) -> None:
    payment = confirm(open_transfer(world.home), by=world.fiona)
    make_hold(world.home, amount=1500, created_at=NOW - 2 * DAY, expires_at=NOW - DAY)

    assert reverse(payment=payment).shortfall == 0


def test_a_month_without_credits_is_undone_too(world: World) -> None:
    payment = confirm(
        open_transfer(world.other, plan=make_plan(included_credits=0)), by=world.fiona
    )

    assert reverse(payment=payment).credits == 0
    money_agrees()


def test_what_cannot_be_reversed(world: World) -> None:
    awaiting, rejected = open_transfer(world.other), open_transfer(status=PaymentStatus.REJECTED)
    confirmed = confirm(open_transfer(world.home), by=world.fiona)
    insider = make_staff(account=world.home, role="viewer", is_superuser=True)

    with refused(StateConflict, says="is awaiting; only a confirmed bank transfer can be reversed"):
        reverse(payment=awaiting, by=world.fiona)
    with refused(StateConflict, says="is rejected; only a confirmed"):
        reverse(payment=rejected, by=world.fiona)
    with refused(OwnAccount):
        reverse(payment=confirmed, by=insider)
    put(world.home, is_deleted=True, deleted_at=NOW, restore_until=NOW + DAY)
    with refused(StateConflict, says="deleted"):
        reverse(payment=confirmed, by=world.fiona)


def test_the_customer_can_be_asked_anew(world: World) -> None:
    payment = confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")
    reverse(payment=payment)

    again = confirm(open_transfer(world.other), by=world.fiona, bank_transaction_id="TX-1")

    world.other.refresh_from_db()
    assert (world.other.status, world.other.credits) == (S.ACTIVE, 1500)
    assert Activation.objects.filter(reverses=None, reversed_by=None).get().payment == again
    money_agrees()
