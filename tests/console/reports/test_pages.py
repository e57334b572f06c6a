"""Who sees the reports, what they say, and what leaves as CSV."""

import csv
import io
import json

import pytest
from django.db import connection
from django.http import Http404, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from console.groups import GROUPS
from console.reports.catalog import LISTED, REPORTS
from tenancy.models import AuditEvent
from tests.console.reports.conftest import QUARTER, Money, build, client_of, open_report
from tests.digest import nothing_changes

pytestmark = pytest.mark.usefixtures("context_kept")

CUSTOMERS = "month=2025-11&plan={plan}&show=end"


def query_of(report: str, money: Money) -> str:
    return CUSTOMERS.format(plan=money.other.plan_id) if report == "mrr-customers" else QUARTER


def export(client: Client, report: str, query: str = QUARTER) -> HttpResponse:
    return client.post(f"/admin/reports/{report}/export/?{query}")


def rows(response: HttpResponse) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("group", [group.name for group in GROUPS])
def test_every_group_sees_them_and_finance_alone_takes_them_out(group: str, money: Money) -> None:
    client = client_of(group)
    may_export = group == "Finance"

    assert client.get("/admin/reports/").status_code == 200
    page = open_report(client, "cash").content.decode()
    assert ("Export CSV" in page) is may_export
    assert export(client, "cash").status_code == (200 if may_export else 403)
    event = AuditEvent.objects.get(verb="report_exported")
    assert event.result == ("done" if may_export else "refused")


@pytest.mark.django_db
def test_without_a_group_there_is_nothing() -> None:
    client = client_of(None)
    with nothing_changes():
        for path in ("", "cash/", "credits/", "mrr-customers/"):
            assert client.get(f"/admin/reports/{path}").status_code == 403
        assert export(client, "cash").status_code == 403
        assert Client().get("/admin/reports/cash/").status_code == 302


def test_get_takes_nothing_out_and_a_post_shows_nothing(money: Money, finance: Client) -> None:
    with nothing_changes():
        assert finance.get("/admin/reports/cash/export/").status_code == 405
        assert finance.post("/admin/reports/cash/").status_code == 405
        assert finance.post("/admin/reports/").status_code == 405
        assert finance.get("/admin/reports/nothing/").status_code == 404
        assert export(finance, "nothing").status_code == 404


def test_the_csv_is_the_table(money: Money, finance: Client) -> None:
    for report in REPORTS:
        query = query_of(report, money)
        for table in build(report, query).tables:
            headings, *taken = rows(export(finance, report, f"{query}&table={table.code}"))
            assert headings == table.headings
            assert [[cell.removeprefix("'") for cell in row] for row in taken] == [
                [str(cell.value) for cell in row] for row in table.rows
            ]
            assert taken


def test_the_page_is_the_table(money: Money, finance: Client) -> None:
    for report in ("cash", "mrr-customers"):
        page = open_report(finance, report, query_of(report, money)).content.decode()
        for table in build(report, query_of(report, money)).tables:
            shown = [cell for row in table.rows for cell in row]
            assert [cell.text for cell in shown if cell.text not in page] == []
            assert [cell.link for cell in shown if escape(cell.link) not in page] == []


def test_a_table_too_long_for_the_screen_is_cut_there_alone(
    money: Money, finance: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = build("cash").tables[0]
    assert "The first 1 of" not in open_report(finance, "cash").content.decode()

    monkeypatch.setattr("console.reports.tables.MOST_SHOWN", 1)

    page = open_report(finance, "cash").content.decode()
    assert f"The first 1 of {len(table.body)} rows; the total is of all, and so is the CSV" in page
    taken = rows(export(finance, "cash", f"{QUARTER}&table={table.code}"))
    assert len(taken) == 1 + len(table.rows)


def test_a_name_that_a_spreadsheet_would_run_is_guarded(money: Money, finance: Client) -> None:
    taken = rows(export(finance, "unapplied"))

    assert "'=Home" in [row[0] for row in taken]
    assert taken[1][:3] == ["Other", "USD", "0.00"]


def test_who_took_what_is_kept(money: Money, finance: Client) -> None:
    export(finance, "cash", f"{QUARTER}&table=written-off")

    event = AuditEvent.objects.get(verb="report_exported")
    assert (event.target_type, event.target_label) == ("report", "Cash received")
    assert event.after == {
        "table": "written-off",
        "rows": 1,
        "columns": ["Month", "Currency", "Written off", "Taken back", "Lost"],
        "filters": f"{QUARTER}&table=written-off",
        "months": "2025-10 to 2025-12",
    }


def test_a_chart_has_the_tables_numbers(money: Money) -> None:
    for report in LISTED:
        chart = build(report.name).chart
        data = json.loads(chart.data)
        assert all(len(each["data"]) == len(data["labels"]) for each in data["datasets"])
        assert any(any(each["data"]) for each in data["datasets"]), report.name
        assert set(json.loads(chart.options)["scales"]) == {"x", "y"}

    cash = build("cash")
    bars = sum(sum(each["data"]) for each in json.loads(cash.chart.data)["datasets"])
    assert round(bars, 2) == float(cash.tables[0].total[-1].value)


def test_a_period_that_is_none_is_said_and_not_exported(money: Money, finance: Client) -> None:
    page = open_report(finance, "cash", "from=<b>x</b>")

    assert "“&lt;b&gt;x&lt;/b&gt;” is no month." in page.content.decode()
    assert str(page.context["period"].months) == "2025-01 to 2025-12"
    assert "Export CSV" not in page.content.decode()
    with nothing_changes():
        assert export(finance, "cash", "from=2025-12&to=2025-11").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "",
        "month=2025-11&plan=1",
        "month=2025-13&plan=1&show=end",
        "month=2025-11&plan=0&show=end",
        "month=2025-11&plan=99999999999999999999999&show=end",
        "month=2025-11&plan=²&show=end",
        "month=2025-11&plan=1&show=everything",
    ],
)
def test_no_such_number(query: str, money: Money) -> None:
    with pytest.raises(Http404):
        build("mrr-customers", query)


QUERIES = {
    "cash": 3,
    "money-in": 2,
    "unapplied": 1,
    "invoices": 1,
    "mrr": 3,
    "mrr-customers": 3,
    "sign-ups": 1,
    "credits": 2,
}


def test_queries_do_not_grow_with_the_months(
    money: Money, finance: Client, django_assert_num_queries
) -> None:
    for name, count in QUERIES.items():
        for query in (query_of(name, money), "from=2023-01&to=2025-12"):
            if name != "mrr-customers" or query != "from=2023-01&to=2025-12":
                with django_assert_num_queries(count):
                    build(name, query)
    finance.get("/admin/reports/")
    # What every page asks: the session, the person, the person's permissions, the menu's numbers.
    with CaptureQueriesContext(connection) as of_every_page:
        finance.get("/admin/reports/")
    with django_assert_num_queries(len(of_every_page) + QUERIES["cash"]):
        open_report(finance, "cash")
