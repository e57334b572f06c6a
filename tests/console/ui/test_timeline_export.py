"""The timeline as CSV: what is filtered, all of it, for those who may, and kept who took it."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import TransactionType
from billing.services import credits
from console.timeline import walk
from tenancy.models import Account, AuditEvent, User
from tenancy.services import lifecycle
from tests import factories
from tests.conftest import World

SignIn = Callable[[User], Client]


def url(account: Account, **query: object) -> str:
    address = reverse("admin:tenancy_account_timeline_export", args=(account.pk,))
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def rows_of(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def eventful(world: World) -> World:
    now = timezone.now()
    lifecycle.suspend(
        account=world.home,
        code="abuse",
        by=world.sam,
        reason="=HYPERLINK(evil)",
        now=now,
        ticket_url=factories.TICKET,
    )
    factories.make_ledger_row(
        world.home, amount=-2, type=TransactionType.DEDUCTION, operation="image_generation"
    )
    credits.grant(account=world.home, amount=50, by=world.fiona, reason="Sorry", now=now)
    return world


def test_it_has_every_event_and_row_in_words(
    eventful: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "LOOKED_THROUGH", 1)
    response = as_(eventful.fiona).post(url(eventful.home, tab="timeline"))
    rows = rows_of(response)

    assert "timeline-home-g8-" in response["Content-Disposition"]
    assert [row["What"] for row in rows if not row["Credits"]] == [
        "Credits granted",
        "Account suspended",
    ]
    assert [row["Credits"] for row in rows if row["Credits"]] == ["50", "-2", "1000"]
    suspended = rows[[row["What"] for row in rows].index("Account suspended")]
    assert suspended["Changes"] == "Status: active → suspended; Status reason: – → abuse"
    assert suspended["Why"] == "'=HYPERLINK(evil)"
    assert suspended["Ticket"] == factories.TICKET
    assert suspended["Who"] == "sam@igny8.example"

    event = AuditEvent.objects.get(verb="timeline_exported")
    assert (event.actor, event.account) == (eventful.fiona, eventful.home)
    assert event.after["rows"] == len(rows) == 5


def test_it_has_what_is_filtered_and_no_more(eventful: World, as_: SignIn) -> None:
    auditor = factories.make_staff("Auditor")
    credits_alone = rows_of(as_(auditor).post(url(eventful.home, kind="credits")))
    assert [row["What"] for row in credits_alone] == [
        "Credits granted",
        "Grant",
        "Deduction",
        "Opening balance",
    ]
    by_sam = rows_of(as_(auditor).post(url(eventful.home, by=eventful.sam.pk)))
    assert [row["What"] for row in by_sam] == ["Account suspended"]
    kept = AuditEvent.objects.filter(verb="timeline_exported").first()
    assert kept.after == {"rows": 1, "filters": f"tab=timeline&by={eventful.sam.pk}"}


def test_who_may_not_has_no_button_and_the_attempt_is_kept(world: World, as_: SignIn) -> None:
    page = reverse("admin:tenancy_account_change", args=(world.home.pk,)) + "?tab=timeline"
    assert "Export CSV" in as_(world.fiona).get(page).content.decode()
    assert "Export CSV" not in as_(world.sam).get(page).content.decode()
    assert as_(world.sam).post(url(world.home)).status_code == 403
    refused = AuditEvent.objects.get(verb="timeline_exported")
    assert (refused.result, refused.actor) == (AuditEvent.Result.REFUSED, world.sam)
    assert as_(world.fiona).get(url(world.home)).status_code == 405
    unknown = url(Account(pk=99_999_999))
    assert as_(world.fiona).post(unknown).status_code == 404
