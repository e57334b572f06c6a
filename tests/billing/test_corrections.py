"""What staff do with credits: grant, adjust, reverse, and the first ones of an account."""

from decimal import Decimal

import pytest

from billing.models import (
    MAX_AMOUNT,
    CreditTransaction,
    Operation,
    PaymentStatus,
    TransactionType,
)
from billing.services import credits, spending
from billing.services.ledger import (
    InsufficientCredits,
    Posted,
)
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, AccountStatus, AuditEvent, User
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import NOW, REASON, make_account, make_ledger_row, make_staff, open_transfer

NO_AMOUNTS = (0, True, False, 1.5, Decimal("5"), "5", None, MAX_AMOUNT + 1, -MAX_AMOUNT - 1)


OPERATION = Operation.IMAGE_PROMPT_EXTRACTION  # costs 2


def deduct(account: Account, **overrides: object) -> Posted:
    facts = {"operation": OPERATION, "idempotency_key": None}
    return spending.deduct(account=account, **facts | overrides)


def grant(account: Account, by: User, amount: object = 100, **overrides: object) -> Posted:
    facts = {"reason": REASON, "now": NOW} | overrides
    return credits.grant(account=account, amount=amount, by=by, **facts)


def adjust(account: Account, by: User, amount: object = -100, **overrides: object) -> Posted:
    facts = {"reason": REASON, "now": NOW} | overrides
    return credits.adjust(account=account, amount=amount, by=by, **facts)


def reverse(entry: CreditTransaction, by: User) -> Posted:
    return credits.reverse(entry=entry, by=by, reason=REASON)


def row(posted: Posted) -> CreditTransaction:
    return CreditTransaction.objects.get(pk=posted.transaction_id)


def test_a_grant_says_who_and_why_and_what_was_before(world: World) -> None:
    posted = grant(world.home, world.fiona)

    kept = row(posted)
    event = AuditEvent.objects.get(verb="credits_granted")
    assert (kept.amount, kept.type) == (100, TransactionType.GRANT)
    assert (kept.created_by, kept.reason) == (world.fiona, REASON)
    assert (event.before, event.after) == ({"credits": 1000}, {"credits": 1100, "ledger_row": 2})


@pytest.mark.parametrize("amount", [amount for amount in NO_AMOUNTS if amount is not None])
@pytest.mark.parametrize("verb", [grant, adjust])
def test_an_amount_is_a_whole_number_within_the_range(
    world: World, verb: object, amount: object
) -> None:
    with refused(InvalidValue):
        verb(world.home, world.fiona, amount)


def test_a_grant_never_takes(world: World) -> None:
    with refused(InvalidValue, says="-5 would take them"):
        grant(world.home, world.fiona, -5)


def test_an_adjustment_takes_no_more_than_there_is(world: World) -> None:
    with refused(InsufficientCredits, says="Home G8 has 1,000 to spend"):
        adjust(world.home, world.fiona, -1001)

    assert adjust(world.home, world.fiona, -1000).balance_after == 0


@pytest.mark.parametrize("verb", [grant, adjust])
@pytest.mark.parametrize("status", AccountStatus)
def test_credits_move_in_every_status_but_cancelled(
    db: None, verb: object, status: AccountStatus
) -> None:
    account, staff = make_account(status=status, credits=100), make_staff()

    if status == AccountStatus.CANCELLED:
        with refused(StateConflict, says="cancelled"):
            verb(account, staff)
    else:
        assert not verb(account, staff).replayed


@pytest.mark.parametrize("verb", [grant, adjust])
def test_the_same_key_moves_credits_once(world: World, verb: object) -> None:
    first = verb(world.home, world.fiona, idempotency_key="form-7")

    with nothing_changes():
        again = verb(world.home, world.fiona, idempotency_key="form-7")

    assert (again.replayed, again.transaction_id) == (True, first.transaction_id)


def test_a_repeated_grant_is_answered_though_the_day_is_used_up(world: World) -> None:
    for number in (1, 2):
        grant(world.home, world.sam, 200, idempotency_key=f"form-{number}")
    grant(world.home, world.sam, 100, idempotency_key="form-3")

    with nothing_changes():
        assert grant(world.home, world.sam, 200, idempotency_key="form-2").replayed


def test_a_reversal_is_linked_and_undoes_the_row(world: World) -> None:
    entry = row(deduct(world.home))

    posted = reverse(entry, world.fiona)

    kept = row(posted)
    event = AuditEvent.objects.get(verb="credits_reversed")
    assert (kept.type, kept.amount, kept.reverses) == (TransactionType.REVERSAL, 2, entry)
    assert (kept.created_by, kept.reason) == (world.fiona, REASON)
    assert (event.before, event.after) == ({"credits": 998}, {"credits": 1000, "ledger_row": 3})


def test_a_second_reversal_is_told_who_and_when(world: World) -> None:
    entry = row(deduct(world.home))
    posted = reverse(entry, world.fiona)

    with refused(credits.AlreadyReversed, says="reversed by fiona@igny8.example at ") as caught:
        reverse(entry, world.sam)

    assert f"{posted.created_at:%Y-%m-%d %H:%M} UTC" in caught.value.message


def test_a_reversal_is_not_reversed(world: World) -> None:
    entry = row(reverse(row(deduct(world.home)), world.fiona))

    with refused(StateConflict, says="is itself a reversal"):
        reverse(entry, world.fiona)


def test_credits_of_a_payment_are_not_reversed_alone(db: None) -> None:
    payment = open_transfer(status=PaymentStatus.CONFIRMED)
    fiona = make_staff()

    with refused(StateConflict, says=f"belongs to payment {payment.reference}"):
        reverse(payment.credit_transactions.get(), fiona)


def test_spent_credits_are_not_reversed_and_the_shortfall_is_named(world: World) -> None:
    granted = row(grant(world.home, world.fiona, 100))
    make_ledger_row(world.home, amount=-1030, type=TransactionType.DEDUCTION)

    with refused(InsufficientCredits, says="30 of the 100 credits of row 2 are spent") as caught:
        reverse(granted, world.fiona)

    assert caught.value.facts == {"required": 100, "available": 70}


@pytest.mark.parametrize("amount", [0, -5, True, 1.5, MAX_AMOUNT + 1])
def test_first_credits_are_positive(db: None, amount: object) -> None:
    account = make_account()

    with refused(InvalidValue):
        credits.start(account=account, type="opening", amount=amount, by=None, reason=REASON)


def test_first_credits_come_first(world: World) -> None:
    with refused(StateConflict, says="credits in its ledger already"):
        credits.start(account=world.home, type="opening", amount=5, by=None, reason=REASON)
