"""Who counts with how much, when, and what moved it."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import Subscription, SubscriptionStatus
from billing.reports import mrr
from billing.reports.months import Month, Months
from billing.reports.mrr import END, START, Change, Kind, Movement, Standing
from billing.services import reversals
from tenancy.models import Account, PaymentMethod, Plan
from tests.billing.reports.builders import (
    AUTUMN,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    at,
    by_whom,
    paid,
    paid_by_hand,
)
from tests.factories import make_account, make_plan, make_subscription

pytestmark = pytest.mark.django_db
LATER = at(12, 31, 23)


def moved(
    months: Months = AUTUMN, now: datetime = LATER, plan: Plan | None = None
) -> dict[str, dict[str, int]]:
    """What is not nothing, in whole dollars, by month; of all plans or of one."""
    found: dict[str, dict[str, int]] = {}
    rows = mrr.movement(months=months, now=now)
    assert sum(end.amount for end in mrr.ends(months=months, now=now)) == sum(
        row.end for row in rows
    )
    for row in rows:
        assert adds_up(row)
        if plan is None or row.plan.id == plan.pk:
            numbers = {START: row.start, **row.by_kind, END: row.end}
            of_month = found.setdefault(str(row.month), {})
            for name, amount in numbers.items():
                of_month[str(name)] = of_month.get(str(name), 0) + int(amount)
    return {
        month: {name: amount for name, amount in numbers.items() if amount}
        for month, numbers in found.items()
    }


def adds_up(row: Movement) -> bool:
    return row.start + sum(row.by_kind.values()) == row.end


def plans() -> tuple[Plan, Plan]:
    return make_plan(name="Starter", price=Decimal(89)), make_plan(
        name="Growth", price=Decimal(139)
    )


def test_nobody_pays() -> None:
    make_account(status="active")  # on a plan with a price, and has paid for nothing
    assert mrr.movement(months=AUTUMN, now=LATER) == []
    assert mrr.standing(now=LATER) == []


def test_new_renewed_and_gone_after_the_days_of_grace() -> None:
    account = make_account()
    paid(account, at(10, 1, 0))  # until 1 November
    paid(account, at(11, 8, 0))  # a week late: until 8 December, and a week

    assert moved() == {
        "2025-10": {"new": 89, "end": 89},
        "2025-11": {"start": 89, "end": 89},
        "2025-12": {"start": 89, "churn": -89},
    }
    grace_ends = at(12, 15, 0)
    assert mrr.standing(now=grace_ends) == [Standing("USD", Decimal("89.00"), 1)]
    assert mrr.standing(now=grace_ends + timedelta(microseconds=1)) == []


def test_the_border_of_months_is_midnight_in_utc() -> None:
    paid(make_account(), at(11, 1, 0))
    paid(make_account(), at(11, 1, 0) - timedelta(microseconds=1))

    assert moved(Months(OCTOBER, OCTOBER)) == {"2025-10": {"new": 89, "end": 89}}
    assert moved(Months(NOVEMBER, NOVEMBER)) == {"2025-11": {"start": 89, "new": 89, "end": 178}}


def test_who_comes_back_is_no_new_customer() -> None:
    account = make_account()
    paid(account, at(8, 20, 0))
    paid(account, at(11, 25))

    assert moved() == {
        "2025-11": {"reactivation": 89, "end": 89},
        "2025-12": {"start": 89, "end": 89},
    }


def test_another_plan_in_the_middle_of_a_period() -> None:
    starter, growth = plans()
    account = make_account(plan=starter)
    paid(account, at(10, 20))
    paid(account, at(11, 5), plan=growth)
    account.refresh_from_db()
    paid(account, at(12, 4), plan=starter)

    assert moved() == {
        "2025-10": {"new": 89, "end": 89},
        "2025-11": {"start": 89, "expansion": 50, "end": 139},
        "2025-12": {"start": 139, "contraction": -50, "end": 89},
    }
    assert moved(plan=starter) == {
        "2025-10": {"new": 89, "end": 89},
        "2025-11": {"start": 89, "moved": -89},
        "2025-12": {"contraction": -50, "moved": 139, "end": 89},
    }
    assert moved(plan=growth) == {
        "2025-11": {"expansion": 50, "moved": 89, "end": 139},
        "2025-12": {"start": 139, "moved": -139},
    }


def test_a_new_price_counts_from_the_period_that_it_is_paid_for() -> None:
    plan = make_plan(price=Decimal(89))
    account = make_account(plan=plan)
    paid(account, at(10, 10))
    Plan.objects.filter(pk=plan.pk).update(price=Decimal(99))
    account.refresh_from_db()
    account.plan.refresh_from_db()
    paid(account, at(10, 31))  # ahead: its period begins on 10 November

    assert moved() == {
        "2025-10": {"new": 89, "end": 89},
        "2025-11": {"start": 89, "expansion": 10, "end": 99},
        "2025-12": {"start": 99, "churn": -99},
    }


def test_a_reversed_confirmation_counts_until_its_reversal_and_makes_nobody_known() -> None:
    account, other = make_account(), make_account()
    wrong = paid(account, at(10, 20))
    reversals.reverse(payment=wrong, **by_whom(at(11, 3)))
    paid(account, at(12, 3))
    at_once = paid_by_hand(other, at(11, 3))
    reversals.reverse(payment=at_once, **by_whom(at(11, 4)))

    assert moved() == {
        "2025-10": {"new": 89, "end": 89},
        "2025-11": {"start": 89, "churn": -89},
        "2025-12": {"new": 89, "end": 89},
    }


def test_reversing_a_change_of_plan_brings_the_plan_before_back() -> None:
    starter, growth = plans()
    account = make_account(plan=starter)
    paid(account, at(10, 25))
    upgrade = paid(account, at(10, 28), plan=growth)
    upgrade.account.refresh_from_db()
    reversals.reverse(payment=upgrade, **by_whom(at(11, 2)))

    assert moved() == {
        "2025-10": {"new": 139, "end": 139},
        "2025-11": {"start": 139, "contraction": -50, "end": 89},
        "2025-12": {"start": 89, "churn": -89},
    }


def test_a_subscription_paid_elsewhere_counts_with_its_plans_price() -> None:
    account = make_account(status="active", payment_method=PaymentMethod.STRIPE)
    subscription = make_subscription(account, start=at(10, 15), end=at(12, 26))
    Subscription.objects.filter(pk=subscription.pk).update(created_at=at(10, 15))
    free = make_account(status="active", plan=make_plan(price=Decimal(0)))
    make_subscription(free, start=at(10, 15), end=at(12, 15))
    assert moved() == {
        "2025-10": {"new": 89, "end": 89},
        "2025-11": {"start": 89, "end": 89},
        "2025-12": {"start": 89, "end": 89},
    }

    put_cancelled(subscription)
    assert moved()["2025-12"] == {"start": 89, "end": 89}  # paid until the period ends


def put_cancelled(subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(status=SubscriptionStatus.CANCELLED)


def test_the_companys_own_accounts_do_not_count() -> None:
    ours = make_account(status="active", is_system=True)
    make_subscription(ours, start=at(10, 15), end=at(12, 26))
    Subscription.objects.update(created_at=at(10, 15))

    assert moved() == {}


def test_the_running_month_is_taken_as_it_stands() -> None:
    paid(make_account(), at(11, 3))
    paid(make_account(), at(11, 20))

    assert moved(now=at(11, 10)) == {
        "2025-11": {"new": 89, "end": 89},
        "2025-12": {
            "start": 89,
            "end": 89,
        },
    }
    assert moved(Months(NOVEMBER, NOVEMBER), now=at(11, 10)) == {"2025-11": {"new": 89, "end": 89}}


def test_the_customers_behind_each_number_add_up_to_it() -> None:
    starter, growth = plans()
    crowd: list[Account] = [make_account(plan=starter) for _ in range(3)]
    for account in crowd:
        paid(account, at(10, 20))
    paid(crowd[0], at(11, 5), plan=growth)
    paid(crowd[1], at(11, 20))
    paid(make_account(plan=growth), at(11, 30))
    late = make_account(plan=growth)
    paid(late, at(8, 1))
    paid(late, at(11, 30))

    for month in AUTUMN:
        behind: dict[tuple[str, int], Decimal] = {}
        people = mrr.changes(month=month, now=LATER)
        for change in people:
            for what, plan, amount in change.amounts():
                behind[what, plan.id] = behind.get((what, plan.id), Decimal(0)) + amount
        rows = mrr.movement(months=Months(month, month), now=LATER)
        shown = {
            (name, row.plan.id): amount
            for row in rows
            for name, amount in {START: row.start, **row.by_kind, END: row.end}.items()
            if amount
        }
        assert {key: amount for key, amount in behind.items() if amount} == shown
        assert sum(row.customers for row in rows) == sum(change.customers for change in people)


def test_one_customer_in_words() -> None:
    starter, growth = plans()
    account = make_account(name="Home G8", plan=starter)
    paid(account, at(10, 20))
    paid(account, at(11, 5), plan=growth)

    (change,) = mrr.changes(month=NOVEMBER, now=LATER)
    starter_now, growth_now = mrr.PlanOf(starter.pk, "Starter"), mrr.PlanOf(growth.pk, "Growth")
    assert change == Change(
        month=NOVEMBER,
        account_id=account.pk,
        account="Home G8",
        currency="USD",
        plan_before=starter_now,
        before=Decimal("89.00"),
        plan_after=growth_now,
        after=Decimal("139.00"),
        kind=Kind.EXPANSION,
        customers=1,
    )
    assert change.amounts() == [
        (START, starter_now, Decimal("89.00")),
        (END, growth_now, Decimal("139.00")),
        (Kind.EXPANSION, growth_now, Decimal("50.00")),
        (Kind.MOVED, starter_now, Decimal("-89.00")),
        (Kind.MOVED, growth_now, Decimal("89.00")),
    ]


def test_queries(django_assert_num_queries) -> None:
    paid(make_account(), at(11, 3))
    with django_assert_num_queries(2):
        assert len(mrr.movement(months=Months(Month(2023, 1), DECEMBER), now=LATER)) == 2
    with django_assert_num_queries(1):
        ends = mrr.ends(months=Months(Month(2023, 1), DECEMBER), now=LATER)
    assert [(end.month, end.amount, end.customers) for end in ends] == [
        (row.month, row.end, row.customers)
        for row in mrr.movement(months=Months(Month(2023, 1), DECEMBER), now=LATER)
        if row.customers
    ]
    with django_assert_num_queries(2):
        mrr.changes(month=NOVEMBER, now=LATER)
    with django_assert_num_queries(1):
        mrr.standing(now=LATER)
