"""The import through the browser's door: who may, what GET shows, what POST does."""

import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from console.imports import files
from console.imports.forms import UploadForm
from console.models import ImportFile, ImportKind
from tenancy.models import Account, AuditEvent, Plan
from tests.console.imports.builders import PLAN_ROW, accounts_csv, plan_row, plans_csv, previewed
from tests.digest import nothing_changes
from tests.factories import NOW, make_account, make_plan, make_staff, make_user
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

UPLOAD = reverse("admin:tenancy_plan_import")
PAGES = ("import_file", "import_errors", "import_changes")
POSTS = ("import_check", "import_confirm", "import_cancel", "import_again")


@pytest.fixture
def fiona():
    return make_staff("Finance", email="fiona@igny8.example")


@pytest.fixture
def finance(fiona) -> Client:
    return signed_in(fiona)


def url(name: str, *args: object) -> str:
    return reverse(f"admin:tenancy_plan_{name}", args=args)


def upload(client: Client, content: bytes, name: str = "plans.csv", to: str = UPLOAD):
    return client.post(to, {"file": SimpleUploadedFile(name, content)}, follow=True)


def confirmation(file: ImportFile, **overrides: object) -> dict[str, object]:
    facts = {"token": uuid4(), "fingerprint": file.fingerprint, "reason": "New price list"}
    return facts | overrides


def body(response) -> str:
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_upload_preview_confirm_result(finance, fiona):
    make_plan(slug="starter", name="Starter")
    page = upload(finance, plans_csv(PLAN_ROW, "starter,Starter,95.00,1000,1,2,,0,yes,0"))
    file = ImportFile.objects.get()
    assert page.redirect_chain == [(url("import_file", file.pk), 302)]
    shown = page.content.decode()
    assert "Read as UTF-8, commas" in shown
    assert "89.00" in shown
    assert "95.00" in shown
    assert not Plan.objects.filter(slug="solo").exists()

    page = finance.post(url("import_confirm", file.pk), confirmation(file), follow=True)

    assert "Imported plans.csv: 1 new, 1 changed, 0 as they were." in page.content.decode()
    assert f"Imported by {fiona}" in page.content.decode()
    assert Plan.objects.filter(slug="solo").exists()


def test_the_same_form_twice_imports_once_and_says_so(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    sent = confirmation(file)
    finance.post(url("import_confirm", file.pk), sent)

    with nothing_changes():
        page = finance.post(url("import_confirm", file.pk), sent, follow=True)

    assert "Already done, nothing was changed again." in page.content.decode()


def test_another_form_of_an_imported_file_says_who_and_when(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    finance.post(url("import_confirm", file.pk), confirmation(file))

    page = finance.post(url("import_confirm", file.pk), confirmation(file))

    assert "already imported by fiona@igny8.example at" in page.content.decode()
    assert AuditEvent.objects.filter(verb="plans_imported").count() == 1
    assert AuditEvent.objects.filter(verb="import_plans", result="refused").count() == 1


def test_the_same_content_again_says_when_it_was_imported(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    finance.post(url("import_confirm", file.pk), confirmation(file))

    shown = upload(finance, plans_csv(PLAN_ROW), name="again.csv").content.decode()

    assert "the very same content" in shown
    assert "there is nothing to import" in shown


def test_an_outdated_preview_is_refused_with_the_way_out(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    make_plan(slug="solo")

    page = finance.post(url("import_confirm", file.pk), confirmation(file))

    assert "check the file again" in page.content.decode()
    page = finance.post(url("import_check", file.pk), follow=True)
    assert "To change" in page.content.decode()


def test_errors_are_one_table_and_cannot_be_confirmed(finance):
    page = upload(finance, plans_csv(plan_row(price="89;00"), plan_row(slug="b", max_sites="0")))

    shown = page.content.decode()
    assert "Nothing can be imported while there are errors." in shown
    assert "<td>price</td>" in shown
    assert "<td>max_sites</td>" in shown
    assert "2. Confirm" not in shown


def test_errors_and_changes_as_csv(finance, fiona):
    file, _ = previewed(plans_csv(plan_row(name="=1+1"), plan_row(slug="b", price="-x")), by=fiona)

    errors = body(finance.get(url("import_errors", file.pk)))
    changes = body(finance.get(url("import_changes", file.pk)))

    assert errors.splitlines()[0] == "Line,Column,Value,What to do"
    assert errors.splitlines()[1].startswith("3,price,'-x,")
    assert "2,solo,new,name,,'=1+1" in changes.splitlines()


def test_a_value_from_a_file_is_text_on_the_page(finance):
    page = upload(finance, plans_csv(plan_row(name="<script>alert(1)</script>", price="<b>")))

    assert b"<script>alert(1)" not in page.content
    assert b"&lt;b&gt;" in page.content


def test_long_previews_come_in_pages(finance):
    page = upload(finance, plans_csv(*(plan_row(slug=f"plan-{n}") for n in range(130))))

    shown = page.content.decode()
    assert "1 to 100 of 130" in shown
    file = ImportFile.objects.get()
    second = finance.get(url("import_file", file.pk) + "?" + urlencode({"new": 2}))
    assert "101 to 130 of 130" in second.content.decode()
    assert ">Next</a>" in shown
    assert ">Previous</a>" in second.content.decode()


def test_the_template_has_the_headings_alone(finance):
    (line,) = body(finance.get(url("import_template"))).splitlines()

    assert line.startswith("slug,name,price,included_credits,")


@pytest.mark.parametrize("kind", ImportKind.values)
def test_todays_data_in_this_form_imports_as_unchanged(finance, fiona, kind):
    plan = make_plan(slug="starter", name="=Starter", features=["ai_writer", "image_gen"])
    make_plan(slug="off", is_active=False, archived_at=NOW, is_public=False)
    account = make_account(slug="home-g8", name='\'+Home; "G8", ltd', plan=plan, credits=50)
    Account.objects.filter(pk=account.pk).update(owner=make_user(account))
    make_account(slug="gone", deleted=True)
    make_account(slug="aws-admin", is_system=True)
    opts = {"plans": "plan", "accounts": "account"}[kind]

    response = finance.post(reverse(f"admin:tenancy_{opts}_import_current"))
    _, outcome = previewed(b"".join(response.streaming_content), kind=kind, by=fiona)

    assert outcome.problems == []
    assert outcome.summary.unchanged >= 1
    assert outcome.rows == []
    event = AuditEvent.objects.get(verb="list_exported")
    assert event.after["rows"] == outcome.summary.unchanged
    assert event.after["form"] == "import"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, "Choose a CSV file first."),
        ({"file": "no file"}, "Choose a CSV file first."),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "This file is empty."),
    ],
)
def test_no_file_and_an_empty_file_are_said_and_kept_nowhere(finance, data, says):
    page = finance.post(UPLOAD, data)

    assert says in page.content.decode()
    assert not ImportFile.objects.exists()


