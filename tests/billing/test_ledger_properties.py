"""Any sequence of verbs, beside a small model of what should happen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import CreditBalance, CreditTransaction
from billing.services import credits, proof, spending
from billing.services.credits import AlreadyReversed
from billing.services.grant_limits import OverLimit
from billing.services.ledger import IdempotencyKeyReused, InsufficientCredits
from tenancy.errors import ServiceError, StateConflict
from tenancy.models import Account, AccountStatus, User
from tests.conftest import World
from tests.factories import NOW, REASON, confirm, open_transfer, put

KEYS = st.sampled_from([None, None, "a", "b"])
AMOUNTS = st.sampled_from([1, 2, 399, 1000, 2000, 2001])
WHO = st.sampled_from(["home", "other"])
STEPS = st.one_of(
    st.tuples(st.just("deduct"), WHO, st.sampled_from([1, 7, 200, 401]), KEYS),
    st.tuples(st.just("grant"), WHO, AMOUNTS, KEYS),
    st.tuples(st.just("adjust"), WHO, AMOUNTS.flatmap(lambda n: st.sampled_from([n, -n])), KEYS),
    st.tuples(st.just("reverse"), WHO, st.integers(0, 12), st.none()),
    st.tuples(st.just("confirm"), WHO, st.none(), st.none()),
)


@dataclass
class Row:
    type: str
    amount: int
    key: str | None = None
    reversed: bool = False


@dataclass
class Model:
    """What the ledger should do, in a few lines and without a database."""

    rows: dict[str, list[Row]]
    given_today: int = 0

    def balance(self, who: str) -> int:
        return sum(row.amount for row in self.rows[who])

    def post(self, who: str, row: Row) -> type[ServiceError] | None:
        if row.key is not None:
            for old in self.rows[who]:
                if old.key == row.key:
                    same = (old.type, old.amount) == (row.type, row.amount)
                    return None if same else IdempotencyKeyReused
        if self.balance(who) + row.amount < 0:
            return InsufficientCredits
        self.rows[who].append(row)
        return None

    def deduct(self, who: str, images: int, key: str | None) -> type[ServiceError] | None:
        return self.post(who, Row("deduction", -5 * images, key))

    def move(self, who: str, type: str, amount: int, key: str | None) -> type[ServiceError] | None:
        known = key is not None and any(row.key == key for row in self.rows[who])
        if not known and self.balance(who) + amount < 0:
            return InsufficientCredits
        if not known and (abs(amount) > 2000 or self.given_today + abs(amount) > 10_000):
            return OverLimit
        rows = len(self.rows[who])
        refusal = self.post(who, Row(type, amount, key))
        if len(self.rows[who]) > rows:
            self.given_today += abs(amount)
        return refusal

    def reverse(self, who: str, place: int) -> type[ServiceError] | None:
        row = self.rows[who][place]
        if row.reversed:
            return AlreadyReversed
        if row.type in ("reversal", "subscription"):
            return StateConflict
        refusal = self.post(who, Row("reversal", -row.amount))
        row.reversed = refusal is None
        return refusal


def play(world: World, model: Model, step: tuple) -> None:
    verb, who, number, key = step
    account = getattr(world, who)
    facts = {"account": account, "idempotency_key": key}
    staff = {"by": world.fiona, "reason": REASON}
    if verb == "deduct":
        expected = model.deduct(who, number, key)
        call = partial(spending.deduct, operation="image_generation", units=number, **facts)
    elif verb == "grant":
        expected = model.move(who, "grant", number, key)
        call = partial(credits.grant, amount=number, now=NOW, **facts, **staff)
    elif verb == "adjust":
        expected = model.move(who, "adjustment", number, key)
        call = partial(credits.adjust, amount=number, now=NOW, **facts, **staff)
    elif verb == "reverse":
        place = number % len(model.rows[who])
        entry = CreditTransaction.objects.get(account=account, sequence=place + 1)
        expected = model.reverse(who, place)
        call = partial(credits.reverse, entry=entry, **staff)
    else:
        expected = model.post(who, Row("subscription", 1000))
        call = partial(ask_and_confirm, account, by=world.fiona)
    assert outcome_of(call) == expected, step


def ask_and_confirm(account: Account, *, by: User) -> None:
    confirm(open_transfer(account), by=by)


def outcome_of(call: Callable[[], object]) -> type[ServiceError] | None:
    try:
        call()
    except ServiceError as refusal:
        return type(refusal)
    return None


def agree(world: World, model: Model) -> None:
    assert proof.differences() == []
    for who in ("home", "other"):
        account = getattr(world, who)
        rows = CreditTransaction.objects.filter(account=account).order_by("sequence")
        balance = CreditBalance.objects.get(account=account)
        assert [(row.type, row.amount) for row in rows] == [
            (row.type, row.amount) for row in model.rows[who]
        ]
        assert (balance.credits, balance.sequence) == (model.balance(who), len(rows))
        assert all(row.balance_after >= 0 for row in rows)


def test_every_sequence_of_verbs_ends_as_the_model_says(world: World) -> None:
    put(world.other, status=AccountStatus.ACTIVE)

    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=st.lists(STEPS, max_size=14))
    def holds(steps: list[tuple]) -> None:
        model = Model({"home": [Row("opening", 1000)], "other": [Row("opening", 500)]})
        with transaction.atomic():
            for step in steps:
                play(world, model, step)
            agree(world, model)
            transaction.set_rollback(True)

    holds()


def test_the_model_would_notice() -> None:
    model = Model({"home": [Row("opening", 10)], "other": []})

    assert model.deduct("home", 3, None) is InsufficientCredits
    assert model.deduct("home", 2, "a") is None
    assert model.deduct("home", 2, "a") is None
    assert model.deduct("home", 1, "a") is IdempotencyKeyReused
    assert model.reverse("home", 1) is None
    assert model.reverse("home", 1) is AlreadyReversed
    assert model.reverse("home", 2) is StateConflict
    assert model.balance("home") == 10
