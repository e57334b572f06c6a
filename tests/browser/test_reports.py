"""The reports in a real browser: bars are drawn, and a number leads to its rows."""

from django.utils import timezone

from console.reports.catalog import LISTED
from tests.billing.reports.builders import by_whom, paid, paid_by_hand
from tests.browser.conftest import Desk
from tests.conftest import World
from tests.factories import make_account, open_transfer, put_unapplied

DRAWN = """() => [...document.querySelectorAll(".console-chart canvas")].map(
    (canvas) => Chart.getChart(canvas)?.data.datasets.length > 0 && canvas.width > 0)"""


def fill(world: World) -> None:
    now = timezone.now()
    paid(world.other, now)
    paid_by_hand(make_account(name="The Very Long Name of a Customer " * 4), now)
    put_unapplied(world.other, "30.00")
    open_transfer(make_account(), now=now)
    assert by_whom(now)


def test_the_charts_are_drawn(desk: Desk, world_in_server: World) -> None:
    fill(world_in_server)
    desk.sign_in(world_in_server.fiona)
    drawn = {report.url: desk.open(report.url).evaluate(DRAWN) for report in LISTED}
    assert drawn == {report.url: [True] for report in LISTED}


def test_a_month_is_chosen_and_a_number_followed(desk: Desk, world_in_server: World) -> None:
    fill(world_in_server)
    page = desk.sign_in(world_in_server.fiona).open("/admin/reports/cash/")
    page.get_by_role("link", name="This month").click()
    page.wait_for_url("**/cash/?from=*")
    page.get_by_role("cell", name="89.00").get_by_role("link").first.click()
    page.wait_for_url("**/admin/billing/**")
    assert "1 " in page.locator(".console-pages").inner_text()
