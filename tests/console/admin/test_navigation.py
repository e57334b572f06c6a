"""The menu shows what a person may open, and all of it opens."""

import pytest
from django.test import RequestFactory

from console.groups import GROUPS
from console.settings.navigation import NAVIGATION, TABS
from console.site import site
from tests.console.admin.conftest import somebody
from tests.factories import make_staff

PERSONS = [*(group.name for group in GROUPS), None]


def menu(who: str | None, path: str = "/admin/") -> list[dict]:
    request = RequestFactory().get(path)
    request.user = make_staff(who)
    shown = [*site.get_sidebar_list(request), *site.get_tabs_list(request)]
    return [item for group in shown for item in group["items"] if item["has_permission"]]


def address(item: dict) -> str:
    return str(item.get("link_callback") or item["link"])


@pytest.mark.django_db
@pytest.mark.parametrize("who", PERSONS)
@pytest.mark.usefixtures("unwritten")
def test_everything_in_the_menu_opens(who: str | None) -> None:
    client = somebody(who or "no group")
    for item in menu(who):
        assert client.get(address(item)).status_code == 200, item["title"]


def test_every_item_asks_for_a_permission() -> None:
    for part in (*NAVIGATION, *TABS):
        for item in part["items"]:
            assert callable(item["permission"]), item["title"]


@pytest.mark.django_db
def test_without_a_group_there_is_only_the_dashboard() -> None:
    assert [item["title"] for item in menu(None)] == ["Dashboard"]


@pytest.mark.django_db
def test_every_screen_is_in_the_menu_or_a_tab() -> None:
    reachable = {address(item).partition("?")[0] for item in menu("Support")}
    screens = {
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry
    }
    assert screens <= reachable


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "active"),
    [
        ("/admin/tenancy/user/?is_staff__exact=1", {"Staff", "Console staff"}),
        ("/admin/tenancy/user/?is_staff__exact=0", {"Users", "Customers' users"}),
        ("/admin/tenancy/user/", {"Users", "Customers' users"}),
        ("/admin/tenancy/apikey/", {"Sites", "API keys"}),
        ("/admin/billing/payment/5/change/", {"Bank transfers"}),
    ],
)
def test_the_menu_marks_where_one_is(path: str, active: set[str]) -> None:
    assert {item["title"] for item in menu("Support", path) if item["active"]} == active
