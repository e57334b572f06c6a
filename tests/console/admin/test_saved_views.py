"""Views of a list: tabs for everybody, and a person's own, which nobody else sees."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from billing.models import Invoice
from console.models import SavedView
from console.models.saved_view import MOST_VIEWS
from console.saved_views import keeping
from console.saved_views.tabs import ViewsMixin
from console.site import site
from tenancy.services import lifecycle
from tests.conftest import World
from tests.factories import NOW, REASON, open_transfer
from tests.signing_in import signed_in

pytestmark = pytest.mark.usefixtures("context_kept")

ACCOUNTS, VIEWS = "/admin/tenancy/account/", "/admin/views/"


def tabs(client: Client, query: str = "") -> dict[str, bool]:
    """The titles of the tabs, and whether one is there."""
    shown = client.get(f"{ACCOUNTS}?{query}").context["view_tabs"]
    return {tab.title: tab.is_here for tab in shown}


def test_every_tab_shows_its_rows(world: World, root: Client) -> None:
    open_transfer(world.home)
    lifecycle.suspend(account=world.home, code="abuse", by=world.sam, reason=REASON, now=NOW)
    root.get("/admin/")  # knows the screens from then on
    screens = [screen for screen in site._registry.values() if isinstance(screen, ViewsMixin)]
    assert len(screens) == 4

    for screen in screens:
        for title, query in screen.views:
            page = root.get(f"/admin/{screen.opts.app_label}/{screen.opts.model_name}/?{query}")
            # A filter that the list does not have would lead back to all of it.
            assert page.status_code == 200, title
            assert page.context["view_here"].title == title
    suspended = root.get(f"{ACCOUNTS}?status__exact=suspended").context["cl"].result_list
    assert [account.slug for account in suspended] == [world.home.slug]
    overdue = root.get("/admin/billing/invoice/?overdue=yes").context["cl"].result_list
    assert [invoice.pk for invoice in overdue] == [Invoice.objects.get().pk]


def test_a_person_keeps_uses_and_forgets_a_view(world: World) -> None:
    sam, fiona = signed_in(world.sam), signed_in(world.fiona)
    form = {
        "list": "tenancy.account",
        "name": " My  trials ",
        "query": "status__exact=trial&p=2&q=x",
    }

    kept = sam.post(VIEWS, form, follow=True)

    assert kept.redirect_chain == [(f"{ACCOUNTS}?q=x&status__exact=trial", 302)]
    assert tabs(sam, "status__exact=trial&q=x&p=1")["My trials"] is True
    assert "My trials" in sam.get(VIEWS).content.decode()
    view = SavedView.objects.get()
    # Another person neither sees nor removes it.
    assert "My trials" not in tabs(fiona)
    fiona.post(VIEWS, {"list": "tenancy.account", "forget": view.pk})
    assert SavedView.objects.count() == 1
    for wrong in (
        {**form, "name": "MY TRIALS"},
        {**form, "name": "…"},
        {**form, "name": "x" * 41},
        {**form, "query": "p=2"},
        {**form, "query": "q=" + "x" * 600},
        {**form, "list": "tenancy.apikey"},
        {"forget": "x"},
        {},
    ):
        sam.post(VIEWS, wrong)
    assert SavedView.objects.get() == view

    sam.post(VIEWS, {"list": "tenancy.account", "forget": view.pk})
    assert "My trials" not in tabs(sam)


def test_a_person_has_at_most_twenty(world: World) -> None:
    def keep(number: int) -> SavedView:
        return keeping.keep(
            person=world.sam, list_name="tenancy.account", name=f"V{number}", query="q=x", now=NOW
        )

    views = [keep(number) for number in range(MOST_VIEWS)]
    with pytest.raises(keeping.ViewsFull):
        keep(99)
    # The database holds the limit too.
    for slot in (0, 1, MOST_VIEWS + 1):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedView.objects.create(
                person=world.sam,
                slot=slot,
                list_name="x",
                name=f"{slot}",
                query="q",
                created_at=NOW,
            )

    keeping.forget(person=world.sam, view_id=views[4].pk)
    assert keep(99).slot == views[4].slot
