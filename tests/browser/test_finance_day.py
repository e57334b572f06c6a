"""A day of finance: from the bank's file to money that is proved, nothing left without a place."""

import re
from decimal import Decimal
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.models import Payment, StatementLine
from billing.services import money_proof, proof, unapplied
from tests.browser.clicks import took
from tests.browser.conftest import Desk
from tests.conftest import World
from tests.console.reconcile.conftest import QUEUE, waiting
from tests.factories import make_account

HEAD = "Booking date;Amount;Currency;Payer;Reference;Transaction id\n"


def statement(path: Path, *lines: tuple[str, str]) -> Path:
    today = timezone.now().date()
    rows = (
        f"{today};{amount};USD;Payer {number};{text};T{number}\n"
        for number, (amount, text) in enumerate(lines, start=1)
    )
    path.write_text(HEAD + "".join(rows))
    return path


def say_why_and(page: Page, button: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("Statement of today")
    dialog.get_by_role("button", name=button, exact=True).click()
    dialog.wait_for(state="hidden")


def open_line(desk: Desk, amount: str) -> Page:
    page = desk.open(QUEUE)
    page.get_by_role("link", name=re.compile(f"^Open the line .*{re.escape(amount)}")).click()
    return page


def test_a_day_of_finance(desk: Desk, world_in_server: World, tmp_path: Path) -> None:
    plan = world_in_server.other.plan
    right, wrong, under, over, first, second = (
        waiting(make_account(name=name, plan=plan))
        for name in ("Right", "Wrong", "Under", "Over", "First", "Second")
    )
    file = statement(
        tmp_path / "today.csv",
        ("89.00", right.reference),
        ("89.00", wrong.reference.lower().replace("-", " ")),
        ("70.00", under.reference),
        ("100.00", over.reference),
        ("178.00", f"{first.reference} {second.reference}"),
        ("12.00", "a gift"),
        ("-5.00", "bank fee"),
    )
    desk.sign_in(world_in_server.fiona)

    page = desk.begin()
    desk.find("import bank")
    page.get_by_label("Bank", exact=False).first.fill("West Bank")
    with page.expect_file_chooser() as chooser:
        page.locator("[name=file]").click()
    chooser.value.set_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_label("Why").fill("Statement of today")
    page.get_by_role("button", name="Import 7 lines").click()
    expect(page.get_by_text("Imported today.csv: 7 lines, 538.00 USD in.")).to_be_visible()

    expect(page.locator("[data-ticked]")).to_have_text("2 ticked, 178.00 USD")
    page.get_by_label("Why").fill("Statement of today")
    page.get_by_role("button", name="Confirm ticked").click()
    expect(page.get_by_text("2 lines done.")).to_be_visible()
    took(page, "Import a bank statement and confirm what surely fits", clicks=4, keys=2)

    page = open_line(desk, "70.00")
    page.get_by_role("link", name="Apply").first.click()
    say_why_and(page, "Apply")
    page = open_line(desk, "100.00")
    page.get_by_role("link", name="Apply").first.click()
    say_why_and(page, "Apply")

    page = open_line(desk, "178.00")
    page.get_by_role("link", name="Split over 2 parts").click()
    say_why_and(page, "Split")

    page = open_line(desk, "12.00")
    page.get_by_role("link", name="Mark as returned").first.click()
    say_why_and(page, "It was returned")

    page = desk.open(f"/admin/billing/payment/{wrong.pk}/change/")
    page.get_by_role("link", name="Reverse transfer").first.click()
    say_why_and(page, "Reverse transfer")
    page = open_line(desk, "89.00")
    page.get_by_role("link", name="Hold", exact=True).first.click()
    say_why_and(page, "Hold line")
    page = desk.open(QUEUE)
    expect(page.get_by_text("all money that came has its place")).to_be_visible()

    payments = (right, wrong, under, over, first, second)
    assert [Payment.objects.get(pk=payment.pk).status for payment in payments] == [
        "confirmed",
        "reversed",
        "partially_paid",
        "confirmed",
        "confirmed",
        "confirmed",
    ]
    assert unapplied.total(over.account) == Decimal("11.00")
    states = StatementLine.objects.order_by("line_number").values_list("state", flat=True)
    assert list(states) == [
        "applied",
        "held",
        "applied",
        "split",
        "split",
        "returned",
        "outgoing",
    ]
    now = timezone.now()
    assert proof.prove_ledger(now=now).differences == []
    assert money_proof.prove_money(now=now).differences == []
    page = desk.open("/admin/")
    expect(page.get_by_text("no difference")).to_have_count(2)