def test_fifty_megabytes_are_refused_unread():
    class Unread(SimpleUploadedFile):
        def read(self, *args):
            raise AssertionError("read")

        chunks = read

    file = Unread("big.csv", b"x")
    file.size = 50 * 1024 * 1024

    form = UploadForm({}, {"file": file})

    assert not form.is_valid()
    assert "50.0 MB; 5 MB fit" in form.errors["file"][0]


def test_accounts_have_the_same_pages(finance):
    make_plan(slug="starter")
    to = reverse("admin:tenancy_account_import")

    page = upload(finance, accounts_csv("shop,Shop,starter,,,,8000"), to=to)

    assert "Opening credits" in page.content.decode()
    assert "8,000" in page.content.decode()


def test_a_plans_file_is_no_accounts_file(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)

    page = finance.get(reverse("admin:tenancy_account_import_file", args=(file.pk,)))

    assert page.status_code == 404


def test_get_changes_nothing(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)

    with nothing_changes():
        for name in PAGES:
            assert finance.get(url(name, file.pk)).status_code == 200
        for name in POSTS:
            assert finance.get(url(name, file.pk)).status_code == 405
        assert finance.get(UPLOAD).status_code == 200
        assert finance.get(url("import_template")).status_code == 200
        assert finance.get(url("import_current")).status_code == 405


@pytest.mark.parametrize("group", ["Support", "Approver", "Auditor", "Administrator", None])
def test_nobody_but_finance_gets_in(fiona, group):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    client = signed_in(make_staff(group))

    for name in (*PAGES, "import_progress"):
        assert client.get(url(name, file.pk)).status_code == 403
    for name in POSTS:
        assert client.post(url(name, file.pk), confirmation(file)).status_code == 403
    assert client.get(UPLOAD).status_code == 403
    assert client.post(UPLOAD, {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403
    assert client.get(url("import_template")).status_code == 403
    assert client.post(url("import_current")).status_code == 403
    assert ImportFile.objects.get().imported_at is None
    assert AuditEvent.objects.filter(result="refused").count() == 6


def test_somebody_outside_is_sent_to_the_sign_in(fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    customer = signed_in(make_user(make_account()))

    with nothing_changes():
        for client in (Client(), customer):
            answer = client.post(url("import_confirm", file.pk), confirmation(file))
            assert answer.status_code == 302


def test_without_its_csrf_token_a_post_is_refused(fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    client = Client(enforce_csrf_checks=True)
    client.force_login(fiona, backend="django.contrib.auth.backends.ModelBackend")

    with nothing_changes():
        for name in POSTS:
            assert client.post(url(name, file.pk), confirmation(file)).status_code == 403
        assert client.post(UPLOAD, {}).status_code == 403
        assert client.post(url("import_current")).status_code == 403


@pytest.mark.parametrize(("group", "offered"), [("Finance", True), ("Support", False)])
def test_the_button_is_there_for_those_who_may(group, offered):
    page = signed_in(make_staff(group)).get(reverse("admin:tenancy_plan_changelist"))

    assert (UPLOAD in page.content.decode()) is offered


def test_a_token_of_another_file_is_refused(finance, fiona):
    first, _ = previewed(plans_csv(PLAN_ROW), by=fiona)
    second, _ = previewed(plans_csv(plan_row(slug="other")), by=fiona)
    token = uuid4()
    finance.post(url("import_confirm", first.pk), confirmation(first, token=token))

    page = finance.post(url("import_confirm", second.pk), confirmation(second, token=token))

    assert "This form was used already" in page.content.decode()
    assert not Plan.objects.filter(slug="other").exists()


def test_without_a_reason_the_form_comes_back(finance, fiona):
    file, _ = previewed(plans_csv(PLAN_ROW), by=fiona)

    page = finance.post(url("import_confirm", file.pk), confirmation(file, reason=" "))

    assert re.search(r"Give a reason", page.content.decode())
    assert not Plan.objects.filter(slug="solo").exists()


def test_a_staged_file_without_preview_can_be_checked(finance, fiona):
    file = files.stage(
        kind=ImportKind.PLANS, name="a.csv", content=plans_csv(PLAN_ROW), by=fiona, now=NOW
    )
    assert "not checked to the end" in finance.get(url("import_file", file.pk)).content.decode()

    page = finance.post(url("import_check", file.pk), follow=True)

    assert "2. Confirm" in page.content.decode()
