"""Tests in a real browser: Debian's Chromium, driven by Playwright.

A test that uses `page` is marked `browser` by itself. Without Chromium such tests are skipped, or
fail where REQUIRE_BROWSER is set (CI), so that nobody takes "skipped" for "passed".
"""

import os

import pytest

from dev import browser_fixtures
from dev.browser_fixtures import chromium

BROWSER_FIXTURES = {"page", "context", "browser"}
MISSING = "Chromium is not installed: apt install chromium"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not chromium():
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)


def pytest_configure(config: pytest.Config) -> None:
    # After all installed plugins: of two fixtures with one name the later one counts, and
    # pytest-playwright has one too.
    config.pluginmanager.register(browser_fixtures, "console-browser")
