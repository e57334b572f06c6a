"""The short way to the database keeps what Django's cursor promises."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from tenancy import round_trip
from tenancy.round_trip import one_row
from tests.sql import in_one_transaction, run

NEXT = "SELECT %s::int + 1, %s::text"


@pytest.fixture
def session(committed: None) -> Iterator[None]:
    """A connection of its own that nothing was prepared in yet."""
    connection.close()
    yield
    connection.close()


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


def test_a_statement_gives_its_row(db: None) -> None:
    assert one_row(NEXT, (1, "a")) == (2, "a")


def test_values_are_the_same_inside_and_outside_of_a_transaction(session: None) -> None:
    """Two ways to the server, and two ways to read what it sends."""
    every_type = """
    SELECT 1::int, 2::bigint, 'é'::text, 'x'::varchar, true, NULL::text, 1.5::float, 1.50::numeric,
           '2026-03-01'::date, '2026-03-01 12:00:00.5+02'::timestamptz,
           '0b9a1c5e-5c4f-4c53-9c0a-0d8d1d5e7a11'::uuid, ARRAY['a', 'b']::varchar[], '{1}'::int[]
    """

    alone = one_row(every_type, ())
    with transaction.atomic():
        within = one_row(every_type, ())

    assert alone == within
    assert [type(value) for value in alone] == [type(value) for value in within]
    assert alone[9].utcoffset() == within[9].utcoffset() == timedelta(0)


def test_a_statement_without_a_row_gives_none(session: None) -> None:
    assert one_row("SELECT %s::int WHERE false", (1,)) is None
    assert one_row("SELECT %s::int LIMIT 1", (1,)) == (1,)


def test_what_is_for_outside_of_a_transaction_is_not_sent_inside_of_one(session: None) -> None:
    assert one_row(NEXT, (1, "a"), outside_only=True) == (2, "a")

    with transaction.atomic(), CaptureQueriesContext(connection) as heard:
        assert one_row(NEXT, (1, "a"), outside_only=True) is None
    assert len(heard) == 0


def test_an_error_is_one_of_djangos(db: None) -> None:
    with pytest.raises(DataError), transaction.atomic():
        one_row("SELECT 1 / %s", (0,))

    assert one_row(NEXT, (1, "a")) == (2, "a")


def test_a_broken_transaction_is_refused(db: None) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            one_row(NEXT, (1, "a"))


def test_whoever_listens_hears_it(db: None) -> None:
    with CaptureQueriesContext(connection) as heard:
        one_row("SELECT %s", (7,))

    assert [query["sql"] for query in heard] == ["SELECT 7"]


def test_a_statement_is_prepared_once_in_each_session(session: None) -> None:
    for expected in (2, 3, 4):
        assert one_row(NEXT, (expected - 1, "50 %")) == (expected, "50 %")
    one_row("SELECT 1", ())
    assert prepared() == 2

    connection.close()

    assert one_row(NEXT, (1, None)) == (2, None)
    assert prepared() == 1


def test_errors_and_rollbacks_leave_it_prepared(session: None) -> None:
    with pytest.raises(DataError):
        one_row("SELECT 1 / %s", (0,))
    with transaction.atomic():
        one_row("SELECT 1 / %s", (1,))
        transaction.set_rollback(True)

    assert one_row("SELECT 1 / %s", (1,)) == (1,)
    assert prepared() == 1


def test_nothing_is_prepared_in_a_transaction(session: None) -> None:
    with transaction.atomic():
        assert one_row(NEXT, (1, "a")) == (2, "a")
        assert prepared() == 0


def test_a_session_that_was_swapped_behind_us_gets_the_statement_itself(session: None) -> None:
    """As a pooler does that gives each transaction another session."""
    one_row(NEXT, (1, "a"))
    run("DEALLOCATE ALL")

    assert [one_row(NEXT, (n, "a")) for n in (1, 2)] == [(2, "a"), (3, "a")]
    assert prepared() == 0


def test_what_another_process_prepared_in_a_session_is_used(session: None) -> None:
    one_row(NEXT, (1, "a"))
    round_trip._mine.statements.clear()

    assert one_row(NEXT, (1, "a")) == (2, "a")
    assert prepared() == 1


def test_a_migration_in_between_is_survived(session: None) -> None:
    run("CREATE TABLE igny8_scratch AS SELECT 1 AS a")
    try:
        assert one_row("SELECT * FROM igny8_scratch", ()) == (1,)
        run("ALTER TABLE igny8_scratch ADD b int DEFAULT 2")

        for _ in range(2):
            assert one_row("SELECT * FROM igny8_scratch", ()) == (1, 2)
        assert prepared() == 1
    finally:
        run("DROP TABLE igny8_scratch")


def test_a_connection_that_was_closed_is_opened(session: None) -> None:
    assert one_row(NEXT, (1, "a")) == (2, "a")


def cut_off() -> None:
    """End our session from another one, as a restart of PostgreSQL does."""
    other = connection.copy()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ours = cursor.fetchone()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", ours)
        assert cursor.fetchone() == (True,)
    other.close()


def test_a_read_does_not_notice_that_the_connection_was_cut(session: None) -> None:
    for _ in range(2):
        assert one_row(NEXT, (1, "a"), is_repeatable=True) == (2, "a")
        cut_off()


def test_a_read_of_a_new_request_asks_nothing_before(session: None) -> None:
    one_row(NEXT, (1, "a"))
    connection.close_if_unusable_or_obsolete()  # what Django does when a request begins
    connection.health_check_enabled = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "is_usable", lambda: pytest.fail("asked"))
        one_row(NEXT, (1, "a"), is_repeatable=True)
        one_row(NEXT, (1, "a"))


def test_what_may_have_been_done_is_not_done_again(session: None) -> None:
    one_row(NEXT, (1, "a"))
    cut_off()

    with pytest.raises(OperationalError):
        one_row(NEXT, (1, "a"))


def test_half_a_transaction_is_not_begun_again(session: None) -> None:
    def lose_the_first_half() -> None:
        cut_off()
        one_row(NEXT, (1, "a"), is_repeatable=True)

    with pytest.raises(OperationalError):
        in_one_transaction(lose_the_first_half)


def test_a_read_that_was_cancelled_stays_so(session: None) -> None:
    with pytest.raises(OperationalError, match="user request"):
        one_row(
            "SELECT pg_cancel_backend(pg_backend_pid()) FROM generate_series(1, 1000)",
            (),
            is_repeatable=True,
        )
