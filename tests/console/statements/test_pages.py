"""The pages of a statement's import: who may, what they show, what a second POST does."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.models import BankStatement, StatementLine, StatementUpload
from billing.statements import MAX_BYTES
from tenancy.models import AuditEvent
from tests.console.admin.conftest import somebody
from tests.digest import nothing_changes
from tests.factories import REASON

pytestmark = pytest.mark.usefixtures("context_kept")

HERE = "/admin/billing/bankstatement/import/"
HEAD = "Booking date;Amount;Currency;Payer;Reference\n"
GOOD = HEAD + "2025-11-10;89.00;USD;<b>Home G8</b>;IG-1\n2025-11-11;-5.00;USD;Rent;\n"
OPEN_QUESTION = "Date,Amount,Currency,Payer\n01/02/2025,89.00,USD,A\n"


@pytest.fixture
def finance(db: None) -> Client:
    return somebody("Finance")


def send(client: Client, text: str, name: str = "november.csv") -> StatementUpload:
    file = SimpleUploadedFile(name, text.encode())
    response = client.post(HERE, {"bank": "West Bank", "file": file})
    assert response.status_code == 302, response.content.decode()
    upload = StatementUpload.objects.latest("id")
    assert response.url == f"{HERE}{upload.pk}/"
    return upload


def confirm(client: Client, upload: StatementUpload, **overrides: object) -> object:
    page = client.get(f"{HERE}{upload.pk}/")
    facts = {
        "token": str(uuid.uuid4()),
        "reason": REASON,
        "fingerprint": page.context["form"]["fingerprint"].value(),
    }
    return client.post(f"{HERE}{upload.pk}/confirm/", facts | overrides)


def test_from_the_file_to_the_lines(finance: Client) -> None:
    upload = send(finance, GOOD)
    page = finance.get(f"{HERE}{upload.pk}/").content.decode()
    assert "2 new lines" in page
    assert "89.00 USD" in page
    assert "&lt;b&gt;Home G8&lt;/b&gt;" in page
    assert "amount from “Amount”" in page

    token = str(uuid.uuid4())
    answer = confirm(finance, upload, token=token)
    statement = BankStatement.objects.get()
    assert answer.status_code == 302
    assert finance.get(f"{HERE}{upload.pk}/").url == (
        f"/admin/billing/bankstatement/{statement.pk}/change/"
    )
    with nothing_changes():
        facts = {"token": token, "reason": REASON, "fingerprint": "x"}
        finance.post(f"{HERE}{upload.pk}/confirm/", facts)
    assert StatementLine.objects.count() == 2
    again = finance.post(
        HERE, {"bank": "West Bank", "file": SimpleUploadedFile("b.csv", GOOD.encode())}
    )
    assert "This file was imported on" in again.content.decode()


def test_what_a_file_leaves_open_is_asked_and_remembered(finance: Client) -> None:
    upload = send(finance, OPEN_QUESTION)
    page = finance.get(f"{HERE}{upload.pk}/").content.decode()
    assert "The file does not tell: choose." in page
    assert "Choose the order" in page
    errors = b"".join(finance.get(f"{HERE}{upload.pk}/errors/").streaming_content).decode()
    assert "01/02/2025" in errors

    finance.post(f"{HERE}{upload.pk}/read/", {"dates": "DMY"})
    page = finance.get(f"{HERE}{upload.pk}/").content.decode()
    assert "2025-02-01" in page
    assert "1 new line" in page
    assert confirm(finance, upload).status_code == 302


def test_without_a_reason_or_with_an_old_preview_nothing_is_imported(finance: Client) -> None:
    upload = send(finance, GOOD)

    with nothing_changes():
        assert confirm(finance, upload, reason=" ").status_code == 200
    answer = confirm(finance, upload, fingerprint="0" * 64)
    assert "Look at the preview again" in answer.content.decode()
    assert not StatementLine.objects.exists()
    assert AuditEvent.objects.filter(result="refused", verb="statement_imported").count() == 1


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("no file", "Choose a file first."),
        (SimpleUploadedFile("a.csv", b""), "This file is empty."),
        (SimpleUploadedFile("a.csv", b"x" * (MAX_BYTES + 1)), "10.0 MB; 10 MB fit. Export a"),
    ],
)
def test_a_file_of_no_use_is_said_and_not_kept(finance: Client, file: object, says: str) -> None:
    answer = finance.post(HERE, {"bank": "West Bank", "file": file})

    assert says in answer.content.decode()
    assert not StatementUpload.objects.exists()


@pytest.mark.parametrize("group", ["Support", "Approver", "Auditor", "Administrator"])
def test_only_finance_imports(finance: Client, group: str) -> None:
    upload = send(finance, GOOD)
    client = somebody(group)

    assert client.get(HERE).status_code == 403
    assert client.get(f"{HERE}{upload.pk}/").status_code == 403
    for address in (HERE, f"{HERE}{upload.pk}/read/", f"{HERE}{upload.pk}/confirm/"):
        assert client.post(address).status_code == 403
    assert AuditEvent.objects.filter(result="refused", verb="statement_imported").count() == 3
    assert not StatementLine.objects.exists()
    assert "Import statement" not in client.get("/admin/billing/bankstatement/").content.decode()
    assert "Import statement" in finance.get("/admin/billing/bankstatement/").content.decode()


def test_get_changes_nothing_and_what_is_not_there_is_404(finance: Client) -> None:
    upload = send(finance, GOOD)

    with nothing_changes():
        assert finance.get(f"{HERE}{upload.pk}/confirm/").status_code == 405
        assert finance.get(f"{HERE}{upload.pk}/read/").status_code == 405
        assert finance.get(f"{HERE}{upload.pk}/").status_code == 200
        assert finance.get(f"{HERE}999999/").status_code == 404
