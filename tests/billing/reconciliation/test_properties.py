"""Incoming money in any sequence of verbs: nothing of it is lost, nothing counted twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models, transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import (
    OPEN_LINE,
    OPEN_PAYMENT,
    Allocation,
    Payment,
    StatementLine,
    TransactionType,
)
from billing.services.splits import Part
from tenancy.errors import ServiceError
from tenancy.models import Account, AccountStatus, User
from tests.billing.reconciliation import acts
from tests.conftest import World
from tests.factories import confirm, make_ledger_row, make_line, make_staff, open_transfer, put

LAST = 3
AMOUNTS = st.sampled_from(["0.01", "20.00", "85.00", "89.00", "89.01", "178.00", "300.00"])
VERBS = """
    line ask ask apply apply apply split split link by_hand put_on_account hold release ignore
    give_back reopen reopen use use give_unapplied_back reverse reverse reject write_off spend
"""
# Which of the lines, transfers, allocations or accounts there are, and how much.
STEPS = st.tuples(
    st.sampled_from(VERBS.split()), st.integers(0, LAST), st.integers(0, LAST), AMOUNTS
)
# What every sequence starts with: one waits, one was confirmed by hand, one has money waiting.
FIRST = (
    ("ask", 1, 0, "0"),
    ("by_hand", 0, 0, "0"),
    ("ask", 0, 0, "0"),
    ("line", 0, 0, "20.00"),
    ("put_on_account", 0, 0, "0"),
    ("line", 0, 0, "85.00"),
    ("hold", 0, 0, "0"),
    ("line", 0, 0, "300.00"),
)


@dataclass
class Play:
    """The objects that steps pick from, by number, newest first."""

    accounts: list[Account]
    fiona: User
    ann: User
    done: Counter[str] = field(default_factory=Counter)

    def line(self, number: int, *states: str) -> StatementLine:
        return _pick(StatementLine.objects.order_by("-id"), number, state__in=states or OPEN_LINE)

    def payment(self, number: int, *statuses: str) -> Payment:
        return _pick(Payment.objects.order_by("-id"), number, status__in=statuses or OPEN_PAYMENT)

    def account(self, number: int) -> Account:
        account = self.accounts[number % len(self.accounts)]
        return Account.objects.get(pk=account.pk)

    def step(self, verb: str, one: int, two: int, amount: str) -> None:
        try:
            with transaction.atomic():
                getattr(self, f"do_{verb}")(one, two, Decimal(amount))
        except ServiceError:
            self.done[f"{verb} refused"] += 1
        except (IndexError, ZeroDivisionError):
            self.done[f"{verb} without an object"] += 1
        else:
            self.done[verb] += 1

    def do_line(self, one: int, two: int, amount: Decimal) -> None:
        make_line(amount, by=self.fiona)

    def do_ask(self, one: int, two: int, amount: Decimal) -> None:
        open_transfer(self.account(one))

    def do_apply(self, one: int, two: int, amount: Decimal) -> None:
        acts.apply(line=self.line(one), payment=self.payment(two), by=self.fiona)

    def do_split(self, one: int, two: int, amount: Decimal) -> None:
        line = self.line(one)
        rest = line.remaining - min(amount, Decimal("20.00"))
        parts = [Part(line.remaining - rest, account=self.account(two))]
        parts += [Part(rest, payment=self.payment(two))]
        acts.split(line=line, parts=parts, by=self.fiona)

    def do_link(self, one: int, two: int, amount: Decimal) -> None:
        """The line of a transfer that was confirmed by hand comes on a later statement."""
        payment = self.payment(two, "confirmed")
        bank_id = payment.bank_transaction_id
        line = StatementLine.objects.filter(bank_transaction_id=bank_id).first()
        if line is None:
            amount = max(amount, payment.received_total)
            line = make_line(amount, by=self.fiona, bank_transaction_id=bank_id)
        acts.link(line=line, payment=payment, by=self.fiona)

    def do_by_hand(self, one: int, two: int, amount: Decimal) -> None:
        confirm(self.payment(one), by=self.fiona)

    def do_put_on_account(self, one: int, two: int, amount: Decimal) -> None:
        acts.put_on_account(line=self.line(one), account=self.account(two), by=self.fiona)

    def do_use(self, one: int, two: int, amount: Decimal) -> None:
        waiting = _pick(_unapplied(), one)
        payments = waiting.account.payments.order_by("-id")
        payment = _pick(payments, two, status__in=OPEN_PAYMENT)
        acts.use(allocation=waiting, payment=payment, by=self.fiona)

    def do_give_unapplied_back(self, one: int, two: int, amount: Decimal) -> None:
        acts.give_unapplied_back(allocation=_pick(_unapplied(), one), by=self.fiona)

    def do_reverse(self, one: int, two: int, amount: Decimal) -> None:
        approved_by = self.ann if two else None
        acts.reverse(payment=self.payment(one, "confirmed"), approved_by=approved_by, by=self.fiona)

    def do_reject(self, one: int, two: int, amount: Decimal) -> None:
        acts.reject(payment=self.payment(one), by=self.fiona)

    def do_write_off(self, one: int, two: int, amount: Decimal) -> None:
        approved_by = self.ann if two else None
        payment = self.payment(one)
        if payment.status == "awaiting":
            almost = make_line(Decimal("85.00"), by=self.fiona)
            acts.apply(line=almost, payment=payment, by=self.fiona)
        acts.write_off(payment=payment, approved_by=approved_by, by=self.fiona)

    def do_spend(self, one: int, two: int, amount: Decimal) -> None:
        account = self.account(one)
        if account.credits < 300:
            raise IndexError
        make_ledger_row(account, amount=-300, type=TransactionType.DEDUCTION)


def _alone(verb: Callable[..., object]) -> Callable[[Play, int, int, Decimal], None]:
    states = STATES_FOR.get(verb, OPEN_LINE)
    return lambda play, one, two, amount: verb(line=play.line(one, *states), by=play.fiona)


STATES_FOR = {
    acts.release: ("held",),
    acts.reopen: ("applied", "split", "returned", "ignored"),
}
for verb in (acts.hold, acts.release, acts.ignore, acts.give_back, acts.reopen):
    setattr(Play, f"do_{verb.args[0].__name__}", _alone(verb))


def _unapplied() -> QuerySet[Allocation]:
    standing = Allocation.objects.filter(reverses=None, reversed_by=None)
    return standing.filter(place="unapplied").order_by("-id")


def _pick[M: models.Model](rows: QuerySet[M], number: int, **fitting: object) -> M:
    """Mostly one that fits, and for the last number any: refusals belong to the play."""
    fits = list(rows.filter(**fitting)) if number < LAST else []
    found = fits or list(rows)
    return found[number % len(found)]


def test_no_sequence_of_verbs_loses_money_or_counts_it_twice(world: World) -> None:
    put(world.other, status=AccountStatus.ACTIVE)
    done: Counter[str] = Counter()
    play = Play([world.home, world.other], world.fiona, make_staff("Approver"), done)

    for step in FIRST:
        play.step(*step)
    assert done.total() == len(FIRST)

    @settings(max_examples=9, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=st.lists(STEPS, min_size=12, max_size=20))
    def holds(steps: list[tuple[str, int, int, str]]) -> None:
        with transaction.atomic():
            for step in steps:
                play.step(*step)
            acts.money_agrees()
            transaction.set_rollback(True)

    holds()

    # The sequences reach every verb, and not only its refusals.
    verbs = {name.removeprefix("do_") for name in dir(Play) if name.startswith("do_")}
    assert verbs - {verb for verb in verbs if done[verb]} == set()


def test_the_check_would_notice(world: World) -> None:
    line = make_line(Decimal("89.00"))
    payment = open_transfer(world.other)
    acts.apply(line=line, payment=payment)
    acts.money_agrees()

    Payment.objects.filter(pk=payment.pk).update(status="reversed")

    try:
        acts.money_agrees()
    except AssertionError:
        return
    raise AssertionError
