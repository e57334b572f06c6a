"""Every screen on a phone: nothing sticks out, and the browser has nothing to complain about."""

from django.utils import timezone

from billing.models import TransactionType
from tenancy.services import api_keys
from tests import factories
from tests.browser.conftest import PHONE, Desk, page_of
from tests.conftest import World

TABS = ("overview", "ledger", "billing", "sites", "people", "timeline")
LISTS = (
    "tenancy/account",
    "tenancy/user",
    "tenancy/site",
    "tenancy/plan",
    "tenancy/auditevent",
    "billing/payment",
    "billing/invoice",
    "billing/credittransaction",
    "billing/approval",
)
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def fill(world: World) -> None:
    now = timezone.now()
    factories.put(world.home, name="The Very Long Name of a Customer " * 4)
    site = factories.make_site(world.home, domain="a-rather-long-domain-name." * 5 + "example")
    api_keys.rotate(site=site, overlap_hours=24, by=world.sam, reason="For a test", now=now)
    factories.make_ledger_row(
        world.home, amount=-1, type=TransactionType.DEDUCTION, description="W" * 200
    )
    factories.open_transfer(world.home, now=now)


def test_nothing_sticks_out_on_a_phone(desk: Desk, world_in_server: World) -> None:
    fill(world_in_server)
    desk.on_a_phone().sign_in(world_in_server.ruth)
    paths = [
        "/admin/",
        *(f"{page_of(world_in_server.home)}?tab={tab}" for tab in TABS),
        *(f"/admin/{name}/" for name in LISTS),
        page_of(world_in_server.home).replace("change/", "edit-account/"),
    ]
    too_wide = {path: desk.open(path).evaluate(STICKS_OUT) for path in paths}
    assert {path: pixels for path, pixels in too_wide.items() if pixels > 0} == {}


def test_a_dialog_fits_a_phone(desk: Desk, world_in_server: World) -> None:
    page = desk.on_a_phone().sign_in(world_in_server.fiona).open_account(world_in_server.home)
    desk.open_dialog("Edit details")
    for name in ("Save details", "Cancel"):
        box = page.get_by_role("dialog").get_by_text(name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
