"""Verbs in dialogs: by mouse, by keyboard, clicked twice, in a new tab, and by the wrong person."""

from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from billing.models import CreditTransaction
from tenancy.models import Account, AccountStatus
from tests.browser.clicks import took
from tests.browser.conftest import Desk, page_of
from tests.conftest import World


def test_a_grant_is_told_while_typed_and_a_double_click_sends_it_once(
    desk: Desk, world_in_server: World
) -> None:
    world = world_in_server
    page = desk.sign_in(world.fiona).open_account(world.home)
    posts = []

    desk.open_dialog("Grant credits")
    dialog = page.get_by_role("dialog")
    becomes, send = dialog.locator("[data-plus]"), dialog.get_by_role("button", name="Grant")
    expect(becomes).to_have_text("1,000 + the grant")
    send.click()
    expect(dialog.get_by_text("Fill this in.")).to_be_visible()
    dialog.get_by_label("Credits").fill("-1001")
    expect(becomes).to_have_text("below zero: will be refused")
    dialog.get_by_label("Credits").fill("50")
    expect(becomes).to_have_text("1,050")
    expect(dialog.get_by_text("Fill this in.")).to_have_count(0)
    dialog.get_by_label("Why").fill("Sorry for the outage")
    page.route("**/grant/", lambda route: posts.append(route))
    send.dblclick()
    expect(send).to_have_attribute("aria-busy", "true")
    posts[0].continue_()

    expect(page.get_by_text("Home G8 got 50 credits: 1,000 → 1,050")).to_be_visible()
    assert len(posts) == 1
    assert CreditTransaction.objects.filter(account=world.home, amount=50).count() == 1


def test_a_double_click_on_the_whole_page_grants_once(desk: Desk, world_in_server: World) -> None:
    world = world_in_server
    page = desk.sign_in(world.fiona).open(f"{page_of(world.home)}".replace("change/", "grant/"))
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)

    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()  # a page, with its header
    page.get_by_label("Credits").fill("50")
    page.get_by_label("Why").fill("Sorry for the outage")
    page.get_by_role("button", name="Grant credits").dblclick()

    expect(page.get_by_text("Home G8 got 50 credits")).to_be_visible()
    assert page.url.endswith(page_of(world.home))
    assert len(posts) == 1
    assert CreditTransaction.objects.filter(account=world.home, amount=50).count() == 1


def tab_to(page: Page, label: str, *, within: int) -> Locator:
    """How the keyboard gets there: Tab alone, `within` so many."""
    target = page.get_by_role("link", name=label)
    for _ in range(within):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            break
    expect(target).to_be_focused()
    return target


def test_a_grant_by_keyboard_alone(desk: Desk, world_in_server: World) -> None:
    page = desk.sign_in(world_in_server.fiona).begin()
    focused = page.locator("*:focus")

    desk.find("home-g8")
    tab_to(page, "Skip to the content", within=1)
    page.keyboard.press("Enter")
    tab_to(page, "Grant credits", within=10)
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("name", "amount")
    page.keyboard.type("50")
    page.keyboard.press("Tab")
    page.keyboard.type("Sorry for the outage")
    page.keyboard.press("Tab")
    expect(focused).to_have_attribute("name", "ticket_url")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(focused).to_have_text("Grant credits")
    page.keyboard.press("Tab")  # round again: focus stays in the dialog
    expect(focused).to_have_attribute("name", "amount")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Home G8 got 50 credits")).to_be_visible()
    took(page, "Grant credits by keyboard alone", clicks=0, keys=5)

    opener = page.get_by_role("link", name="Grant credits")
    opener.focus()
    page.keyboard.press("Enter")
    expect(focused).to_have_attribute("name", "amount")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_click_beside_the_dialog_keeps_what_was_typed_and_a_mistake_gets_the_focus(
    desk: Desk, world_in_server: World
) -> None:
    page = desk.sign_in(world_in_server.fiona).open_account(world_in_server.home)
    dialog = page.get_by_role("dialog")
    desk.open_dialog("Grant credits")
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()

    desk.open_dialog("Grant credits")
    page.get_by_label("Why").fill("A long explanation")
    page.mouse.click(5, 5)
    # What a click hits while the dialog is still opening, as on a busy machine.
    page.locator("#modal-overlay").dispatch_event("click")
    expect(page.get_by_label("Why")).to_have_value("A long explanation")
    page.get_by_role("link", name="Cancel", exact=True).click()
    expect(dialog).to_be_hidden()

    desk.open_dialog("Grant credits")
    dialog.get_by_label("Credits").fill("50")
    dialog.get_by_role("button", name="Grant credits").click()
    expect(dialog.get_by_text("Give a reason")).to_be_visible()
    expect(dialog.get_by_label("Why")).to_be_focused()


