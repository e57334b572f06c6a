"""The audit trail on the screen: filters, search, and what changed as a table."""

import re

import pytest
from django.test import Client

from billing.services import approval_commands
from console.audit_kinds import KINDS
from console.sign_in import LOCKED, UNKNOWN
from console.site import site
from dev.places import ROOT
from tenancy.models import AuditEvent
from tenancy.services import lifecycle, plans
from tests.conftest import World
from tests.console.admin.conftest import somebody
from tests.factories import NOW, REASON, TICKET, make_plan

pytestmark = pytest.mark.usefixtures("context_kept")

LIST = "/admin/tenancy/auditevent/"
# A verb where it is recorded: by its name, or as the first text of `record` and what calls it.
RECORDED = re.compile(
    r"(?:\bverb=|\brecord\(\s*"
    r"|\b_?(?:record_line|record_posted|turn|set_aside|give_or_take)\(\s*(?:[\w.]+,\s*)*)"
    r'"([a-z_]+)"'
)


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


def test_kinds_and_whose_hand(acted: World, root: Client) -> None:
    assert verbs(root, group="accounts") == ["account_suspended"]
    assert verbs(root, group="plans", by="staff") == ["plan_archived"]
    assert verbs(root, group="plans", by="customers") == []
    assert verbs(root, by="system") == []


def test_every_verb_is_of_one_kind() -> None:
    tried = {
        verb.name
        for screen in site._registry.values()
        for verb in (*screen.verbs, *screen.list_verbs)
    }
    done = {
        found
        for app in ("tenancy", "billing", "console")
        for path in (ROOT / app).rglob("*.py")
        for found in RECORDED.findall(path.read_text())
    }
    assert len(done) > 30
    assert {"money_put_on_account", "line_held", "credits_granted"} <= done

    asked_for = set(approval_commands.COMMANDS)  # run under the name of the verb itself
    recorded = (tried | done) - asked_for

    kinds = {verb: [kind.code for kind in KINDS if kind.has(verb)] for verb in recorded}

    assert {verb: codes for verb, codes in kinds.items() if len(codes) != 1} == {}


def test_the_list_and_the_export_show_old_and_new(acted: World) -> None:
    auditor = somebody("Auditor")

    row = auditor.get(LIST, {"verb": "account_suspended"}).content.decode()
    assert "<strong>suspended</strong>" in row
    export = auditor.post(f"{LIST}export/?verb=account_suspended")
    written = b"".join(export.streaming_content).decode("utf-8-sig")

    assert "Status: active → suspended" in written
    assert all(text in written for text in ("Account suspended", TICKET, "Home G8", REASON))
    assert AuditEvent.objects.first().verb == "list_exported"
    assert verbs(auditor, group="files") == ["list_exported"]


def test_staff_sign_ins_are_kept(world: World, client: Client, root: Client) -> None:
    world.sam.set_password("a long enough password")
    world.sam.save()
    login = "/admin/login/"

    for name, password in (
        (world.sam.email.upper(), "wrong"),
        ("nobody@igny8.example", "wrong"),
        (world.sam.email, "a long enough password"),
    ):
        client.post(login, {"username": name, "password": password})
    client.post("/admin/logout/")
    for _ in range(8):
        client.post(login, {"username": world.sam.email, "password": "wrong"})

    kept = AuditEvent.objects.filter(target_id=str(world.sam.pk)).order_by("id")
    told = [(event.verb, event.actor_label, event.result) for event in kept]
    failed = ("sign_in_refused", UNKNOWN, "refused")
    # After the fifth wrong password the login is locked, and no more is written.
    assert told == [
        failed,
        ("signed_in", world.sam.email, "done"),
        ("signed_out", world.sam.email, "done"),
        *[failed] * 5,
    ]
    assert kept.last().reason == LOCKED
    assert kept.last().ip == "127.0.0.1"
    assert "nobody@igny8.example" not in {event.target_label for event in AuditEvent.objects.all()}
    assert verbs(root, group="sign-in", result__exact="refused") == ["sign_in_refused"] * 6


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
