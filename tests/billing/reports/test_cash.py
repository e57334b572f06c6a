"""What counts as cash, in which month, and as what; the bank's truth in the sum."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Allocation, Place
from billing.reports import cash, places
from billing.reports.cash import Cash, Origin, WrittenOff
from billing.services import (
    bank_transfers,
    line_verbs,
    links,
    reconciliation,
    reversals,
    unapplied,
    write_offs,
)
from billing.services.receipts import Receipt
from tenancy.models import PaymentMethod
from tests.billing.reports.builders import (
    AUTUMN,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    asked,
    at,
    by_whom,
    came,
    paid,
    paid_by_hand,
)
from tests.factories import make_account, make_plan, put_unapplied

pytestmark = pytest.mark.django_db
TRANSFER = PaymentMethod.BANK_TRANSFER


def figures(method: PaymentMethod = TRANSFER) -> dict[tuple[str, str], tuple[str, str]]:
    """Received and taken back, by month and origin."""
    rows = cash.received(months=AUTUMN)
    assert all((row.method, row.currency) == (method, "USD") for row in rows)
    return {(str(row.month), row.origin): (str(row.received), str(row.taken_back)) for row in rows}


def of_the_bank() -> dict[str, Decimal]:
    """What came in and is with us: neither returned, nor ignored, nor without a place."""
    return {
        str(row.month): row.by_place[Place.PAYMENT] + row.by_place[Place.UNAPPLIED]
        for row in places.money_in(months=AUTUMN)
    }


def test_nothing_came() -> None:
    assert cash.received(months=AUTUMN) == []
    assert cash.written_off(months=AUTUMN) == []


def test_money_counts_on_the_banks_day_whenever_it_was_booked() -> None:
    paid(make_account(), at(12, 2), on=date(2025, 11, 30))
    paid(make_account(), at(12, 2), on=date(2025, 12, 1))
    paid(make_account(), at(12, 2), on=date(2025, 9, 30))

    assert cash.received(months=AUTUMN) == [
        Cash(NOVEMBER, TRANSFER, Origin.APPLIED, "USD", Decimal("89.00"), Decimal("0.00")),
        Cash(DECEMBER, TRANSFER, Origin.APPLIED, "USD", Decimal("89.00"), Decimal("0.00")),
    ]


def test_parts_count_each_when_they_came() -> None:
    account = make_account()
    payment = paid(account, at(11, 3), "40.00", on=date(2025, 10, 31))
    assert figures() == {("2025-10", "applied"): ("40.00", "0.00")}

    line = came("60.00", date(2025, 11, 20))
    reconciliation.apply(line=line, payment=payment, **by_whom(at(11, 21)))

    assert figures() == {
        ("2025-10", "applied"): ("40.00", "0.00"),
        ("2025-11", "applied"): ("49.00", "0.00"),
        ("2025-11", "unapplied"): ("11.00", "0.00"),
    }


def test_a_reversal_is_taken_off_when_it_is_done_and_the_money_is_not_new_money() -> None:
    wrong = paid(make_account(), at(11, 3))
    line = Allocation.objects.get(payment=wrong).line
    reversals.reverse(payment=wrong, **by_whom(at(12, 5)))
    assert figures() == {
        ("2025-11", "applied"): ("89.00", "0.00"),
        ("2025-12", "applied"): ("0.00", "-89.00"),
    }

    line.refresh_from_db()
    right = asked(make_account(), at(12, 6))
    reconciliation.apply(line=line, payment=right, **by_whom(at(12, 6)))

    assert figures() == {
        ("2025-11", "applied"): ("89.00", "0.00"),
        ("2025-12", "applied"): ("89.00", "-89.00"),
    }
    rows = cash.received(months=AUTUMN)
    assert {row.month: row.net for row in rows} == {NOVEMBER: Decimal("89.00"), DECEMBER: 0}
    assert of_the_bank() == {"2025-11": Decimal("89.00")}


def test_using_and_returning_unapplied_money() -> None:
    account = make_account()
    waiting = reconciliation.put_on_account(
        line=came("100.00", date(2025, 10, 31)), account=account, **by_whom(at(11, 2))
    )
    payment = asked(account, at(12, 1))
    unapplied.use(allocation=waiting, payment=payment, **by_whom(at(12, 1)))
    rest = unapplied.of_account(account).get()
    unapplied.give_back(allocation=rest, **by_whom(at(12, 31, 23)))

    assert figures() == {
        ("2025-10", "unapplied"): ("100.00", "0.00"),
        ("2025-12", "applied"): ("89.00", "0.00"),
        # 11.00 stayed on the account when the rest was used, and then went back.
        ("2025-12", "unapplied"): ("11.00", "-111.00"),
    }
    assert of_the_bank() == {"2025-10": Decimal("89.00")}


def test_money_that_was_set_aside_first_still_counts_on_the_banks_day() -> None:
    line = came("89.00", date(2025, 10, 31))
    line_verbs.ignore(line=line, **by_whom(at(11, 1)))
    assert figures() == {}

    line_verbs.reopen(line=line, **by_whom(at(11, 2)))
    reconciliation.apply(line=line, payment=asked(make_account(), at(11, 2)), **by_whom(at(11, 2)))

    assert figures() == {("2025-10", "applied"): ("89.00", "0.00")}


def test_by_hand_until_its_line_is_linked() -> None:
    payment = paid_by_hand(make_account(), at(11, 3), on=date(2025, 10, 31))
    other = paid_by_hand(make_account(), at(11, 4))
    assert figures() == {
        ("2025-10", "by_hand"): ("89.00", "0.00"),
        ("2025-11", "by_hand"): ("89.00", "0.00"),
    }

    line = came("89.00", date(2025, 10, 31), bank_transaction_id=payment.bank_transaction_id)
    links.link(line=line, payment=payment, **by_whom(at(11, 5)))
    reversals.reverse(payment=other, **by_whom(at(12, 31, 23)))

    assert figures() == {
        ("2025-10", "applied"): ("89.00", "0.00"),
        ("2025-11", "by_hand"): ("89.00", "0.00"),
        ("2025-12", "by_hand"): ("0.00", "-89.00"),
    }


def test_the_rest_of_a_partly_paid_one_by_hand() -> None:
    payment = paid(make_account(), at(10, 20), "40.00")
    bank_transfers.confirm(
        payment=payment,
        receipt=Receipt(
            amount=Decimal("49.00"),
            currency="USD",
            value_date=date(2025, 11, 1),
            bank_transaction_id="THE-REST",
            payer="Home G8",
        ),
        **by_whom(at(11, 2)),
    )
    reversals.reverse(payment=payment, **by_whom(at(12, 1, 0)))

    assert figures() == {
        ("2025-10", "applied"): ("40.00", "0.00"),
        ("2025-11", "by_hand"): ("49.00", "0.00"),
        ("2025-12", "applied"): ("0.00", "-40.00"),
        ("2025-12", "by_hand"): ("0.00", "-49.00"),
    }


def test_giving_up_a_partly_paid_one_moves_no_cash() -> None:
    payment = paid(make_account(), at(10, 20), "40.00")
    bank_transfers.reject(payment=payment, **by_whom(at(11, 30, 23)))

    assert figures() == {
        ("2025-10", "applied"): ("40.00", "0.00"),
        ("2025-11", "applied"): ("0.00", "-40.00"),
        ("2025-11", "unapplied"): ("40.00", "0.00"),
    }


def test_the_method_is_the_payments() -> None:
    payment = asked(make_account(), at(11, 3))
    type(payment).objects.filter(pk=payment.pk).update(method=PaymentMethod.MANUAL)
    payment.refresh_from_db()
    reconciliation.apply(
        line=came("89.00", date(2025, 11, 3)), payment=payment, **by_whom(at(11, 3))
    )

    assert figures(PaymentMethod.MANUAL) == {("2025-11", "applied"): ("89.00", "0.00")}


def test_what_was_written_off_is_no_cash_and_stands_apart() -> None:
    plan = make_plan(price=Decimal("100.00"))
    payment = paid(make_account(plan=plan), at(10, 31), "99.50")
    write_offs.write_off(payment=payment, **by_whom(at(11, 3)))
    assert figures() == {("2025-10", "applied"): ("99.50", "0.00")}
    assert cash.written_off(months=AUTUMN) == [
        WrittenOff(NOVEMBER, "USD", Decimal("0.50"), Decimal("0.00"))
    ]

    reversals.reverse(payment=payment, **by_whom(at(12, 1)))

    assert cash.written_off(months=AUTUMN) == [
        WrittenOff(NOVEMBER, "USD", Decimal("0.50"), Decimal("0.00")),
        WrittenOff(DECEMBER, "USD", Decimal("0.00"), Decimal("-0.50")),
    ]
    assert [row.net for row in cash.written_off(months=AUTUMN)] == [
        Decimal("0.50"),
        Decimal("-0.50"),
    ]


def test_queries(django_assert_num_queries) -> None:
    put_unapplied(make_account(), "5.00")
    with django_assert_num_queries(1):
        assert [row.month for row in cash.received(months=AUTUMN)] == [NOVEMBER]
    with django_assert_num_queries(2):
        cash.written_off(months=AUTUMN)


def test_the_first_and_last_moment_of_a_month() -> None:
    """A reversal in the last second of October and one in the first of November."""
    for moment in (at(10, 31, 23), at(11, 1, 0)):
        reversals.reverse(payment=paid(make_account(), at(10, 2)), **by_whom(moment))

    rows = {row.month: row for row in cash.received(months=AUTUMN)}
    assert rows[OCTOBER].received == Decimal("178.00")
    assert rows[OCTOBER].taken_back == rows[NOVEMBER].taken_back == Decimal("-89.00")
