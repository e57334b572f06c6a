"""The filter by days has its last day in it, and is not thrown by what is no date."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from console.site import site
from tenancy.models import AuditEvent
from tests.conftest import World

pytestmark = pytest.mark.usefixtures("context_kept")

LAST_SECOND = datetime(2025, 11, 12, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def event(world: World) -> AuditEvent:
    return AuditEvent.objects.create(
        at=LAST_SECOND,
        actor_label="system",
        verb="late",
        target_type="plan",
        target_label="x",
        reason="x",
        door="job",
    )


@pytest.mark.parametrize(
    ("first", "last", "is_in"),
    [
        ("2025-11-12", "2025-11-12", True),
        ("2025-11-11", "", True),
        ("", "2025-11-12", True),
        ("2025-11-13", "", False),
        ("", "2025-11-11", False),
        ("12/11/2025 x", "x", True),
    ],
)
def test_days(first: str, last: str, is_in: bool, event: AuditEvent, root: Client) -> None:
    shown = root.get("/admin/tenancy/auditevent/", {"at_from": first, "at_to": last})

    assert (event in shown.context["cl"].result_list) is is_in


def test_a_wrong_date_is_said(event: AuditEvent, root: Client) -> None:
    shown = root.get("/admin/tenancy/auditevent/", {"at_from": "tomorrow"})

    assert "Enter a valid date." in shown.content.decode()


def test_the_last_day_of_all_is_no_failure(event: AuditEvent, root: Client) -> None:
    shown = root.get("/admin/tenancy/auditevent/", {"at_to": "9999-12-31"})

    assert shown.status_code == 200


def test_a_list_of_days_is_ordered_by_them_and_by_an_index(event: AuditEvent, root: Client) -> None:
    later = AuditEvent.objects.get(pk=event.pk)
    later.pk, later.at = None, LAST_SECOND - timedelta(hours=1)
    later.save(force_insert=True)
    address = "/admin/tenancy/auditevent/?verb=late"

    def listed(query: str) -> list[AuditEvent]:
        return list(root.get(f"{address}{query}").context["cl"].result_list)

    assert listed("") == [later, event]
    assert listed("&at_from=2025-11-12") == [event, later]
    led = {
        f"{model._meta.label}.{name}": any(
            index.fields == [name, "id"] for index in model._meta.indexes
        )
        for model, screen in site._registry.items()
        for name in getattr(screen, "ordered_by_day", ())
    }
    assert len(led) == 7
    assert all(led.values()), led
