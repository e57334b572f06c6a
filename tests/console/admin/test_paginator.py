"""Counting and paging stop somewhere, and say so."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import LedgerProof
from console import paginator
from console.paginator import BoundedPaginator
from tests.factories import NOW


@pytest.fixture
def proofs(db: None) -> None:
    LedgerProof.objects.bulk_create(
        LedgerProof(at=NOW, accounts=number, transactions=0, duration_ms=1) for number in range(30)
    )


def pages(queryset: object = None, *, size: int = 5) -> BoundedPaginator:
    return BoundedPaginator(queryset if queryset is not None else rows(), size)


def rows(**conditions: object) -> object:
    return LedgerProof.objects.filter(**conditions).order_by("-id")


def test_few_rows_are_counted_exactly(proofs: None) -> None:
    assert pages().count == 30
    assert pages().count_in_words == "30"
    assert not pages().is_cut


def test_counting_stops(proofs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "MOST_COUNTED", 20)

    counted = pages(rows(accounts__gte=0))

    assert counted.count == 21
    assert counted.count_in_words == "more than 20"


def test_a_large_table_is_estimated(proofs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "MOST_COUNTED", 20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE igny8_ledger_proofs")

    assert pages(LedgerProof.objects.order_by("-id")).count == 30
    assert pages(LedgerProof.objects.order_by("-id")).count_in_words == "about 30"


def test_pages_far_back_are_not_opened(proofs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "MOST_PAGES", 3)

    assert pages().num_pages == 3
    assert pages().is_cut
    assert list(pages().get_page(9)) == list(pages().page(3))


def test_a_later_page_finds_its_rows_before_it_joins_them(proofs: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        found = list(pages(rows(accounts__gte=3)).page(3))

    assert [proof.accounts for proof in found] == [19, 18, 17, 16, 15]
    assert len(asked) == 2  # the count, and the rows
    reading = asked[1]
    assert reading["sql"].count("LIMIT 5") == 1
    assert not reading["sql"].rstrip().endswith("OFFSET 10")
    both = rows(accounts__gte=28).union(rows(accounts__lt=10), all=True)
    assert [proof.accounts for proof in pages(both.order_by("-accounts")).page(2)] == [
        *(6, 5, 4, 3, 2),
    ]
