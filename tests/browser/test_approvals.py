"""Above one's limit: Support asks, somebody else decides, and the ledger names both."""

from playwright.sync_api import expect

from billing.models import Approval
from tests import factories
from tests.browser.clicks import took
from tests.browser.conftest import Desk
from tests.conftest import World


def test_support_asks_and_an_approver_approves(desk: Desk, world_in_server: World) -> None:
    world = world_in_server
    ann = factories.make_staff("Approver", email="ann@igny8.example")
    page = desk.sign_in(world.sam).open_account(world.home)
    desk.open_dialog("Grant credits")
    dialog = page.get_by_role("dialog")
    amount, told = dialog.get_by_label("Credits"), "Over your limit of 200: this will be sent"
    amount.fill("200")
    expect(dialog.get_by_text(told)).to_have_count(0)
    amount.fill("5000")
    expect(dialog.get_by_text(told)).to_be_visible()
    dialog.get_by_label("Why").fill("Two weeks of outage")
    dialog.get_by_role("button", name="Send for approval").dblclick()

    expect(page.get_by_text("over your limit of 200: sent for approval")).to_be_visible()
    box = page.get_by_role("region", name="Waiting for approval")
    expect(box).to_contain_text("Grant 5,000 credits · credits 1,000 → 6,000")
    expect(box.get_by_role("link", name="Withdraw")).to_be_visible()
    expect(box.get_by_role("link", name="Approve")).to_have_count(0)
    assert Approval.objects.count() == 1

    desk.page.context.clear_cookies()
    page = desk.sign_in(ann).begin()
    desk.open_dialog("Decide")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Grant 5,000 credits for Home G8").check()
    dialog.get_by_label("Decision").select_option("approve")
    dialog.get_by_label("Why").fill("Agreed with the team lead")
    dialog.get_by_role("button", name="Decide").click()

    expect(dialog).to_contain_text("is approved and done. Credits 1,000 → 6,000, ledger row 2.")
    took(page, "Approve what a colleague asked for", clicks=3)
    dialog.get_by_role("link", name="Done").click()
    expect(page.get_by_text("0 approvals")).to_be_visible()
    desk.open_account(world.home, tab="ledger")
    row = page.locator("#row-2")
    expect(row).to_contain_text("+5,000")
    expect(row).to_contain_text("Approved by ann@igny8.example, asked for by sam@igny8.example")
