"""The facts of an invoice, and the PDF that is set from them, read back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.invoices import document, pdf
from billing.invoices.document import InvoiceDocument, Party, Receipt
from billing.models import Invoice
from billing.services import bank_transfers, reconciliation, reversals, write_offs
from tenancy.models import Account
from tests.billing.reports.builders import asked, at, by_whom, came, paid, paid_by_hand
from tests.factories import make_account, make_plan

pytestmark = pytest.mark.django_db
NOW = at(11, 12)


@pytest.fixture
def account() -> Account:
    return make_account(
        name="Łódź Müller & Söhne",
        plan=make_plan(name="Growth", price=Decimal("1139.00"), included_credits=2000),
        billing_email="billing@muller.example",
        billing_address_line1="Piotrkowska 1",
        billing_address_postal_code="90-001",
        billing_address_city="Łódź",
        billing_address_country="PL",
    )


def document_of(payment) -> InvoiceDocument:
    return document.of(Invoice.objects.get(payment=payment))


def pages(shown: InvoiceDocument) -> list[str]:
    """The text of each page; what was broken over lines is in one piece again."""
    read = PdfReader(BytesIO(pdf.render(shown)))
    assert all(page.mediabox.width == pytest.approx(595.28, abs=0.1) for page in read.pages)
    return [" ".join(page.extract_text().split()) for page in read.pages]


def told(shown: InvoiceDocument) -> Iterator[str]:
    """Every fact that the page and the PDF must both have."""
    yield from (shown.title, shown.item, shown.period, f"{shown.credits:,}", shown.price)
    for party in (shown.seller, shown.customer):
        yield from (party.name, *party.lines)
    for label, value in (*shown.facts, *shown.totals, *shown.pay_to):
        yield from (label, value)
    yield shown.mark


def test_an_open_one_says_how_to_pay(account: Account) -> None:
    payment = asked(account, NOW)
    shown = document_of(payment)

    assert (shown.mark, shown.status, shown.outstanding) == ("", "Open", Decimal("1139.00"))
    assert shown.customer == Party(
        "Łódź Müller & Söhne",
        ("Piotrkowska 1", "90-001 Łódź", "PL", "billing@muller.example"),
    )
    assert shown.seller == Party("IGNY8 Tests", ("billing@igny8.example",))
    assert (shown.item, shown.credits) == ("Growth plan, one month", 2000)
    assert shown.period == "One month from the day of payment"
    assert shown.pay_to == (
        ("Account holder", "IGNY8 Tests"),
        ("IBAN", "GB82 WEST 1234 5698 7654 32"),
        ("BIC", "WESTGB22"),
        ("Bank", "Test Bank"),
        ("Amount", "1,139.00 USD"),
        ("Reference", payment.reference),
    )
    assert shown.totals == (("Total", "1,139.00 USD"), ("To pay", "1,139.00 USD"))


def test_one_paid_in_parts(account: Account) -> None:
    payment = paid(account, NOW, "1000.00", on=date(2025, 11, 10))
    shown = document_of(payment)
    assert (shown.mark, shown.status) == ("", "Open, paid in part")
    assert shown.totals == (
        ("Total", "1,139.00 USD"),
        ("Received 2025-11-10, bank transfer", "−1,000.00 USD"),
        ("To pay", "139.00 USD"),
    )
    assert dict(shown.pay_to)["Amount"] == "139.00 USD"

    line = came("136.00", date(2025, 11, 13))
    reconciliation.apply(line=line, payment=payment, **by_whom(at(11, 14)))
    write_offs.write_off(payment=payment, **by_whom(at(11, 15)))

    shown = document_of(payment)
    assert (shown.mark, shown.status, shown.pay_to) == ("PAID", "Paid on 2025-11-15", ())
    assert shown.totals == (
        ("Total", "1,139.00 USD"),
        ("Received 2025-11-10, bank transfer", "−1,000.00 USD"),
        ("Received 2025-11-13, bank transfer", "−136.00 USD"),
        ("Not asked for", "−3.00 USD"),
        ("Left to pay", "0.00 USD"),
    )
    assert shown.period == "2025-11-15 to 2025-12-15"


def test_one_confirmed_by_hand_and_then_reversed(account: Account) -> None:
    payment = paid_by_hand(account, NOW, on=date(2025, 11, 11))
    assert document_of(payment).receipts == (
        Receipt(date(2025, 11, 11), "bank transfer", Decimal("1139.00")),
    )

    reversals.reverse(payment=payment, **by_whom(at(11, 20)))

    shown = document_of(payment)
    assert (shown.mark, shown.status) == ("VOID", "Void on 2025-11-20")
    assert (shown.receipts, shown.pay_to, shown.outstanding) == ((), (), 0)


def test_a_rejected_one_and_a_renewal(account: Account) -> None:
    payment = asked(account, NOW)
    Invoice.objects.filter(payment=payment).update(renews_period_end=at(11, 30))
    assert document_of(payment).period == "2025-11-30 to 2025-12-30"

    bank_transfers.reject(payment=payment, **by_whom(at(11, 14)))

    shown = document_of(payment)
    assert (shown.mark, shown.pay_to) == ("VOID", ())


def test_the_pdf_says_everything_and_always_the_same(account: Account) -> None:
    payment = paid(account, NOW, "1000.00")
    for shown in (document_of(payment), replace(document_of(payment), mark="PAID")):
        (text,) = pages(shown)
        assert [fact for fact in told(shown) if fact not in text] == []
        assert "Page 1 of 1" in text
        assert pdf.render(shown) == pdf.render(shown)


def test_letters_of_the_world_and_names_that_are_code(account: Account) -> None:
    name = "你好有限公司 株式会社 한국어 Привет Ελλάδα <b>&amp;</b> </para><font size=99>"
    account.name = name
    shown = replace(
        document_of(asked(account, NOW)),
        customer=Party(name, ("u\u0308 e\u0301", "tab\there", "left\u202eright\u200b")),
    )

    (text,) = pages(shown)

    assert name in text
    assert "ü é" in text
    assert "tab here" in text
    assert "leftright" in text
    assert "□" not in text


def test_what_no_font_has_is_a_box_and_is_said(account: Account) -> None:
    shown = replace(document_of(asked(account, NOW)), customer=Party("مرحبا שלום 😀 नमस्ते", ()))

    (text,) = pages(shown)

    assert "□□□□□ □□□□ □" in text
    assert "□ stands for a character that this file cannot show" in text


def test_a_long_name_wraps_and_many_receipts_go_on_over_the_page(account: Account) -> None:
    shown = document_of(paid(account, NOW, "1000.00"))
    long = replace(
        shown,
        customer=Party("W" * 255, ("長" * 255, "word " * 50)),
        item=f"{'X' * 100} plan, one month",
        receipts=shown.receipts * 90,
    )

    read = pages(long)

    assert len(read) > 1
    together = " ".join(read)
    assert together.replace(" ", "").count("W" * 255) == 1
    assert "長" * 255 in together.replace(" ", "")
    assert together.count("Received 2025-11-12") == 90
    assert f"Page {len(read)} of {len(read)}" in read[-1]
