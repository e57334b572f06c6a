"""A dialog on a phone: all of it is there to be pressed."""

from tests.browser.conftest import PHONE, Desk
from tests.conftest import World


def test_a_dialog_fits_a_phone(desk: Desk, world_in_server: World) -> None:
    page = desk.on_a_phone().sign_in(world_in_server.fiona).open_account(world_in_server.home)
    desk.open_dialog("Edit details")
    for name in ("Save details", "Cancel"):
        box = page.get_by_role("dialog").get_by_text(name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
