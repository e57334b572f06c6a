"""Finance confirms a bank transfer from its facts."""

from django.utils import timezone
from playwright.sync_api import expect

from billing.models import Payment, PaymentStatus
from tenancy.models import AccountStatus
from tests import factories
from tests.browser.clicks import took
from tests.browser.conftest import PASSWORD, Desk, page_of
from tests.conftest import World


def test_finance_signs_in_and_confirms_a_transfer(desk: Desk, world_in_server: World) -> None:
    world = world_in_server
    world.fiona.set_password(PASSWORD)
    world.fiona.save()
    plan = factories.make_plan(name="Growth", included_credits=2000, max_sites=3)
    payment = factories.open_transfer(world.other, plan=plan, now=timezone.now())

    page = desk.open(page_of(world.other))
    page.get_by_label("Email").fill("fiona@igny8.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="TacBit", exact=True)).to_be_visible()

    desk.begin()
    desk.find(payment.reference.replace("-", " ").lower())
    expect(page.locator("tr", has_text=payment.reference)).to_be_visible()
    expect(page.locator(".console-strip")).to_contain_text("Pending payment")

    desk.open_dialog("Confirm transfer")
    dialog = page.get_by_role("dialog")
    facts = dialog.locator(".console-consequences")
    expect(facts).to_contain_text(f"89.00 USD for {payment.reference}")
    expect(facts).to_contain_text("500 → 2,500")
    expect(facts).to_contain_text("active")
    dialog.get_by_label("Received amount").fill("89.00")
    dialog.get_by_label("Value date").fill(f"{timezone.now():%Y-%m-%d}")
    dialog.get_by_label("Bank transaction id").fill("STMT-77/1")
    dialog.get_by_label("Payer").fill("TacBit Ltd")
    dialog.get_by_label("Why").fill("Seen on the statement")
    dialog.get_by_role("button", name="Confirm transfer").click()

    expect(page.get_by_text("is confirmed: TacBit is active on Growth")).to_be_visible()
    took(page, "Confirm a bank transfer by its reference", clicks=2, keys=2)
    strip = page.locator(".console-strip")
    expect(strip).to_contain_text("Active since")
    expect(strip).to_contain_text("2,500")
    expect(strip).to_contain_text("Growth")
    page.get_by_role("link", name="Billing", exact=True).click()
    row = page.locator("tr", has_text=payment.reference)
    expect(row).to_contain_text("Paid")
    expect(row).to_contain_text("Confirmed")
    expect(row).to_contain_text("from TacBit Ltd, bank id STMT-77/1")
    expect(page.get_by_text("Period")).to_be_visible()
    page.get_by_role("link", name="Timeline", exact=True).click()
    stream = page.locator(".console-stream")
    expect(stream).to_contain_text("Bank transfer confirmed")
    expect(stream).to_contain_text("Status: pending payment → active")
    expect(stream).to_contain_text("+2,000 credits, 2,500 after row 2")
    expect(stream).to_contain_text("“Seen on the statement”")


def test_a_wrong_amount_is_said_in_the_dialog_and_changes_nothing(
    desk: Desk, world_in_server: World
) -> None:
    world = world_in_server
    payment = factories.open_transfer(world.home, now=timezone.now())
    page = desk.sign_in(world.fiona).open_account(world.home)

    desk.open_dialog("Confirm transfer")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Received amount").fill("88.00")
    dialog.get_by_label("Value date").fill(f"{timezone.now():%Y-%m-%d}")
    dialog.get_by_label("Bank transaction id").fill("STMT-77/2")
    dialog.get_by_label("Payer").fill("Home G8")
    dialog.get_by_label("Why").fill("Seen on the statement")
    dialog.get_by_role("button", name="Confirm transfer").click()

    expect(dialog.get_by_role("alert").first).to_contain_text("expects 89.00 USD, not 88.00")
    expect(dialog.get_by_label("Payer")).to_have_value("Home G8")
    payment = Payment.objects.get(pk=payment.pk)
    assert payment.status == PaymentStatus.AWAITING
    assert payment.account.status == AccountStatus.ACTIVE
    assert payment.account.credits == 1000
