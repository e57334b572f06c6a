"""Finance reconciles in a real browser: by keyboard alone, a split, and somebody who was faster."""

import re

from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.models import LineState, Payment, StatementLine
from billing.services import reconciliation
from tests.browser.clicks import took
from tests.browser.conftest import Desk
from tests.conftest import World
from tests.console.reconcile.conftest import QUEUE, line_for, line_with, waiting
from tests.factories import make_staff


def state_of(line: StatementLine) -> str:
    return StatementLine.objects.get(pk=line.pk).state


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_morning_by_keyboard_alone(desk: Desk, world_in_server: World) -> None:
    world = world_in_server
    rent = line_with("Rent", "12.00", age=9, payer_name="Land Ltd")
    under = line_for(waiting(), "70.00", age=8)
    sure = [line_for(waiting(world.other), age=4), line_for(waiting(), age=2)]
    page = desk.sign_in(world.fiona).open(QUEUE)
    ticked = page.locator("[data-ticked]")
    expect(ticked).to_have_text("2 ticked, 178.00 USD")
    open_links = page.locator("[data-open]")

    press(page, "j", "j")
    expect(open_links.nth(1)).to_be_focused()
    press(page, "x")
    expect(ticked).to_have_text("3 ticked, 248.00 USD")
    press(page, "ArrowDown", "x", "x", "k", "ArrowUp", "k")
    expect(open_links.first).to_be_focused()
    press(page, "Enter")
    expect(page.get_by_role("heading", name="What fits")).to_be_visible()
    press(page, "/")
    page.keyboard.type("tacbit")
    press(page, "Enter")
    expect(page.get_by_role("link", name="TacBit", exact=True)).to_be_visible()
    page.go_back()
    page.go_back()
    expect(ticked).to_have_text("3 ticked, 248.00 USD")
    press(page, "r")
    page.keyboard.type("jx/ Statement of today")  # here the keys are letters
    press(page, "Enter")

    expect(page.get_by_text("3 lines done.")).to_be_visible()
    results = page.locator("[data-result=done]")
    expect(results).to_have_count(3)
    expect(results.filter(has_text="TacBit is active on")).to_have_count(1)
    expect(results.filter(has_text="partly paid, 19.00 USD still to come")).to_have_count(1)
    assert [state_of(line) for line in (*sure, under)] == [LineState.APPLIED] * 3
    assert state_of(rent) == LineState.NEW
    page.reload()
    expect(page.get_by_text("3 lines done.")).to_be_visible()


def test_single_keys_can_be_switched_off(desk: Desk, world_in_server: World) -> None:
    line_for(waiting(world_in_server.other))
    page = desk.sign_in(world_in_server.fiona).open(QUEUE)
    page.get_by_text("Keyboard", exact=True).click()
    page.get_by_label("Single keys do this").uncheck()

    page = desk.open(QUEUE)
    press(page, "j", "x")

    expect(page.locator("[data-ticked]")).to_have_text("1 ticked, 89.00 USD")
    page.evaluate("localStorage.clear()")


def test_a_line_that_names_two_is_split_once_its_parts_add_up(
    desk: Desk, world_in_server: World
) -> None:
    first, second = waiting(world_in_server.other), waiting()
    line = line_with(f"{first.reference} {second.reference}", "180.00")
    page = desk.sign_in(world_in_server.fiona).open(QUEUE)
    page.get_by_role("link", name=re.compile("^Open the line")).click()
    page.get_by_label("Reference, account name, slug").fill("home-g8")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Add to a split").click()

    desk.open_dialog("Split over 3 parts")
    dialog = page.get_by_role("dialog")
    told = dialog.locator(".reconcile-split-sum")
    expect(told).to_have_text("The parts make 180.00 USD: all of it.")
    dialog.get_by_label("Home G8").fill("1.5")
    expect(told).to_have_text("The parts make 179.50 USD of 180.00 USD: 0.50 USD have no part yet.")
    dialog.get_by_label("Why").fill("One transfer for both")
    dialog.get_by_role("button", name="Split").click()
    expect(dialog.locator("[data-part-of]").first).to_be_focused()
    assert state_of(line) == LineState.NEW
    dialog.get_by_label("Home G8").fill("2")
    dialog.get_by_role("button", name="Split").click()

    expect(page.get_by_text("2.00 USD wait on Home G8, unapplied.")).to_be_visible()
    expect(page.get_by_text("all money that came has its place")).to_be_visible()
    assert state_of(line) == LineState.SPLIT
    assert set(Payment.objects.values_list("status", flat=True)) == {"confirmed"}


def test_who_was_slower_is_told_who_was_faster_and_when(desk: Desk, world_in_server: World) -> None:
    world = world_in_server
    payment, other = waiting(world.other), waiting()
    line = line_for(payment, age=3)
    line_for(other)
    page = desk.sign_in(world.fiona).open(QUEUE)
    page.get_by_label("Why").fill("Statement of today")
    faster, now = make_staff("Finance", email="faster@igny8.example"), timezone.now()
    reconciliation.apply(line=line, payment=payment, by=faster, reason="First", now=now)

    page.get_by_role("button", name="Confirm ticked").dblclick()

    expect(page.get_by_text("1 line done.")).to_be_visible()
    refused = page.locator("[data-result=refused]")
    expect(refused).to_contain_text("by faster@igny8.example at ")
    assert line.allocations.count() == 1
    refused.get_by_role("link", name="Open the line").click()
    expect(page.get_by_text("Where its money is")).to_be_visible()


def test_the_lines_that_surely_fit_take_two_clicks(desk: Desk, world_in_server: World) -> None:
    line_for(waiting(), "89.00")
    page = desk.sign_in(world_in_server.fiona).begin()

    page.get_by_role("link", name=re.compile("^Reconcile.*Unmatched money$")).click()
    page.get_by_label("Why").fill("Statement of today")
    page.get_by_role("button", name="Confirm ticked").click()

    expect(page.get_by_text("1 line done.")).to_be_visible()
    took(page, "Confirm the lines of a statement that surely fit", clicks=2)
