"""The ledger's proof: it finds every planted difference, freezes, and repairs nothing."""

import pytest
from django.db import IntegrityError

from billing.models import CreditBalance, LedgerProof
from billing.services import proof, spending
from billing.services.ledger import BalanceFrozen
from tenancy.errors import StateConflict
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import NOW, REASON, make_ledger_row
from tests.planting import plant
from tests.sql import run

LEDGER = "igny8_credit_transactions"
BALANCES = "igny8_credit_balances"


@pytest.fixture
def home(world: World) -> Account:
    """Four rows: 1000, -40, +10, -70; the balance is 900."""
    for amount, type in ((-40, "deduction"), (10, "trial"), (-70, "deduction")):
        make_ledger_row(world.home, amount=amount, type=type)
    return world.home


# What is planted, and what the proof says about it.
PLANTED = {
    "a changed amount": (
        f"UPDATE {LEDGER} SET amount = -39 WHERE account_id = %s AND sequence = 2",  # noqa: S608
        [
            ("the balance says 900, the rows sum to 901", None),
            ("balance_after is not the sum of the rows so far", 2),
        ],
    ),
    "a changed balance_after": (
        f"UPDATE {LEDGER} SET balance_after = 961 WHERE account_id = %s AND sequence = 2",  # noqa: S608
        [("balance_after is not the sum of the rows so far", 2)],
    ),
    "two changes that cancel out": (
        f"UPDATE {LEDGER} SET amount = amount + CASE sequence WHEN 2 THEN 5 WHEN 3 THEN -5"  # noqa: S608
        " ELSE 0 END WHERE account_id = %s",
        [("balance_after is not the sum of the rows so far", 2)],
    ),
    "a removed row": (
        f"DELETE FROM {LEDGER} WHERE account_id = %s AND sequence = 3",  # noqa: S608
        [
            ("the balance says 900, the rows sum to 890", None),
            ("the balance counts 4 rows, there are 3", None),
            ("the sequence has a gap", 4),
            ("balance_after is not the sum of the rows so far", 4),
        ],
    ),
    "a removed last row": (
        f"DELETE FROM {LEDGER} WHERE account_id = %s AND sequence = 4",  # noqa: S608
        [
            ("the balance says 900, the rows sum to 970", None),
            ("the balance counts 4 rows, there are 3", None),
        ],
    ),
    "no rows at all": (
        f"DELETE FROM {LEDGER} WHERE account_id = %s",  # noqa: S608
        [
            ("the balance says 900, the rows sum to 0", None),
            ("the balance counts 4 rows, there are 0", None),
        ],
    ),
    "a row moved to another place": (
        f"UPDATE {LEDGER} SET sequence = 9 WHERE account_id = %s AND sequence = 4",  # noqa: S608
        [("the sequence has a gap", 9)],
    ),
    "credits out of nothing": (
        f"UPDATE {BALANCES} SET credits = 1000000 WHERE account_id = %s",  # noqa: S608
        [("the balance says 1000000, the rows sum to 900", None)],
    ),
    "a changed counter": (
        f"UPDATE {BALANCES} SET sequence = 5 WHERE account_id = %s",  # noqa: S608
        [("the balance counts 5 rows, there are 4", None)],
    ),
    "no balance": (
        f"DELETE FROM {BALANCES} WHERE account_id = %s",  # noqa: S608
        [("there is no balance", None)],
    ),
}


def test_a_ledger_written_by_the_verbs_has_no_differences(home: Account, world: World) -> None:
    kept = proof.prove_ledger(now=NOW)

    assert (kept.at, kept.accounts, kept.transactions) == (NOW, 2, 5)
    assert kept.differences == []
    assert not CreditBalance.objects.filter(frozen=True).exists()


@pytest.mark.parametrize(("sql", "found"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_difference_is_found_and_named(
    home: Account, sql: str, found: list[tuple[str, int | None]]
) -> None:
    plant(sql, home.pk)

    differences = proof.differences()

    assert [(difference.problem, difference.sequence) for difference in differences] == found
    assert {(difference.account_id, difference.slug) for difference in differences} == {
        (home.pk, "home-g8")
    }
    assert proof.differences(account=home) == differences


def test_a_difference_freezes_its_account_alone_and_repairs_nothing(
    home: Account, world: World
) -> None:
    plant(*PLANTED["credits out of nothing"][:1], home.pk)

    kept = proof.prove_ledger(now=NOW)

    assert kept.differences == [
        {
            "account_id": home.pk,
            "slug": "home-g8",
            "problem": "the balance says 1000000, the rows sum to 900",
            "sequence": None,
        }
    ]
    assert list(CreditBalance.objects.filter(frozen=True)) == [home.credit_balance]
    assert home.credit_balance.credits == 1000000
    with refused(BalanceFrozen, says="Finance must look at it first"):
        spending.deduct(account=home, operation="clustering", idempotency_key=None)
    spending.deduct(account=world.other, operation="clustering", idempotency_key=None)


def test_freezing_is_written_down_once(home: Account) -> None:
    plant(*PLANTED["a changed counter"][:1], home.pk)

    proof.prove_ledger(now=NOW)
    proof.prove_ledger(now=NOW)

    event = home.audit_events.get(verb="credits_frozen")
    assert (event.actor_label, event.before, event.after) == (
        "system",
        {"frozen": False},
        {"frozen": True},
    )
    assert event.reason == "The ledger's proof: the balance counts 5 rows, there are 4."
    assert LedgerProof.objects.count() == 2


def test_an_account_stays_frozen_until_its_ledger_proves_right(home: Account, world: World) -> None:
    plant(*PLANTED["credits out of nothing"][:1], home.pk)
    proof.prove_ledger(now=NOW)

    with refused(StateConflict, says="still disagrees: the balance says 1000000"):
        proof.unfreeze(account=home, by=world.fiona, reason=REASON)
    plant(f"UPDATE {BALANCES} SET credits = 900 WHERE account_id = %s", home.pk)  # noqa: S608
    proof.prove_ledger(now=NOW)
    with refused(BalanceFrozen):
        spending.deduct(account=home, operation="clustering", idempotency_key=None)

    proof.unfreeze(account=home, by=world.fiona, reason=REASON)

    spending.deduct(account=home, operation="clustering", idempotency_key=None)
    event = home.audit_events.get(verb="credits_unfrozen")
    assert (event.actor, event.before, event.after) == (
        world.fiona,
        {"frozen": True},
        {"frozen": False},
    )


def test_an_account_that_is_not_frozen_is_not_unfrozen(world: World) -> None:
    with refused(StateConflict, says="are not frozen; nothing was changed"):
        proof.unfreeze(account=world.home, by=world.fiona, reason=REASON)


def test_the_triggers_must_be_off_to_plant_anything(home: Account) -> None:
    for sql, _ in PLANTED.values():
        with nothing_changes(), pytest.raises(IntegrityError, match=r"append-only|only through"):
            run(sql, home.pk)
