"""Each number is the count or the sum of exactly the rows that its link leads to."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import QuerySet, Sum
from django.test import RequestFactory
from django.urls import resolve

from console.reports.catalog import LISTED
from console.reports.tables import Table
from tenancy.models import User
from tests.console.reports.conftest import Money, build

type Number = int | Decimal


def total(field: str) -> Callable[[QuerySet], Number]:
    return lambda rows: rows.aggregate(total=Sum(field))["total"] or 0


def count(rows: QuerySet) -> int:
    return rows.count()


def hand(rows: QuerySet) -> Number:
    """What came by hand, from the rows alone and not by the report's way of working it out."""
    payments = [getattr(row, "payment", row) for row in rows.select_related()]
    return sum(
        payment.received_total
        - sum(each.amount for each in payment.allocations.filter(reverses=None))
        for payment in payments
    )


def taken_back(measure: Callable[[QuerySet], Number]) -> Callable[[QuerySet], Number]:
    return lambda rows: -measure(rows)


def measure(report: str, table: Table, column: str, row: dict[str, str]) -> Callable:
    if report == "cash" and table.code == "received":
        if row["From"] == "Confirmed by hand":
            return taken_back(hand) if column == "Taken back" else hand
        return total("amount")
    if report == "cash":
        if column == "Taken back":
            return taken_back(total("payment__written_off"))
        return total("written_off")
    if report == "invoices":
        return {
            "Invoices": count,
            "Amount": total("amount"),
            "Received in part": total("payment__received_total"),
            "Owed": lambda rows: total("amount")(rows) - total("payment__received_total")(rows),
        }[column]
    if report == "money-in":
        return {"Lines": count, "Came in": total("amount"), "Open": total("remaining")}.get(
            column, total("amount")
        )
    if report == "sign-ups":
        return count
    if report == "credits" and table.code == "used":
        return taken_back(total("amount"))
    return total("amount")


def rows_behind(url: str) -> QuerySet:
    address = urlsplit(url)
    model_admin = resolve(address.path).func.model_admin
    request = RequestFactory().get(url)
    request.user = User(email="root@igny8.example", is_staff=True, is_superuser=True)
    shown = model_admin.get_changelist_instance(request)
    # Every filter of the address is one that the list knows and shows as chosen.
    known = {name for spec in shown.filter_specs for name in spec.expected_parameters()}
    assert set(parse_qs(address.query)) <= known, url
    return shown.queryset


def numbers(report: str) -> Iterator[tuple[str, Table, str, dict, Number, str]]:
    for table in build(report).tables:
        for row in table.body:
            labels = {
                column.title: cell.value for column, cell in zip(table.columns, row, strict=True)
            }
            for column, cell in zip(table.columns, row, strict=True):
                if cell.link and cell.is_number:
                    yield report, table, column.title, labels, cell.value, cell.link


LISTS = [report.name for report in LISTED if report.name != "mrr"]


@pytest.mark.parametrize("report", LISTS)
def test_a_number_is_its_rows(report: str, money: Money) -> None:
    followed = list(numbers(report))

    assert followed
    for name, table, column, row, number, url in followed:
        assert measure(name, table, column, row)(rows_behind(url)) == number, (column, row, url)


def test_every_kind_of_number_is_followed(money: Money) -> None:
    """No column is without a link in all of its rows, but what is worked out from its neighbors."""
    followed = {(report, column) for report in LISTS for _, _, column, *_ in numbers(report)}
    shown = {
        (report, column.title)
        for report in LISTS
        for table in build(report).tables
        for column in table.columns
        if column.is_number
    }
    assert shown - followed == {
        ("cash", "Cash"),
        ("cash", "Lost"),
        ("unapplied", "8 to 30 days"),  # nothing waits so long in this world
        ("unapplied", "0 to 2 days"),
        ("credits", "Purchase"),
        ("credits", "Subscription credits"),  # the services write their rows now, and not in 2025
        ("credits", "Reversal"),
        ("credits", "Opening balance"),
        ("credits", "Adjustment"),
    }


def test_the_customers_behind_each_number_of_mrr(money: Money) -> None:
    tables = build("mrr").tables
    followed = set()
    for table in tables:
        for row in table.body:
            for column, cell in zip(table.columns, row, strict=True):
                if cell.link:
                    (customers,) = build("mrr-customers", urlsplit(cell.link).query).tables
                    counted = [line[-1].value for line in customers.body]
                    found = len(counted) if column.title == "Customers" else sum(counted)
                    assert found == cell.value, cell.link
                    followed.add(column.title)
    assert followed >= {"Start", "New", "Expansion", "Plan change", "Churn", "End", "Customers"}


def test_a_filter_that_means_nothing_finds_nothing(money: Money) -> None:
    assert rows_behind("/admin/billing/allocation/?counted=2025-13").count() == 0
    assert rows_behind("/admin/billing/allocation/?counted=2025-11").count() > 0


def test_both_sides_of_a_yes_or_no_are_all(money: Money) -> None:
    for model, name in (
        ("payment", "by_hand"),
        ("payment", "written_off"),
        ("activation", "by_hand"),
        ("activation", "written_off"),
        ("activation", "undoes"),
        ("allocation", "undoes"),
        ("allocation", "standing"),
        ("statementline", "incoming"),
        ("statementline", "open"),
    ):
        yes, no, all_rows = (
            rows_behind(f"/admin/billing/{model}/{query}").count()
            for query in (f"?{name}=yes", f"?{name}=no", "")
        )
        assert yes + no == all_rows, (model, name)
        assert 0 < yes < all_rows, (model, name)
