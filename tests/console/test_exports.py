"""The list as CSV: what the screen shows, for those who may, kept in the audit trail."""

import csv
import gc
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import CreditTransaction, TransactionType
from console.csv_writing import lines
from console.exports import CHUNK
from tenancy.models import Account, AccountStatus, AuditEvent
from tests.digest import nothing_changes
from tests.factories import (
    make_account,
    make_ledger_row,
    make_plan,
    make_site,
    make_staff,
    make_user,
    open_transfer,
    put,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

FINANCE = (
    "tenancy_account",
    "tenancy_plan",
    "tenancy_user",
    "tenancy_site",
    "billing_credittransaction",
    "billing_payment",
    "billing_invoice",
)
AUDIT = "tenancy_auditevent"


def client_of(group: str | None) -> Client:
    return signed_in(make_staff(group))


def url(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_export") + query


def rows(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def export(model: str, query: str = "", client: Client | None = None) -> list[dict[str, str]]:
    return rows((client or client_of("Finance")).post(url(model, query)))


@pytest.fixture
def world() -> Account:
    """One of everything that is exported."""
    account = make_account(
        name="Home G8", slug="home-g8", status=AccountStatus.ACTIVE, credits=12_345
    )
    put(account, owner=make_user(account, email="alice@homeg8.example"))
    make_site(account, name="Blog")
    open_transfer(account)
    return account


@pytest.mark.parametrize("model", FINANCE)
def test_finance_exports(world, model):
    assert export(model)


@pytest.mark.parametrize("group", ["Support", "Approver", "Auditor", "Administrator", None])
@pytest.mark.parametrize("model", FINANCE)
def test_nobody_else_does_and_has_no_button(world, model, group):
    client = client_of(group)

    assert client.post(url(model)).status_code == 403
    refused = AuditEvent.objects.get(verb="list_exported")
    assert refused.result == AuditEvent.Result.REFUSED
    if group:
        page = client.get(reverse(f"admin:{model}_changelist"))
        assert "Export CSV" not in page.content.decode()


@pytest.mark.parametrize(("group", "status"), [("Auditor", 200), ("Finance", 403)])
def test_the_audit_trail_is_the_auditors(group, status):
    assert client_of(group).post(url(AUDIT)).status_code == status


@pytest.mark.parametrize("model", [*FINANCE, AUDIT])
def test_get_exports_nothing(world, model):
    client = client_of("Finance")

    with nothing_changes():
        assert client.get(url(model)).status_code == 405


def test_without_its_csrf_token_nothing_leaves(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("Finance"), backend="django.contrib.auth.backends.ModelBackend")

    with nothing_changes():
        assert client.post(url("tenancy_account")).status_code == 403


def test_it_says_who_took_what_before_the_first_row_leaves(world):
    fiona = make_staff("Finance")
    client = Client()
    client.force_login(fiona, backend="django.contrib.auth.backends.ModelBackend")

    client.post(url("tenancy_account", "?status__exact=active"))

    event = AuditEvent.objects.get(verb="list_exported")
    assert (event.actor, event.target_type) == (fiona, "account")
    assert event.target_label == "1 account"
    assert event.after["rows"] == 1
    assert event.after["filters"] == "status__exact=active"
    assert "Credits" in event.after["columns"]


def test_columns_are_those_of_the_screen_with_plain_values(world):
    (row,) = export("tenancy_account")

    assert row["Name"] == "Home G8"
    assert row["Slug"] == "home-g8"
    assert row["Status"] == "Active"
    assert row["Plan"] == world.plan.name
    assert row["Owner"] == "alice@homeg8.example"
    assert row["Credits"] == "12345"


def test_money_has_two_decimals_and_dates_are_iso(world):
    (row,) = export("billing_payment")

    assert row["Expected"] == "89.00"
    assert row["Opened at"].startswith("2025-11-11 09:30")


def test_numbers_stay_numbers_also_below_zero(world):
    make_ledger_row(world, amount=-2, type=TransactionType.DEDUCTION)

    newest = export("billing_credittransaction")[0]

    assert newest["Credits"] == "-2"
    assert newest["Row"] == "2"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1"])
def test_text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe(world, text):
    put(world, name=text)

    (row,) = export("tenancy_account")

    assert row["Name"] == f"'{text}"


def test_excel_reads_it_as_utf_8():
    first = "".join(lines(["Name"], [["Größe"]]))

    assert first == "\ufeffName\r\nGröße\r\n"


def test_filters_search_and_order_are_those_of_the_screen():
    plan = make_plan()
    for number in range(3):
        make_account(name=f"Shop {number}", plan=plan)
    make_account(name="Shop suspended", status=AccountStatus.SUSPENDED)
    make_account(name="Other")

    found = export("tenancy_account", "?status__exact=trial&q=shop")

    assert [row["Name"] for row in found] == ["Shop 2", "Shop 1", "Shop 0"]


def test_all_rows_leave_not_only_the_page():
    plan = make_plan()
    for _ in range(55):
        make_account(plan=plan)

    assert len(export("tenancy_account", "?p=2")) == 55


def test_the_buttons_address_has_the_screens_filters(world):
    client = client_of("Finance")

    page = client.get(reverse("admin:tenancy_account_changelist") + "?status__exact=active&p=1")

    assert f"{url('tenancy_account')}?status__exact=active" in page.content.decode()


@pytest.mark.parametrize("query", ["?is_system__exact=maybe", "?nonsense=1"])
def test_a_filter_that_is_none_is_refused(world, query):
    response = client_of("Finance").post(url("tenancy_account", query))

    assert response.status_code == 400
    assert not AuditEvent.objects.filter(verb="list_exported").exists()


@pytest.mark.parametrize("model", FINANCE)
def test_more_rows_cost_no_more_queries(world, model):
    client = client_of("Finance")

    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            export(model, client=client)
        return len(context)

    few = queries()
    for _ in range(5):
        account = make_account(credits=5)
        put(account, owner=make_user(account))
        make_site(account)
        open_transfer(account)

    assert queries() == few


def test_eight_thousand_rows_take_no_more_memory_than_a_few(world):
    # Of many accounts: one balance moved 8,000 times in one transaction takes long.
    accounts = [make_account(plan=world.plan) for _ in range(200)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO igny8_credit_transactions (account_id, type, amount, operation, "
            "description, reason, metadata) SELECT account, 'opening', 1, '', '', '', '{}' "
            "FROM generate_series(1, 40), unnest(%s) AS account",
            [[account.pk for account in accounts]],
        )
    response = client_of("Finance").post(url("billing_credittransaction"))

    count = most = 0
    for number, piece in enumerate(response.streaming_content):
        count += piece.count(b"\r\n")
        if number % 16 == 0:
            # Not by tracemalloc, which takes half a minute here (and said 2.4 MB at most).
            alive = sum(isinstance(thing, CreditTransaction) for thing in gc.get_objects())
            most = max(most, alive)

    assert count == 8_002  # with the headings, and the world's own row
    assert most <= 2 * CHUNK
