"""What axe has against a page, by WCAG's rules alone.

Its advice beyond them is left out: the frame around the pages is Unfold's.
"""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What colours and the window's size decide. All other rules read the markup, which stays the same.
LOOKS = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
RUN = """options => axe.run({...options, resultTypes: ["violations"]}).then(
    found => found.violations.map(each => each.id))"""


def violations(page: Page, *, looks_alone: bool = False) -> list[str]:
    """The rules that are broken. Only their names come over from the browser: it is far quicker."""
    page.evaluate(AXE_SCRIPT)
    return page.evaluate(RUN, {"runOnly": LOOKS if looks_alone else WCAG})
