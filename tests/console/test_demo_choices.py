"""The demo where the survey says nothing: work in every queue, logins, traces, ids."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import RequestFactory

from billing.models import (
    Invoice,
    Payment,
)
from console.demo.staff import LOGINS
from tenancy.models import Account, AuditEvent, Plan, Site, User
from tests.console.conftest import LOADED_AT

pytestmark = pytest.mark.usefixtures("demo")


def test_every_queue_has_work() -> None:
    transfers = {
        payment.account.slug: (payment.account.status, (LOADED_AT - payment.opened_at).days)
        for payment in Payment.objects.all()
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

    assert list(numbers) == ["2025-00001", "2025-00002", "2025-00003", "2025-00004"]


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
