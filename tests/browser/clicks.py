"""What a job costs in clicks, as the browser counts them; the tour's table says the same."""

from pathlib import Path

from playwright.sync_api import Page

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"
# Clicks of the mouse, and the keys that open or send. What the script itself clicks is not counted,
# nor are typing, Tab and choosing from a list.
COUNT = """(() => {
  const add = (kind) => { sessionStorage[kind] = Number(sessionStorage[kind] ?? 0) + 1; };
  addEventListener("click", (event) => {
    if (event.isTrusted && event.detail > 0) add("clicks");
  }, true);
  addEventListener("keydown", (event) => {
    const tells = event.key === "Enter" || (event.ctrlKey && event.key === "k");
    if (event.isTrusted && tells) add("keys");
  }, true);
})()"""
COUNTED = "[sessionStorage.clicks, sessionStorage.keys].map((each) => Number(each ?? 0))"


def forget(page: Page) -> None:
    page.evaluate("sessionStorage.clear()")


def took(page: Page, job: str, *, clicks: int, keys: int = 0) -> None:
    """Since the dashboard was opened by `Desk.begin`."""
    assert page.evaluate(COUNTED) == [clicks, keys]
    assert f"| {job} | {clicks} | {keys} |\n" in TOUR.read_text()
