"""The page of the API's description, in a real browser."""

from tests.browser.conftest import Desk


def test_it_shows_the_calls_breaks_no_rule_and_asks_nobody_else(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))

    page = desk.open("/api/docs/")
    page.get_by_text("Spend credits", exact=True).wait_for()

    assert [url for url in asked if not url.startswith((desk.server.url, "data:"))] == []
