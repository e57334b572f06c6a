"""A request sent twice is answered once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from billing.models import IdempotencyRecord
from billing.services import credits, idempotency, spending
from billing.services.ledger import IdempotencyKeyReused, RequestInProgress
from tenancy.errors import InvalidValue
from tenancy.models import Account
from tests.conftest import World
from tests.digest import nothing_changes, refused
from tests.factories import make_account, make_site
from tests.racing import Meeting, at_once

ANSWER = {"id": 7, "name": "Garden blog"}


class Stop(Exception):
    pass


def run(
    account: Account,
    perform: Callable[[], tuple[int, object]] = lambda: (201, ANSWER),
    *,
    key: str = "job-7",
    route: str = "POST /sites/",
    fingerprint: str = "a" * 64,
) -> tuple[int, object, bool]:
    return idempotency.run(
        account=account, route=route, key=key, fingerprint=fingerprint, perform=perform
    )


def never() -> tuple[int, object]:
    raise AssertionError("performed again")


def add_site(account: Account, status: int = 201) -> tuple[int, object]:
    return status, {"id": make_site(account).pk}


@pytest.mark.parametrize("status", [200, 201, 204, 400, 403, 404, 422])
@pytest.mark.parametrize("body", [ANSWER, [1, 2], "text", None])
def test_the_second_request_gets_the_first_answer(world: World, status: int, body: object) -> None:
    assert run(world.home, lambda: (status, body)) == (status, body, False)

    with nothing_changes():
        assert run(world.home, never) == (status, body, True)


@pytest.mark.parametrize("status", [402, 409, 429, 500, 503])
def test_an_answer_that_may_change_is_not_kept(world: World, status: int) -> None:
    with nothing_changes():
        run(world.home, lambda: (status, ANSWER))

    assert run(world.home) == (201, ANSWER, False)


@pytest.mark.parametrize("status", [400, 402, 500])
def test_what_a_refused_request_did_is_undone(world: World, status: int) -> None:
    run(world.home, partial(add_site, world.home, status))

    assert not world.home.sites.exists()


def test_work_and_answer_are_kept_together(world: World) -> None:
    _, body, _ = run(world.home, partial(add_site, world.home))

    assert world.home.sites.get().pk == body["id"]
    assert IdempotencyRecord.objects.get().body == body


def test_a_failure_midway_leaves_nothing(committed_world: World) -> None:
    home = committed_world.home

    def fail() -> tuple[int, object]:
        add_site(home)
        raise Stop

    with nothing_changes(), pytest.raises(Stop):
        run(home, fail)
    assert run(home, partial(add_site, home))[2] is False


def test_an_answer_that_is_no_json_leaves_nothing(committed_world: World) -> None:
    home = committed_world.home

    def perform() -> tuple[int, object]:
        add_site(home)
        return 201, object()

    with nothing_changes(), pytest.raises(TypeError):
        run(home, perform)


def test_another_request_with_the_key_is_refused(world: World) -> None:
    run(world.home)

    with refused(IdempotencyKeyReused, says="used before for another request"):
        run(world.home, never, fingerprint="b" * 64)


def test_a_key_belongs_to_an_account_and_a_route(world: World) -> None:
    run(world.home)

    assert run(world.other)[2] is False
    assert run(world.home, route="POST /sectors/")[2] is False


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb", "a\x7f", None])
def test_a_key_is_1_to_255_printable_ascii_characters(world: World, key: object) -> None:
    with refused(InvalidValue, says="1 to 255 printable ASCII"):
        run(world.home, never, key=key)


@pytest.mark.parametrize("key", ["x", "x" * 255, "a b ~!"])
def test_a_key_may_be_any_of_these(world: World, key: str) -> None:
    assert run(world.home, key=key)[0] == 201


def test_answers_are_forgotten_after_a_day(world: World) -> None:
    run(world.home)
    now = datetime.now(tz=UTC)

    with nothing_changes():
        assert idempotency.purge(now=now + timedelta(hours=23)) == 0
    assert idempotency.purge(now=now + timedelta(hours=25)) == 1
    assert idempotency.purge(now=now + timedelta(hours=25)) == 0

    assert run(world.home)[2] is False


@pytest.mark.parametrize("status", [402, 409, 429, 500, 199])
def test_the_database_keeps_no_answer_that_may_change(world: World, status: int) -> None:
    facts = {"account": world.home, "route": "POST /", "key": "x", "fingerprint": "a" * 64}

    with (
        pytest.raises(IntegrityError, match="idempotency_record_final"),
        transaction.atomic(),
    ):
        IdempotencyRecord.objects.create(status=status, body=None, **facts)


# Eight requests with one key at the same moment.


def test_of_eight_at_once_one_is_performed(committed: None) -> None:
    account, meeting = make_account(credits=100), Meeting(8)

    def perform() -> tuple[int, object]:
        meeting.wait()
        return add_site(account)

    def call() -> object:
        try:
            return run(account, perform)
        except RequestInProgress:
            # The one at work waits for the seven that are turned away.
            meeting.wait()
            raise

    outcomes = at_once(*[call] * 8)

    refusals = [outcome.refusal for outcome in outcomes if outcome.refusal]
    assert [refusal.code for refusal in refusals] == ["idempotency_in_progress"] * 7
    assert account.sites.count() == 1
    assert run(account, never)[2] is True


def test_looked_up_and_then_performed_all_eight_are(committed: None) -> None:
    account, meeting = make_account(), Meeting(8)

    def run_without_a_lock() -> object:
        assert not IdempotencyRecord.objects.filter(key="job-7").exists()
        meeting.wait()
        return add_site(account)

    at_once(*[run_without_a_lock] * 8)

    with pytest.raises(AssertionError):
        assert account.sites.count() == 1


# A deduction's record is its ledger row.


def deduct(account: Account, **more: object) -> credits.Posted:
    facts = {"operation": "clustering", "idempotency_key": "job-7", "wait": False} | more
    return spending.deduct(account=account, **facts)


def test_a_deduction_with_another_fingerprint_is_refused(world: World) -> None:
    first = deduct(world.home, fingerprint="a" * 64, description="Tags", metadata={"post": 7})

    with refused(IdempotencyKeyReused):
        deduct(world.home, fingerprint="b" * 64, description="Tags", metadata={"post": 7})
    with nothing_changes():
        again = deduct(world.home, fingerprint="a" * 64, description="Tags")
    assert again == first._replace(replayed=True)


@pytest.mark.parametrize("fingerprint", ["", "a" * 64])
@pytest.mark.parametrize("theirs", ["a" * 64, "", None])
def test_where_a_row_keeps_its_request_is_not_the_callers(
    world: World, fingerprint: str, theirs: object
) -> None:
    with refused(InvalidValue, says="cannot have a member “request”") as caught:
        deduct(world.home, fingerprint=fingerprint, metadata={"request": theirs, "post": 7})

    assert caught.value.facts == {"field": "metadata/request"}


@pytest.mark.parametrize("fingerprint", ["", "a" * 64])
def test_a_deduction_is_known_again_when_the_price_has_changed(
    world: World, fingerprint: str
) -> None:
    deduct(world.home, fingerprint=fingerprint)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE igny8_credit_costs SET credits = 99")

    if fingerprint:
        assert deduct(world.home, fingerprint=fingerprint).amount == -10
    else:
        # Without one, the amount is all that tells two requests apart.
        with refused(IdempotencyKeyReused):
            deduct(world.home)


def test_a_deduction_at_work_elsewhere_is_not_waited_for(committed: None) -> None:
    account, meeting = make_account(credits=100), Meeting(2)

    def at_work() -> object:
        with transaction.atomic():
            posted = deduct(account)
            meeting.wait()
            meeting.wait()
        return posted

    def impatient() -> object:
        meeting.wait()
        try:
            return deduct(account)
        finally:
            meeting.wait()

    first, second = at_once(at_work, impatient)

    assert isinstance(second.refusal, RequestInProgress)
    assert deduct(account) == first.result._replace(replayed=True)
    assert account.credits == 90


def test_a_patient_caller_stands_in_line(committed: None) -> None:
    account = make_account(credits=100)

    outcomes = at_once(*[partial(deduct, account, wait=True)] * 8)

    assert sum(not outcome.result.replayed for outcome in outcomes) == 1
    assert account.credits == 90


def test_a_deduction_is_one_query(
    world: World, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):
        deduct(world.home, fingerprint="a" * 64)
