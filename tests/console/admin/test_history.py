"""The history page: read by those who may see the object, and written by nobody."""

import pytest
from django.test import Client

from billing.models import Invoice, PaymentStatus
from console.history import entries_of, read
from tenancy.models import Account, Plan
from tenancy.services import accounts, lifecycle
from tests.conftest import World
from tests.console.admin.conftest import somebody
from tests.digest import nothing_changes
from tests.factories import NOW, REASON, TICKET, make_receipt, open_transfer

pytestmark = pytest.mark.usefixtures("context_kept")

WRITES = ("post", "put", "patch", "delete")


def history(target: object) -> list:
    return read(target, entries_of(target))


def address(account: Account, row: str = "") -> str:
    return f"/admin/tenancy/account/{account.pk}/history/{row}"


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("who", ["superuser", "Auditor"])
def test_a_history_takes_no_writes(method: str, who: str, world: World) -> None:
    client = somebody(who)
    world.home.save()
    row = world.home.history.first()
    everything = {"name": "Taken over", "status": "active", "plan": "1", "slug": "taken"}
    with nothing_changes():
        for path in (address(world.home), address(world.home, f"{row.pk}/")):
            assert getattr(client, method)(path, everything).status_code == 405


def test_one_row_leads_to_the_whole(world: World) -> None:
    response = somebody("Auditor").get(address(world.home, "1/"))

    assert response.url == address(world.home)


@pytest.mark.parametrize("row", ["", "1/"])
def test_without_the_right_to_see_it_there_is_no_history(row: str, world: World) -> None:
    assert somebody("no group").get(address(world.home, row)).status_code == 403


def test_an_object_that_is_not_there_has_none(world: World) -> None:
    assert somebody("Auditor").get("/admin/tenancy/account/999999/history/").status_code == 404
    assert somebody("Auditor").get("/admin/tenancy/account/x/history/").status_code == 404


def test_it_says_who_when_why_and_what(world: World) -> None:
    lifecycle.suspend(
        account=world.home,
        code="abuse",
        by=world.sam,
        reason=REASON,
        ticket_url=TICKET,
        now=NOW,
    )

    newest = history(world.home)[0]

    assert (newest.who, newest.person, newest.why) == (world.sam.email, world.sam, REASON)
    assert (newest.what, newest.ticket_url) == ("Account suspended", TICKET)
    told = {change.label: (change.before, change.after) for change in newest.changes}
    assert told["Status"] == ("active", "suspended")
    assert told["Status reason"][1] == "abuse"
    page = somebody("Auditor").get(address(world.home)).content.decode()
    for text in (world.sam.email, "Account suspended", REASON, TICKET, "Status reason"):
        assert text in page


def test_a_change_is_told_once_though_two_tables_keep_it(world: World) -> None:
    before = len(history(world.home))

    accounts.edit(account=world.home, changes={"name": "Home G9"}, by=world.sam, reason=REASON)

    assert len(history(world.home)) == before + 1


def test_what_no_event_tells_is_there_too(world: World) -> None:
    plan = Plan.objects.first()
    plan.save()
    plan.max_sites = 7
    plan.save()

    newest = history(plan)[0]

    assert (newest.what, newest.who, newest.why) == ("Changed", "system", "")
    assert [(c.label, c.before, c.after) for c in newest.changes] == [("Max sites", "1", "7")]
    page = somebody("Auditor").get(f"/admin/tenancy/plan/{plan.pk}/history/")
    assert "No reason was given." in page.content.decode()


def test_a_first_row_that_is_no_creation_claims_no_changes(world: World) -> None:
    plan = Plan.objects.first()
    plan.save()

    assert [(entry.what, entry.changes) for entry in history(plan)] == [("Changed", [])]


def test_a_paid_invoice_names_the_transfer_that_paid_it(world: World) -> None:
    from billing.services import bank_transfers

    payment = open_transfer(world.home)
    bank_transfers.confirm(
        payment=payment,
        receipt=make_receipt(payment),
        by=world.fiona,
        reason=REASON,
        ticket_url=TICKET,
        now=NOW,
    )

    newest = history(Invoice.objects.get(payment=payment))[0]

    assert payment.status == PaymentStatus.CONFIRMED
    assert (newest.what, newest.ticket_url) == ("Bank transfer confirmed", TICKET)
    assert ("Status", "open", "paid") in [(c.label, c.before, c.after) for c in newest.changes]


def test_a_refused_attempt_is_part_of_it(world: World) -> None:
    somebody("Auditor").post(f"/admin/tenancy/account/{world.home.pk}/suspend/")

    newest = history(world.home)[0]

    assert newest.refused
    assert "Refused" in somebody("Auditor").get(address(world.home)).content.decode()


def test_a_long_history_has_pages(world: World, root: Client) -> None:
    for number in range(30):
        accounts.edit(
            account=world.home, changes={"name": f"Home {number}"}, by=world.sam, reason=REASON
        )

    first, second = (root.get(address(world.home), {"p": page}) for page in (1, 2))

    assert len(first.context["entries"]) == 25
    assert len(second.context["entries"]) >= 5
    assert first.context["entries"][0].at > second.context["entries"][0].at
    assert root.get(address(world.home), {"p": "x"}).status_code == 200


def test_a_longer_history_costs_no_more_queries(
    world: World, root: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(20):
        world.home.name = f"Home {number}"
        world.home.save()

    with django_assert_max_num_queries(14):
        root.get(address(world.home))
