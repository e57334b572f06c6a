"""The invoice's page and PDF: who may open them, and that both say the same."""

import html
import re
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from billing.invoices import document
from billing.models import Invoice
from tests.billing.test_invoice_document import told
from tests.console.admin.conftest import somebody
from tests.digest import nothing_changes
from tests.factories import make_account, open_transfer

pytestmark = pytest.mark.django_db
SHOUT = "<script>alert(1)</script> & Söhne"


@pytest.fixture
def invoice() -> Invoice:
    return open_transfer(make_account(name=SHOUT)).invoice


def words(page: str) -> str:
    body = page.partition("<main>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_page_and_pdf_have_the_same_facts(invoice: Invoice) -> None:
    client = somebody("Support")
    with nothing_changes():
        page = client.get(f"/admin/billing/invoice/{invoice.pk}/print/")
        file = client.get(f"/admin/billing/invoice/{invoice.pk}/pdf/")

    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"] == f'inline; filename="invoice-{invoice.number}.pdf"'
    (sheet,) = PdfReader(BytesIO(file.content)).pages
    on_paper = " ".join(sheet.extract_text().split())
    on_screen = words(page.content.decode())
    facts = list(told(document.of(invoice)))
    assert SHOUT in facts
    assert [fact for fact in facts if fact not in on_paper] == []
    assert [fact for fact in facts if fact not in on_screen] == []
    assert "<script>alert" not in page.content.decode()


def test_the_screen_leads_to_both(invoice: Invoice) -> None:
    screen = somebody("Support").get(f"/admin/billing/invoice/{invoice.pk}/change/")
    for name in ("print", "pdf"):
        assert f'href="/admin/billing/invoice/{invoice.pk}/{name}/"' in screen.content.decode()


@pytest.mark.parametrize("name", ["print", "pdf"])
def test_for_those_who_see_invoices(name: str, invoice: Invoice) -> None:
    path = f"/admin/billing/invoice/{invoice.pk}/{name}/"
    assert somebody("no group").get(path).status_code == 403
    assert somebody("customer").get(path).status_code == 302
    assert Client().get(path).status_code == 302
    support = somebody("Support")
    assert support.get(f"/admin/billing/invoice/0/{name}/").status_code == 404
    assert support.post(path).status_code == 405
    assert support.head(path).status_code == 200
