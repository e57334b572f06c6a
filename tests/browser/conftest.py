"""The console in a real browser, served from a database that really commits."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tenancy.models import Account, User
from tests.browser import clicks
from tests.conftest import World
from tests.signing_in import signed_in

PASSWORD = "correct horse battery"
DESKTOP = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
# Without a graphics card, blurring what lies behind a dialog, frame by frame while that comes in,
# takes longer than the rest of the page.
STILL = """
const still = new CSSStyleSheet();
still.replaceSync(`*, ::before, ::after, ::backdrop {
  transition: none !important; animation: none !important; backdrop-filter: none !important;
}`);
document.adoptedStyleSheets.push(still);
"""
PATIENCE = 60_000  # milliseconds, for a very busy machine; one that is not busy waits for nothing


@dataclass
class Desk:
    """One window. `complaints` are what the browser found wrong: script errors, blocked content."""

    page: Page
    server: LiveServer
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, person: User) -> "Desk":
        """By a session made beforehand; the sign-in page has a test of its own."""
        client = signed_in(person)
        name = settings.SESSION_COOKIE_NAME
        self.page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": self.server.url}]
        )
        return self

    def on_a_phone(self) -> "Desk":
        self.page.set_viewport_size(PHONE)
        return self

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.server.url}{path}")
        return self.page

    def begin(self) -> Page:
        """A job begins at the dashboard; clicks are counted from there."""
        page = self.open("/admin/")
        clicks.forget(page)
        return page

    def ask(self, term: str) -> None:
        """Ctrl+K and what was quoted, on any screen."""
        self.page.keyboard.press("Control+k")
        self.page.locator("#search-input-command").fill(term)

    def find(self, term: str) -> Page:
        """As `ask`, and Enter opens the first."""
        with self.page.expect_navigation():
            self.ask(term)
            self.page.keyboard.press("Enter")
        return self.page

    def open_account(self, account: Account, tab: str = "overview") -> Page:
        return self.open(f"{page_of(account)}?tab={tab}")

    def open_dialog(self, label: str) -> None:
        self.page.get_by_role("link", name=label).first.click()
        self.page.get_by_role("dialog").wait_for()


def page_of(account: Account) -> str:
    return reverse("admin:tenancy_account_change", args=(account.pk,))


@pytest.fixture(scope="session")
def server(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """Not pytest-django's `live_server`: that one empties all tables, the groups too."""
    # A thread that waits for the browser's next request would hold the database open.
    database = connections.databases[DEFAULT_DB_ALIAS]
    kept_open, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0
    server = LiveServer("localhost")
    yield server
    server.stop()
    database["CONN_MAX_AGE"] = kept_open
    # So would one whose request the browser broke off.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def world_in_server(committed_world: World) -> World:
    cache.clear()
    return committed_world


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, so that styles and scripts are fetched once. `desk` clears its cookies."""
    window = browser.new_context(viewport=DESKTOP)
    window.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield window
    window.close()


@pytest.fixture
def desk(world_in_server: World, server: LiveServer, window: BrowserContext) -> Iterator[Desk]:
    """Fails the test when the browser complained about anything."""
    window.clear_cookies()
    page = window.new_page()
    page.add_init_script(clicks.COUNT)
    page.add_init_script(STILL)
    desk = Desk(page, server)
    page.on("pageerror", lambda error: desk.complaints.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            desk.complaints.append(f"{page.url}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    yield desk
    page.close()  # no request is under way when the tables are emptied
    assert desk.complaints == []
