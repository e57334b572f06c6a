"""The list and page of holds, as an auditor sees them."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import CreditHold
from billing.services import holds
from tests.conftest import World
from tests.factories import NOW, make_staff

pytestmark = pytest.mark.usefixtures("context_kept")

LIST = reverse("admin:billing_credithold_changelist")


@pytest.fixture
def auditor(world: World) -> Client:
    client = Client()
    client.force_login(make_staff("Auditor"))
    return client


@pytest.fixture
def hold(world: World) -> CreditHold:
    facts = {"operation": "content_generation", "units": 1000, "idempotency_key": "job-7"}
    made = holds.reserve(account=world.home, now=NOW, **facts)
    holds.commit(account=world.home, hold_id=made.id, units=800, now=NOW)
    holds.reserve(account=world.other, now=NOW, **facts | {"idempotency_key": "job-8"})
    return CreditHold.objects.get(pk=made.id)


@pytest.mark.parametrize("term", ["job-7", "Home G8", "id"])
def test_a_hold_is_found_by_what_is_quoted(auditor: Client, hold: CreditHold, term: str) -> None:
    page = auditor.get(LIST, {"q": str(hold.pk) if term == "id" else term})

    assert [found.pk for found in page.context["cl"].result_list] == [hold.pk]


def test_a_hold_shows_what_became_of_it(auditor: Client, hold: CreditHold) -> None:
    page = auditor.get(reverse("admin:billing_credithold_change", args=[hold.pk]))

    text = page.content.decode()
    assert page.status_code == 200
    for shown in ("Committed", "Content generation", "1 for 100 words", "job-7", str(hold.pk)):
        assert shown in text


def test_nobody_changes_a_hold_from_here(auditor: Client, hold: CreditHold) -> None:
    for name, arguments in (("add", []), ("change", [hold.pk]), ("delete", [hold.pk])):
        address = reverse(f"admin:billing_credithold_{name}", args=arguments)
        assert auditor.post(address).status_code in (403, 405)
