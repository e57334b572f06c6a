"""The reports in a real browser: bars are drawn, nothing sticks out, axe finds nothing."""

from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from console.reports.catalog import LISTED
from tests.billing.reports.builders import by_whom, paid, paid_by_hand
from tests.browser.conftest import DESKTOP, PHONE, Desk
from tests.browser.test_screens import STICKS_OUT
from tests.conftest import World
from tests.factories import make_account, open_transfer, put_unapplied

# Without the rules that are axe's advice alone: the frame around the pages is Unfold's.
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
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
    axe = Axe()
    wrong: dict[str, list[str]] = {}
    charts = [report.url for report in LISTED]
    everything = ["/admin/reports/", *charts, printed]
    for scheme, size, paths in (("light", DESKTOP, everything), ("dark", PHONE, charts[:2])):
        desk.page.emulate_media(color_scheme=scheme)
        desk.page.set_viewport_size(size)
        for path in paths:
            page = desk.open(path)
            found = [each["id"] for each in axe.run(page, options=WCAG).response["violations"]]
            if page.evaluate(STICKS_OUT) > 0:
                found.append("sticks out")
            if path in charts and page.evaluate(DRAWN) != [True]:
                found.append("no chart")
            if found:
                wrong[f"{path} {scheme}"] = found
        if size == PHONE:
            for path in everything:
                if desk.open(path).evaluate(STICKS_OUT) > 0:
                    wrong[path] = ["sticks out"]
    assert wrong == {}


def test_a_month_is_chosen_and_a_number_followed(desk: Desk, world_in_server: World) -> None:
    fill(world_in_server)
    page = desk.sign_in(world_in_server.fiona).open("/admin/reports/cash/")
    page.get_by_role("link", name="This month").click()
    page.wait_for_url("**/cash/?from=*")
    page.get_by_role("cell", name="89.00").get_by_role("link").first.click()
    page.wait_for_url("**/admin/billing/**")
    assert "1 " in page.locator(".console-pages").inner_text()