def test_support_grants_and_suspends_and_a_colleague_reads_who_and_why(
    desk: Desk, world_in_server: World
) -> None:
    world = world_in_server
    page = desk.sign_in(world.sam).begin()
    desk.find("alice@homeg8.example")
    desk.open_dialog("Grant credits")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Credits").fill("50")
    dialog.get_by_label("Why").fill("Sorry for the outage")
    dialog.get_by_role("button", name="Grant credits").click()
    expect(page.get_by_text("Home G8 got 50 credits")).to_be_visible()
    took(page, "Grant credits to a customer", clicks=2, keys=2)

    desk.begin()
    desk.find("home g8")
    desk.open_dialog("Suspend")
    expect(dialog).to_contain_text("refused at once")
    dialog.get_by_label("Kind").select_option("abuse")
    dialog.get_by_label("Why").fill("Sends spam")
    dialog.get_by_role("button", name="Suspend account").click()

    expect(page.get_by_text("Suspended: abuse.")).to_be_visible()
    expect(page.locator(".console-why")).to_contain_text("by sam@igny8.example: “Sends spam”")
    assert Account.objects.get(pk=world.home.pk).status == AccountStatus.SUSPENDED
    took(page, "Suspend a customer", clicks=2, keys=2)

    page.context.clear_cookies()
    page = desk.sign_in(world.fiona).begin()
    desk.find("home-g8")
    expect(page.locator(".console-why")).to_contain_text("“Sends spam”")
    page.get_by_role("link", name="Timeline", exact=True).click()
    page.wait_for_url("**tab=timeline**")
    change = page.locator(".console-stream li").filter(has_text="Sends spam")
    expect(change).to_contain_text("Status: active → suspended")
    expect(change).to_contain_text("sam@igny8.example")
    took(page, "Read who changed what, and why", clicks=1, keys=2)


def test_who_may_not_has_no_button_and_is_refused(desk: Desk, world_in_server: World) -> None:
    world = world_in_server
    page = desk.sign_in(world.adam).open_account(world.home)
    expect(page.get_by_role("link", name="Suspend")).to_be_visible()
    expect(page.get_by_role("link", name="Grant credits")).to_have_count(0)
    answer = page.goto(f"{desk.server.url}{page_of(world.home)}".replace("change/", "grant/"))
    assert answer is not None
    assert answer.status == 403
    assert [complaint for complaint in desk.complaints if "403" not in complaint] == []
    desk.complaints.clear()


def test_a_form_that_is_too_old_says_so_and_keeps_what_was_typed(
    desk: Desk, world_in_server: World
) -> None:
    page = desk.sign_in(world_in_server.sam).open_account(world_in_server.home)
    desk.open_dialog("Write note")
    dialog = page.get_by_role("dialog")
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)

    dialog.locator("textarea").first.fill("They call again on Monday")
    dialog.get_by_role("button", name="Keep note").click()

    expect(
        dialog.get_by_text("This form is too old to be sent. Nothing was changed")
    ).to_be_visible()
    expect(dialog.locator("textarea").first).to_have_value("They call again on Monday")
    desk.complaints[:] = [each for each in desk.complaints if "403" not in each]


def test_an_id_is_copied_and_a_session_that_ended_leads_to_the_sign_in(
    desk: Desk, world_in_server: World
) -> None:
    page = desk.sign_in(world_in_server.fiona).open_account(world_in_server.home)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy slug").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "home-g8"

    page.context.clear_cookies()
    page.get_by_role("link", name="Grant credits").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
