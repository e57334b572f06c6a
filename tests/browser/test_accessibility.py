"""Every screen: axe finds nothing against WCAG 2.2 A and AA in light and in dark, and on a phone
nothing sticks out of the page or is cut off.

The screens come from the addresses (screens.py), so that a new one is looked at or fails. Each is
looked at once in one window that changes size and colours in place (sweep.js).

Cut off is text that a box hides with no way to it: neither does the box scroll, nor is the whole
text in a title. Text for screen readers alone is left out, and what is typed into a field, which
scrolls.
"""

import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Error, expect

from console.urls import urlpatterns
from tests.browser.conftest import DESKTOP, PHONE, Desk, page_of
from tests.browser.screens import (
    Filled,
    Screen,
    Unsaid,
    for_strangers,
    is_page,
    screens,
    unsaid_outside,
)
from tests.conftest import World
from tests.console.admin.addresses import Address, Kind
from tests.console.admin.furnished import Furnished
from tests.signing_in import signed_in

# By WCAG's rules alone: the frame around the pages, and axe's advice about it, are Unfold's.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SWEEP = Path(__file__).with_name("sweep.js").read_text()
GRANT = "Grant credits"


class Sweep:
    """A window that is led from screen to screen. `wrong` is what was found, by the screen."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.page = desk, desk.page
        self.wrong: dict[str, list[str]] = {}
        self.page.add_init_script(AXE_SCRIPT)
        self.page.add_init_script(SWEEP)

    def load(self, path: str, status: int = 200) -> None:
        answer = self.page.goto(f"{self.desk.server.url}{path}")
        assert answer is not None
        assert (answer.status, self.page.url) == (status, f"{self.desk.server.url}{path}")

    def see(self, screen: Screen) -> None:
        turned = "([path, status]) => sweep.turnTo(path, status)"
        same = self.page.evaluate(turned, [screen.path, screen.status])
        if not same:
            self.load(screen.path, screen.status)
        self.look(screen.path, menu=not same)

    def look(self, name: str, *, menu: bool = True) -> None:
        """At the size the window has first: a change of size costs as much as the look itself."""
        looks = [self._at_a_desk, self._on_a_phone]
        if self.page.viewport_size == PHONE:
            looks.reverse()
        if found := [each for look in looks for each in look(menu)]:
            self.wrong[name] = found

    def _at_a_desk(self, menu: bool) -> list[str]:
        self._resize(DESKTOP)
        return self.page.evaluate(
            "([tags, how]) => sweep.atADesk(tags, how)", [WCAG, {"menu": menu}]
        )

    def _on_a_phone(self, menu: bool) -> list[str]:
        self._resize(PHONE)
        return self.page.evaluate("sweep.onAPhone()")

    def _resize(self, size: dict[str, int]) -> None:
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)


@pytest.fixture
def sweep(desk: Desk) -> Sweep:
    return Sweep(desk)


def fill(desk: Desk, world: World) -> Filled:
    """The furnished world, and the window signed in with the session that worked in it."""
    furnished = Furnished(world)
    world.ruth.refresh_from_db()
    client: Client = signed_in(world.ruth)
    filled = Filled(furnished, client)
    cookie = {"name": (name := settings.SESSION_COOKIE_NAME), "value": client.cookies[name].value}
    desk.page.context.add_cookies([{**cookie, "url": desk.server.url}])
    return filled


@pytest.mark.sweep
def test_every_screen(desk: Desk, sweep: Sweep, world_in_server: World) -> None:
    filled = fill(desk, world_in_server)
    sweep.load("/admin/help/")
    for screen in screens(filled):
        sweep.see(screen)

    # What opens over a page.
    page = desk.page
    page.set_viewport_size(DESKTOP)
    sweep.load(home := page_of(filled.world.home))
    desk.open_dialog(GRANT)
    page.get_by_role("dialog").get_by_role("button", name=GRANT).click()
    page.get_by_role("dialog").get_by_text("Give a reason").wait_for()
    sweep.look("a dialog with mistakes")
    page.set_viewport_size(DESKTOP)
    sweep.load(home)
    page.keyboard.press("Control+k")
    expect(asked := page.locator("#search-input-command")).to_be_focused()
    asked.press_sequentially("customer")
    page.locator("#command-results-list").wait_for()
    sweep.look("what Ctrl+K finds")

    page.context.clear_cookies()
    for path in for_strangers(filled):
        page.goto(f"{desk.server.url}{path}")
        sweep.look(path)
        page.emulate_media(color_scheme="dark")  # the pages without Unfold go by this
        sweep.wrong |= {f"{path} dark": page.evaluate("sweep.colors('dark')")}
        page.emulate_media(color_scheme="light")

    assert {name: found for name, found in sweep.wrong.items() if found} == {}
    # What is refused on purpose is told by the browser too.
    desk.complaints[:] = [each for each in desk.complaints if not re.search("40[34]", each)]


# What is found, and by what it is made wrong.
SPOILED = {
    "light color-contrast": '<p style="color: #999; background: #fff">too pale</p>',
    "dark color-contrast": '<p class="spoiled">too pale in the dark</p>'
    "<style>.dark .spoiled { color: #333; background: #000 }</style>",
    "desk label": "<input>",
    "phone target-size": '<p style="font-size: 8px"><a href="#1">1</a><a href="#2">2</a></p>',
    "phone: sticks out": '<div style="width: 500px">wide</div>',
    "phone: cut off": '<p style="width: 50px; overflow: hidden; text-wrap: nowrap">too long</p>',
}


@pytest.mark.sweep
def test_the_sweep_finds_what_is_wrong(desk: Desk, sweep: Sweep, world_in_server: World) -> None:
    desk.sign_in(world_in_server.sam)
    sweep.load("/admin/help/")
    sweep.look("as it is")
    assert sweep.wrong == {}
    sweep.page.evaluate(
        "html => document.getElementById('main').insertAdjacentHTML('beforeend', html)",
        "".join(SPOILED.values()),
    )
    sweep.look("spoiled", menu=False)
    found = sweep.wrong["spoiled"]
    assert [each for each in SPOILED if not any(one.startswith(each) for one in found)] == []
    with pytest.raises(Error, match="404"):
        sweep.see(Screen("/admin/no/such/page/"))
    desk.complaints.clear()


def test_an_address_that_nobody_classified_fails() -> None:
    with pytest.raises(Unsaid):
        is_page(Address("tenancy/account/import/new/", "import_new", Kind.IMPORT))
    assert unsaid_outside(urlpatterns) == set()
