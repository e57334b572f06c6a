"""The demo where the survey says nothing: work in every queue, logins, traces, ids."""

from datetime import timedelta
from itertools import groupby

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client, RequestFactory

from billing.models import OPEN_LINE, Activation, Invoice, MoneyProof, Payment, StatementLine
from billing.reports import cash, mrr
from billing.reports.months import Month, Months
from billing.services import matching
from billing.services.match_words import Level
from console.demo.staff import LOGINS
from console.queues import standings
from tenancy.models import Account, AuditEvent, Plan, Site, User
from tests.console.conftest import LOADED_AT

pytestmark = pytest.mark.usefixtures("demo")


def test_every_queue_has_work() -> None:
    transfers = {
        payment.account.slug: (payment.account.status, (LOADED_AT - payment.opened_at).days)
        for payment in Payment.objects.filter(status="awaiting")
    }
    trials = {
        account.slug: account.trial_ends_at - LOADED_AT
        for account in Account.objects.filter(status="trial").exclude(trial_ends_at=None)
    }

    assert transfers == {
        "home-g8": ("active", 12),
        "garden-path-studio": ("pending_payment", 6),
        "scale-account": ("active", 3),
        "salman-raza-sadiq": ("pending_payment", 0),
    }
    assert trials == {"tacbit": timedelta(days=2), "brightwater-clinic": timedelta(days=-1)}
    overdue = Invoice.objects.filter(status="open", due_on__lt=LOADED_AT.date())
    assert [invoice.account.slug for invoice in overdue] == ["home-g8"]
    assert Account.objects.get(credit_balance__credits=0).slug == "auto-remote"
    # Nothing is suspended before the daily job has run, and nothing disagrees.
    assert {code for code, standing in standings(now=LOADED_AT).items() if not standing.count} == {
        "credits-frozen",
        "suspended-lately",
    }
    assert AuditEvent.objects.get(result="refused").verb == "confirm"


def test_each_kind_of_statement_line_waits() -> None:
    lines = list(StatementLine.objects.filter(state__in=OPEN_LINE).order_by("value_date"))
    ways = matching.suggest(lines)

    assert [
        [(way.level, way.payment.account.slug, way.is_ticked) for way in ways[line.pk]]
        for line in lines
    ] == [
        [(Level.AMOUNT, "garden-path-studio", False)],
        [],
        [
            (Level.ONE_EDIT, "scale-account", False),
        ],
        [(Level.EXACT, "salman-raza-sadiq", True)],
    ]
    assert lines[1].payer_name == "R. Halloran"


def test_the_money_proves_right() -> None:
    proof = MoneyProof.objects.get()

    assert (proof.payments, proof.by_hand, proof.lines, proof.differences) == (14, 8, 8, [])


def test_paid_months_are_mrr_and_cash() -> None:
    months = Months.up_to(Month.of(LOADED_AT), 7)
    ends = {
        str(month): sum(row.end for row in rows)
        for month, rows in groupby(
            mrr.movement(months=months, now=LOADED_AT), key=lambda row: row.month
        )
    }

    assert ends == {
        "2025-06": 139,
        "2025-07": 139,
        "2025-08": 228,
        "2025-09": 318,
        "2025-10": 318,
        "2025-11": 318,
        "2025-12": 318,
    }
    assert sum(row.net for row in cash.received(months=months)) == 3 * 139 + 3 * 229 + 4 * 89 + 45


def test_the_transfer_after_an_expired_trial_has_its_story() -> None:
    account = Account.objects.get(slug="garden-path-studio")

    assert list(account.history.order_by("history_id").values_list("status", flat=True)) == [
        "trial",
        "trial",
        "suspended",
        "pending_payment",
    ]


def test_invoices_are_numbered_without_a_gap() -> None:
    numbers = Invoice.objects.order_by("id").values_list("number", flat=True)

    assert list(numbers) == [f"2025-{number:05}" for number in range(1, 15)]
    days = list(Invoice.objects.order_by("id").values_list("issued_on", flat=True))
    assert days == sorted(days)


@pytest.mark.parametrize(("email", "group"), LOGINS.items())
def test_each_staff_group_has_a_login(email: str, group: str) -> None:
    user = User.objects.get(email=email)

    assert user.check_password("demo")
    assert [each.name for each in user.groups.all()] == [group]
    assert (user.is_staff, user.is_superuser, user.account, user.role) == (True, False, None, "")


def test_the_superuser_cannot_sign_in_with_the_demo_password(rf: RequestFactory) -> None:
    request = rf.post("/admin/login/")

    assert authenticate(request, username="dev@igny8.com", password="demo") is None
    assert authenticate(request, username="auditor@igny8.test", password="demo") is not None


def test_everything_says_that_it_is_the_demo() -> None:
    assert set(Plan.history.values_list("history_change_reason", flat=True)) == {"Demo data"}
    created = AuditEvent.objects.filter(verb__in=("account_created", "plan_created", "staff_added"))
    assert set(created.values_list("reason", flat=True)) == {"Demo data"}
    assert created.count() == 8 + 6 + 5


@pytest.mark.parametrize("model", [Plan, Account, User, Site])
def test_the_next_row_gets_the_next_id(model: type) -> None:
    highest = model.objects.order_by("-pk").first().pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [model._meta.db_table])
        assert cursor.fetchone() == (highest + 1,)


def test_months_paid_without_a_subscription_are_on_the_account_page(client: Client) -> None:
    client.force_login(User.objects.get(email="support@igny8.test"))
    paid = Account.objects.get(slug="scale-account").pk
    until = Activation.objects.filter(account=paid).latest("period_end").period_end

    page = client.get(f"/admin/tenancy/account/{paid}/change/").content.decode()

    assert f"{until:%Y-%m-%d}" in page
    assert "(no subscription)" in page
