"""The reports in a real browser: bars are drawn, nothing sticks out, axe finds nothing."""

from django.utils import timezone

from console.reports.catalog import LISTED
from tests.billing.reports.builders import by_whom, paid, paid_by_hand
from tests.browser.axe import violations
from tests.browser.conftest import DESKTOP, Desk
from tests.browser.test_screens import STICKS_OUT
from tests.conftest import World
from tests.factories import make_account, open_transfer, put_unapplied

DRAWN = """() => [...document.querySelectorAll(".console-chart canvas")].map(
    (canvas) => Chart.getChart(canvas)?.data.datasets.length > 0 && canvas.width > 0)"""


def fill(world: World) -> str:
    now = timezone.now()
    payment = paid(world.other, now)
    paid_by_hand(make_account(name="The Very Long Name of a Customer " * 4), now)
    put_unapplied(world.other, "30.00")
    open_transfer(make_account(), now=now)
    assert by_whom(now)
    return f"/admin/billing/invoice/{payment.invoice_id}/print/"


def test_reports_and_the_printed_invoice(desk: Desk, world_in_server: World) -> None:
    printed = fill(world_in_server)
    desk.sign_in(world_in_server.fiona)
    charts = [report.url for report in LISTED]
    wrong: dict[str, list[str]] = {}
    for path in ("/admin/reports/", *charts, printed):
        page = desk.on_a_phone().open(path)
        found = ["sticks out on a phone"] if page.evaluate(STICKS_OUT) > 0 else []
        page.set_viewport_size(DESKTOP)
        page.wait_for_function(f"{STICKS_OUT} <= 0")  # the chart follows in its own time
        if path in charts and page.evaluate(DRAWN) != [True]:
            found.append("no chart")
        if found := [*found, *violations(page)]:
            wrong[path] = found
    desk.on_a_phone().page.emulate_media(color_scheme="dark")
    for path in charts[:2]:
        if found := violations(desk.open(path), looks_alone=True):
            wrong[f"{path} dark"] = found
    assert wrong == {}


def test_a_month_is_chosen_and_a_number_followed(desk: Desk, world_in_server: World) -> None:
    fill(world_in_server)
    page = desk.sign_in(world_in_server.fiona).open("/admin/reports/cash/")
    page.get_by_role("link", name="This month").click()
    page.wait_for_url("**/cash/?from=*")
    page.get_by_role("cell", name="89.00").get_by_role("link").first.click()
    page.wait_for_url("**/admin/billing/**")
    assert "1 " in page.locator(".console-pages").inner_text()
