"""The tables of status steps, for every pair: what the database takes."""

import itertools

import pytest
from django.db import IntegrityError, transaction

from billing.models import Payment, PaymentStatus
from tenancy.models import TRANSITIONS, Account, AccountStatus, SuspensionReason
from tests.digest import nothing_changes
from tests.factories import NOW, make_account, make_staff, open_transfer

ACCOUNT_PAIRS = list(itertools.product(AccountStatus, repeat=2))
PAYMENT_PAIRS = list(itertools.product(PaymentStatus, repeat=2))

PAYMENT_STEPS = {
    PaymentStatus.AWAITING: {
        PaymentStatus.PARTIALLY_PAID,
        PaymentStatus.CONFIRMED,
        PaymentStatus.REJECTED,
    },
    PaymentStatus.PARTIALLY_PAID: {PaymentStatus.CONFIRMED, PaymentStatus.REJECTED},
    PaymentStatus.CONFIRMED: {PaymentStatus.REVERSED},
    PaymentStatus.REJECTED: set(),
    PaymentStatus.REVERSED: set(),
}


def test_every_status_has_a_row() -> None:
    assert set(TRANSITIONS) == set(AccountStatus)
    assert set(PAYMENT_STEPS) == set(PaymentStatus)


def test_no_status_is_a_dead_end_and_none_leads_to_itself() -> None:
    for status, onwards in TRANSITIONS.items():
        assert onwards
        assert status not in onwards


@pytest.mark.parametrize(("start", "end"), ACCOUNT_PAIRS)
def test_the_database_takes_the_same_steps_of_accounts(
    db: None, start: AccountStatus, end: AccountStatus
) -> None:
    account = make_account(status=start)
    reason = SuspensionReason.MANUAL if end == AccountStatus.SUSPENDED else ""
    step = Account.objects.filter(pk=account.pk)

    if start == end or end in TRANSITIONS[start]:
        assert step.update(status=end, status_reason=reason) == 1
    else:
        refusal = f"no step from {start} to {end}"
        with nothing_changes(), pytest.raises(IntegrityError, match=refusal), transaction.atomic():
            step.update(status=end, status_reason=reason)


@pytest.mark.parametrize(("start", "end"), ACCOUNT_PAIRS)
def test_can_become_reads_the_same_table(start: AccountStatus, end: AccountStatus) -> None:
    assert Account(status=start).can_become(end) == (end in TRANSITIONS[start])


@pytest.mark.parametrize(("start", "end"), PAYMENT_PAIRS)
def test_the_database_takes_the_same_steps_of_payments(
    db: None, start: PaymentStatus, end: PaymentStatus
) -> None:
    payment = open_transfer(status=start)
    staff = make_staff()
    facts: dict[str, object] = {"status": end}
    if end == PaymentStatus.CONFIRMED and start != end:
        facts |= {
            "confirmed_at": NOW,
            "confirmed_by": staff,
            "value_date": NOW.date(),
            "bank_transaction_id": "BANK-STEP",
            "received_total": payment.expected_amount,
        }
    elif end == PaymentStatus.REJECTED and start != end:
        facts |= {"rejected_at": NOW}
    step = Payment.objects.filter(pk=payment.pk)

    if start == end or end in PAYMENT_STEPS[start]:
        assert step.update(**facts) == 1
    else:
        with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
            step.update(**facts)
