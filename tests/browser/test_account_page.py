"""The account page: what does not apply now says why, by keyboard too; paper has facts alone."""

import re

from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Desk
from tests.conftest import World

COLORS = """
name => [...document.querySelectorAll('.console-account, .console-fact, .console-facts > div')]
  .filter(each => each.checkVisibility()).map(each => getComputedStyle(each)[name])
"""


def test_what_does_not_apply_says_why_and_paper_is_clean(
    desk: Desk, world_in_server: World
) -> None:
    factories.open_transfer(world_in_server.home)
    page = desk.sign_in(world_in_server.sam).open_account(world_in_server.home, "timeline")

    # Whose job it is not has no button at all; for whom it is, but not now, it says why.
    expect(page.get_by_role("link", name="Confirm transfer")).to_have_count(0)
    page.get_by_text("Not now: Open bank transfer").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    off = page.locator("*:focus")
    expect(off).to_have_text("Open bank transfer")
    expect(off).to_have_attribute("aria-disabled", "true")
    expect(off).to_have_accessible_description(re.compile("has an open bank transfer already"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("heading", name="Home G8")).to_be_visible()
    expect(page.get_by_text("Bank transfer opened")).to_be_visible()
    for gone in ("Grant credits", "Suspend", "Overview", "Dashboard", "Show"):
        expect(page.get_by_text(gone, exact=True).first).to_be_hidden()
    assert set(page.evaluate(COLORS, "color")) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
    white = {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert set(page.evaluate(COLORS, "backgroundColor")) <= white
    page.emulate_media(media="screen", color_scheme="light")


def test_a_person_with_many_verbs_keeps_a_name_and_nothing_sticks_out(
    desk: Desk, world_in_server: World
) -> None:
    factories.make_site(world_in_server.home)
    bob = world_in_server.bob  # invited: all verbs but those of who is deactivated
    page = desk.sign_in(world_in_server.sam).open(
        reverse("admin:tenancy_user_change", args=(bob.pk,))
    )
    wide = "[document.documentElement, ...document.querySelectorAll('.console-scroll')]"
    widest = f"Math.max(...{wide}.map(each => each.scrollWidth - each.clientWidth))"

    expect(page.get_by_role("link", name="Withdraw invitation")).to_be_visible()
    name = page.locator("#header-inner").get_by_text(bob.email)
    assert name.evaluate("each => each.scrollWidth <= each.clientWidth + 1")
    assert page.evaluate(widest) == 0

    desk.open_account(world_in_server.home, "people")
    expect(page.get_by_role("link", name="Withdraw invitation")).to_be_visible()
    assert page.evaluate(widest) == 0
