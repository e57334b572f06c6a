"""Invoice numbers have no gap, also when several are issued at once and one is taken back."""

from functools import partial

import pytest
from django.db import connection, transaction

from billing.models import Invoice
from billing.services import bank_transfers
from tenancy.errors import ServiceError
from tenancy.models import Account
from tests.factories import NOW, REASON, make_account
from tests.racing import Outcome, at_once

CALLERS = 8
TAKEN_BACK = 3  # the number of the caller whose transaction fails at its end


def without_gap(outcomes: list[Outcome], numbers: list[str]) -> None:
    assert len([outcome for outcome in outcomes if outcome.refusal]) == 1
    assert numbers == [f"2025-{number:05d}" for number in range(1, CALLERS)]


@transaction.atomic
def open_and_perhaps_fail(caller: int, account: Account) -> None:
    bank_transfers.open(account=account, plan=account.plan, by=None, reason=REASON, now=NOW)
    if caller == TAKEN_BACK:
        raise ServiceError("Something after it failed.")


def test_numbers_have_no_gap_when_one_of_eight_is_rolled_back(committed: None) -> None:
    accounts = [make_account() for _ in range(CALLERS)]

    outcomes = at_once(
        *(partial(open_and_perhaps_fail, number, one) for number, one in enumerate(accounts))
    )

    without_gap(outcomes, sorted(Invoice.objects.values_list("number", flat=True)))


def test_numbers_from_a_sequence_have_one(committed: None) -> None:
    issued: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE scratch_numbers")

    @transaction.atomic
    def issue_from_a_sequence(caller: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('scratch_numbers')")
            (number,) = cursor.fetchone()
        # Whoever draws this number fails afterwards, as any transaction may.
        if number == TAKEN_BACK:
            raise ServiceError("Something after it failed.")
        issued.append(f"2025-{number:05d}")

    outcomes = at_once(*(partial(issue_from_a_sequence, number) for number in range(CALLERS)))

    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE scratch_numbers")
    with pytest.raises(AssertionError):
        without_gap(outcomes, sorted(issued))
