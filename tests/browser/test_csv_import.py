"""Plans from a spreadsheet, as Finance does it: a file with mistakes, then the good one."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from console.imports import files
from console.imports.tasks import carry_out_import
from console.models import ImportRun, RunState
from tenancy.models import AuditEvent, Plan
from tests.browser.clicks import took
from tests.console.imports.builders import plans_csv
from tests.factories import make_plan

IMPORT = "/admin/tenancy/plan/import/"
WRONG = plans_csv("starter,Starter,89;00,1000,1,2,,0,yes,10")
GOOD = plans_csv("starter,Starter,95.00,1000,1,2,,0,yes,0", "solo,Solo,19.00,300,1,1,,14,no,5")


@pytest.fixture
def finance(desk, committed_world):
    make_plan(slug="starter", name="Starter")
    return desk.sign_in(committed_world.fiona)


def upload(page, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("[name=file]").click()
    chooser.value.set_files({"name": "plans.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Upload and preview").click()


def test_from_the_dashboard_through_the_errors_to_the_import(finance):
    page = finance.begin()
    finance.find("import plans")
    upload(page, WRONG)
    error = page.get_by_role("row").filter(has_text="no price")
    expect(error.get_by_role("cell").nth(0)).to_have_text("2")
    expect(error.get_by_role("cell").nth(1)).to_have_text("price")
    expect(error.get_by_role("cell").nth(2)).to_have_text("89;00")
    expect(page.get_by_role("button", name="Import", exact=False)).to_have_count(0)

    upload(page, GOOD)
    change = page.get_by_role("row").filter(has_text="Starter")
    expect(change).to_contain_text("89.00")
    expect(change).to_contain_text("95.00")
    assert not Plan.objects.filter(slug="solo").exists()
    page.get_by_label("Why").fill("New price list, ticket 4711")
    page.get_by_role("button", name="Import 2 plans").click()

    expect(page.get_by_text("1 new, 1 changed")).to_be_visible()
    expect(page.get_by_text("New price list, ticket 4711")).to_be_visible()
    assert Plan.objects.filter(slug="solo").exists()
    took(page, "Import plans, correcting the file’s errors once", clicks=5, keys=2)


def test_a_double_click_begins_one_large_import_that_shows_how_far_it_is(finance, monkeypatch):
    monkeypatch.setattr(files, "BACKGROUND_ABOVE", 1)
    page = finance.open(IMPORT)
    upload(page, GOOD)
    page.get_by_label("Why").fill("New price list, ticket 4711")
    page.get_by_role("button", name="Import 2 plans").dblclick()
    bar = page.get_by_role("progressbar", name="Waiting to import 2 plans")
    expect(bar).to_have_attribute("aria-valuetext", "0 of 2 rows, 0 percent")
    cancel = page.get_by_role("button", name="Cancel this import")
    cancel.focus()

    run, now = ImportRun.objects.get(), timezone.now()
    begun = {"attempts": 1, "started_at": now, "heartbeat_at": now, "rows_done": 1}
    ImportRun.objects.update(state=RunState.RUNNING, **begun)
    bar = page.get_by_role("progressbar", name="Importing 2 plans")
    expect(bar).to_have_attribute("aria-valuenow", "50")
    expect(cancel).to_be_focused()

    assert carry_out_import.call(run.pk) == "done"

    expect(page.get_by_text("Imported by fiona@igny8.example")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("link", name="solo")).to_be_visible()
    assert (Plan.objects.filter(slug="solo").count(), ImportRun.objects.count()) == (1, 1)


def test_the_list_is_downloaded_as_it_is_shown(finance):
    page = finance.open("/admin/tenancy/plan/?q=starter")
    expect(page.get_by_role("link", name="Import CSV")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()

    assert download.value.suggested_filename.startswith("plans-")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "Starter,starter,89.00" in text


def test_a_double_click_imports_once(finance):
    page = finance.open(IMPORT)
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    upload(page, GOOD)
    page.get_by_label("Why").fill("New price list, ticket 4711")

    page.get_by_role("button", name="Import 2 plans").dblclick()

    expect(page.get_by_text("1 new, 1 changed")).to_be_visible()
    assert [request.url.rsplit("/", 2)[1] for request in posts] == ["import", "confirm"]
    assert AuditEvent.objects.filter(verb__contains="import").count() == 1
    assert Plan.objects.filter(slug="solo").count() == 1
