"""The short way to the database keeps what Django's cursor promises."""

import pytest
from django.db import DataError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from tenancy.round_trip import one_row


def test_a_statement_gives_its_row(db: None) -> None:
    assert one_row("SELECT %s::int + 1, %s", (1, "a")) == (2, "a")


def test_an_error_is_one_of_djangos(db: None) -> None:
    with pytest.raises(DataError), transaction.atomic():
        one_row("SELECT 1 / %s", (0,))

    assert one_row("SELECT %s", (1,)) == (1,)


def test_a_broken_transaction_is_refused(db: None) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            one_row("SELECT %s", (1,))


def test_whoever_listens_hears_it(db: None) -> None:
    with CaptureQueriesContext(connection) as heard:
        one_row("SELECT %s", (7,))

    assert [query["sql"] for query in heard] == ["SELECT 7"]


def test_a_connection_that_was_closed_is_opened(committed: None) -> None:
    connection.close()

    assert one_row("SELECT %s", (1,)) == (1,)
