"""A large import through the browser's door: queued, watched, cancelled, called again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from console.imports import files, kept
from console.imports.sheet import Problem
from console.models import ImportFile, ImportKind, ImportRun, RunState
from tenancy.models import AuditEvent, Plan
from tests.console.imports.builders import PLAN_ROW, plan_row, plans_csv, previewed, queued
from tests.console.imports.test_pages import body, confirmation, url
from tests.factories import make_plan, make_staff
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

POLL = {"HX-Request": "true"}


@pytest.fixture
def fiona():
    return make_staff("Finance", email="fiona@igny8.example")


@pytest.fixture
def finance(fiona) -> Client:
    return signed_in(fiona)


@pytest.fixture
def run(fiona) -> ImportRun:
    run = queued(PLAN_ROW, plan_row(slug="other"), by=fiona, kind=ImportKind.PLANS)[1]
    return change(run, queued_at=timezone.now())


def change(run: ImportRun, **facts: object) -> ImportRun:
    ImportRun.objects.filter(pk=run.pk).update(**facts)
    run.refresh_from_db()
    return run


def begun(run: ImportRun, **facts: object) -> ImportRun:
    now = timezone.now()
    at_work = {"state": RunState.RUNNING, "attempts": 1, "started_at": now, "heartbeat_at": now}
    return change(run, **at_work | facts)


def page(client: Client, run: ImportRun) -> str:
    return client.get(url("import_file", run.import_file_id)).content.decode()


def poll(client: Client, run: ImportRun, query: str = ""):
    return client.get(url("import_progress", run.import_file_id) + query, headers=POLL)


def test_a_large_file_is_queued_once_and_the_page_shows_how_far(finance, fiona, monkeypatch):
    monkeypatch.setattr(files, "BACKGROUND_ABOVE", 1)
    file, _ = previewed(plans_csv(PLAN_ROW, plan_row(slug="other")), by=fiona)
    sent = confirmation(file)

    shown = finance.post(url("import_confirm", file.pk), sent, follow=True).content.decode()
    again = finance.post(url("import_confirm", file.pk), sent, follow=True).content.decode()
    other = finance.post(url("import_confirm", file.pk), confirmation(file, token=uuid4()))

    assert "A worker was called to import new.csv." in shown
    assert 'role="progressbar"' in shown
    assert 'aria-valuetext="0 of 2 rows, 0 percent"' in shown
    assert "Confirmed by fiona@igny8.example" in shown
    assert "2. Confirm" not in shown
    assert "Already done, nothing was changed again." in again
    assert "is being imported already: fiona@igny8.example" in other.content.decode()
    assert DBTaskResult.objects.count() == 1
    assert not Plan.objects.exists()


def test_the_bar_is_fetched_until_the_page_as_a_whole_is_out_of_date(finance, run):
    begun(run, rows_done=1)
    part = poll(finance, run)
    assert 'aria-valuenow="50"' in part.content.decode()
    assert "<html" not in part.content.decode()

    change(run, heartbeat_at=timezone.now() - timedelta(seconds=61))
    assert poll(finance, run).headers["HX-Refresh"] == "true"
    assert "Its worker is gone" in poll(finance, run, "?silent=1").content.decode()

    begun(run)
    assert poll(finance, run, "?silent=1").headers["HX-Refresh"] == "true"
    change(run, state=RunState.DONE, finished_at=timezone.now())
    assert poll(finance, run).headers["HX-Refresh"] == "true"
    whole = finance.get(url("import_progress", run.import_file_id))
    assert whole.headers["Location"] == url("import_file", run.import_file_id)


def test_signed_out_the_page_is_loaded_anew_and_leads_to_the_sign_in(run):
    assert poll(Client(), run).headers["HX-Refresh"] == "true"
    assert Client().get(url("import_progress", run.import_file_id)).status_code == 302


def test_anybody_who_imports_may_cancel_and_is_named(run):
    colleague = make_staff("Finance", email="cora@igny8.example")
    begun(run, rows_done=1)
    shown = signed_in(colleague).post(url("import_cancel", run.import_file_id), follow=True)

    text = shown.content.decode()
    assert "Cancelled by cora@igny8.example" in text
    assert "after 1 of 2 rows. Nothing was imported" in text
    assert "2. Confirm" in text
    assert AuditEvent.objects.get(verb="plans_import_cancelled").actor == colleague
    again = signed_in(colleague).post(url("import_cancel", run.import_file_id), follow=True)
    assert "was cancelled already by cora@igny8.example" in again.content.decode()


def test_a_worker_is_called_again_where_none_is_at_work(finance, run):
    begun(run)
    assert "Begin again" not in page(finance, run)
    refused = finance.post(url("import_again", run.import_file_id), follow=True)
    assert "Somebody is at work on this import" in refused.content.decode()

    change(run, heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert "Begin again" in page(finance, run)
    called = finance.post(url("import_again", run.import_file_id), follow=True)

    assert "A worker was called." in called.content.decode()
    assert DBTaskResult.objects.count() == 2


def test_a_failed_import_shows_why_and_its_errors_as_a_table_and_as_csv(finance, run):
    change(run, state=RunState.FAILED, failure="It differs.", finished_at=timezone.now())
    problem = Problem.at(3, "slug", "other", "it was new in the preview and is changed now.")
    kept.keep_problems(run.import_file, [problem], run=run)

    text = page(finance, run)

    assert "The import failed and changed nothing.</strong> It differs." in text
    assert "What differs from the preview" in text
    assert "2. Confirm" not in text
    assert "it was new in the preview and is changed now." in text
    errors = body(finance.get(url("import_errors", run.import_file_id))).splitlines()
    assert errors[1] == "3,slug,other,it was new in the preview and is changed now."


def test_the_result_says_who_what_when_and_leads_to_the_rows(finance, fiona, run):
    now = timezone.now()
    begun(run, state=RunState.DONE, rows_done=2, finished_at=now)
    ImportFile.objects.filter(pk=run.import_file_id).update(
        imported_at=now, imported_by=fiona, reason="New prices"
    )
    plan = make_plan(slug="solo")

    text = page(finance, run)

    assert f"Imported by {fiona} at {now:%Y-%m-%d %H:%M} UTC, in 1 minute: New prices" in text
    assert reverse("admin:tenancy_plan_change", args=(plan.pk,)) in text


def test_the_list_of_imports_says_each_state_in_few_queries(
    finance, fiona, run, django_assert_max_num_queries
):
    begun(run, rows_done=1)
    for row in ("x", plan_row(slug="a"), plan_row(slug="b", price="?")):
        previewed(plans_csv(row), by=fiona)

    with django_assert_max_num_queries(12):
        text = finance.get(reverse("admin:tenancy_plan_import")).content.decode()

    for code, word in (("running", "Running"), ("ready", "To confirm"), ("errors", "Errors")):
        assert f'console-status-{code}">{word}<' in text
    assert "1 of 2" in text
