"""The audit trail on the screen: filters, search, and what changed as a table."""

import pytest
from django.test import Client

from tenancy.models import AuditEvent
from tenancy.services import lifecycle, plans
from tests.conftest import World
from tests.factories import NOW, REASON, TICKET, make_plan

LIST = "/admin/tenancy/auditevent/"


@pytest.fixture
def acted(world: World) -> World:
    lifecycle.suspend(
        account=world.home, code="abuse", by=world.sam, reason=REASON, ticket_url=TICKET, now=NOW
    )
    plans.archive(plan=make_plan(), by=world.fiona, reason="No longer sold", now=NOW)
    return world


def verbs(client: Client, **query: object) -> list[str]:
    return [event.verb for event in client.get(LIST, query).context["cl"].result_list]


def test_newest_first(acted: World, root: Client) -> None:
    assert verbs(root)[:2] == ["plan_archived", "account_suspended"]


def test_filters(acted: World, root: Client) -> None:
    assert verbs(root, verb="plan_archived") == ["plan_archived"]
    assert verbs(root, actor__id__exact=acted.sam.pk) == ["account_suspended"]
    assert verbs(root, account__id__exact=acted.home.pk) == ["account_suspended"]
    assert verbs(root, result__exact="refused") == []
    assert verbs(root, door="job") == []


def test_search(acted: World, root: Client) -> None:
    assert verbs(root, q="sam@igny8") == ["account_suspended"]
    assert verbs(root, q="home g8") == ["account_suspended"]


def test_the_detail_shows_old_and_new(acted: World, root: Client) -> None:
    event = AuditEvent.objects.get(verb="account_suspended")

    page = root.get(f"{LIST}{event.pk}/change/").content.decode()

    assert '<th scope="row">Status</th><td>active</td><td>suspended</td>' in page
    assert f'href="/admin/tenancy/account/{acted.home.pk}/change/"' in page
    assert f'href="{TICKET}"' in page
    assert '{"' not in page.partition("<main")[2]
