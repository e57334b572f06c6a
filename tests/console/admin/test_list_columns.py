"""Which columns a list shows: what the address says, else what the person chose last."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from billing.models import Payment
from console.models import ListColumns
from console.models.saved_view import SavedView
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import NOW, open_transfer
from tests.signing_in import signed_in

pytestmark = pytest.mark.usefixtures("context_kept")

ACCOUNTS, USERS = "/admin/tenancy/account/", "/admin/tenancy/user/"
USUAL = [
    *("name", "slug", "status_word", "plan_link"),
    *("credits_left", "owner_link", "trial_end", "created"),
]


def shown(client: Client, path: str) -> list[str]:
    return list(client.get(path).context["cl"].list_display)


def choose(client: Client, *columns: str, **more: str) -> str:
    """The address that the choice leads to."""
    form = {"list": "tenancy.account", "columns": columns, **more}
    return client.post("/admin/columns/", form).url


def test_a_choice_is_in_the_address_and_kept_for_the_person(world: World) -> None:
    sam, fiona = signed_in(world.sam), signed_in(world.fiona)
    assert shown(sam, ACCOUNTS) == USUAL

    # Out of order, one of them unknown; the page and the sorting belong to the columns before.
    chosen = choose(
        sam, "billing_email", "plan_link", "nonsense", query="status__exact=trial&p=2&o=1"
    )

    assert chosen == f"{ACCOUNTS}?status__exact=trial&columns=name.plan_link.billing_email"
    narrow = ["name", "plan_link", "billing_email"]
    assert shown(sam, chosen) == shown(sam, f"{ACCOUNTS}?status__exact=active") == narrow
    page = sam.get(chosen).content.decode()
    assert "Billing email" in page
    assert "Owner</th>" not in page
    assert f'value="{chosen.partition("columns=")[2]}"' in page  # searching goes on with them
    # Nobody else has them, but for the address.
    assert shown(fiona, ACCOUNTS) == USUAL
    assert shown(fiona, chosen) == narrow
    # What the address says goes before what is kept; what it says in no readable way does not.
    assert shown(sam, f"{ACCOUNTS}?columns=slug") == ["name", "slug"]
    assert shown(sam, f"{ACCOUNTS}?columns=nonsense..%00") == USUAL
    # An address that sorts counts the columns it names, else the usual ones.
    assert shown(sam, f"{ACCOUNTS}?o=1") == USUAL

    # An export has the columns that are shown; a view keeps them.
    first = next(iter(fiona.post(chosen.replace("?", "export/?")))).decode("utf-8-sig")
    assert first.splitlines()[0] == "Name,Plan,Billing email"
    sam.post(
        "/admin/views/",
        {"list": "tenancy.account", "name": "Mails", "query": chosen.partition("?")[2]},
    )
    assert "columns=name.plan_link.billing_email" in SavedView.objects.get().query

    # The first column stays, whatever is ticked.
    assert choose(sam, "name") == f"{ACCOUNTS}?columns=name"
    assert shown(sam, ACCOUNTS) == ["name"]
    assert choose(sam, "slug", usual="1", query="q=x") == f"{ACCOUNTS}?q=x"
    assert shown(sam, ACCOUNTS) == USUAL
    assert not ListColumns.objects.exists()


def test_each_list_has_its_own_and_what_leads_on_stays(world: World) -> None:
    sam = signed_in(world.sam)
    # Of users and staff one list, with other columns.
    sam.post("/admin/columns/", {"list": "tenancy.user", "columns": ["email", "role"]})
    assert shown(sam, USERS) == ["email", "role"]
    # A heading that sorts names the columns that its number counts.
    assert 'href="?columns=email.role&amp;o=' in sam.get(USERS).content.decode()
    assert "group_names" in shown(sam, f"{USERS}?is_staff__exact=1")
    sam.post(
        "/admin/columns/",
        {"list": "tenancy.user", "columns": ["name", "role"], "query": "is_staff__exact=1"},
    )
    assert shown(sam, f"{USERS}?is_staff__exact=1") == ["email", "name"]
    assert shown(sam, USERS) == ["email", "role"]
    assert shown(sam, "/admin/tenancy/auditevent/?columns=why") == ["when", "what_link", "why"]

    # A date says how long ago it was, in a list and on a page; what people paste can be copied.
    reference = open_transfer(world.home).reference
    listed = sam.get("/admin/billing/payment/?columns=reference.opened").content.decode()
    assert '<span class="console-ago">' in listed
    page = sam.get(f"/admin/billing/payment/{Payment.objects.get().pk}/change/").content.decode()
    assert '<span class="console-ago">' in page
    assert f'data-copy="{reference}"' in page
    empty = sam.get("/admin/tenancy/account/?queue=suspended-lately").content.decode()
    assert "Nothing to do</h2>" in empty

    # Every column of these lists is offered under a label, and can be read.
    root = signed_in(world.ruth)
    for screen in (
        "billing/payment",
        "tenancy/auditevent",
        "tenancy/site",
        "billing/statementline",
    ):
        menu = root.get(f"/admin/{screen}/").context["cl"].column_menu
        names = ".".join(column.name for column in menu)
        assert root.get(f"/admin/{screen}/?columns={names}").status_code == 200
        assert all(column.label for column in menu)

    customer = signed_in(world.alice)
    with nothing_changes():
        for form in (
            {},
            {"list": "nonsense", "columns": "name"},
            {"list": "tenancy.account", "columns": "nonsense"},
            {"list": "tenancy.account"},
        ):
            assert sam.post("/admin/columns/", form).status_code == 302
        customer.post("/admin/columns/", {"list": "tenancy.account", "columns": "name"})
    for facts in ({"columns": ""}, {"list_name": "tenancy.user", "columns": "email"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ListColumns.objects.create(
                person=world.sam, chosen_at=NOW, **{"list_name": "x", **facts}
            )
