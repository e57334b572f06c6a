"""Locking, reasons, history and audit: the lines that every verb is made of."""

from datetime import date

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from tenancy import context, records
from tenancy.errors import InvalidValue
from tenancy.models import Account, AuditEvent, Plan
from tests.conftest import World
from tests.digest import refused
from tests.factories import NOW, REASON, make_account, make_plan


def test_a_lock_outside_a_transaction_raises(committed: None) -> None:
    account = make_account()

    with pytest.raises(TransactionManagementError):
        records.lock(account)


def test_a_lock_brings_the_callers_object_up_to_date(world: World) -> None:
    stale = Account.objects.get(pk=world.home.pk)
    Account.objects.filter(pk=world.home.pk).update(name="Renamed")

    with transaction.atomic():
        records.lock(stale)

    assert stale.name == "Renamed"


def test_a_reason_is_kept_without_blanks_around_it() -> None:
    assert records.clean_reason("  asked by mail \n") == "asked by mail"
    assert records.clean_reason("顧客の依頼") == "顧客の依頼"
    assert records.clean_reason("x" * 1000) == "x" * 1000


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "--", "a\x00b", "x" * 1001], ids=ascii)
def test_a_reason_that_says_nothing_or_cannot_be_kept_is_refused(reason: str) -> None:
    with pytest.raises(records.ReasonRequired) as caught:
        records.clean_reason(reason)

    assert caught.value.facts == {"field": "reason"}


def test_who_and_why_do_not_slip_into_the_next_save(world: World) -> None:
    world.home.name = "Renamed"
    records.save_with_history(world.home, by=world.sam, reason=REASON, fields=["name"])

    world.home.save()

    newest, before = world.home.history.all()[:2]
    assert (before.history_user, before.history_change_reason) == (world.sam, REASON)
    assert (newest.history_user, newest.history_change_reason) == (None, None)


def test_only_the_named_fields_are_saved(world: World) -> None:
    world.home.name = "Renamed"
    world.home.billing_email = "not.asked@homeg8.example"

    records.save_with_history(world.home, by=None, reason=REASON, fields=["name"])

    saved = Account.objects.get(pk=world.home.pk)
    assert (saved.name, saved.billing_email) == ("Renamed", "")
    assert saved.updated_at > saved.created_at


def test_a_snapshot_holds_json_values(db: None) -> None:
    plan = make_plan(features=["ai_writer"], archived_at=NOW, is_public=False)
    plan.position = date(2025, 11, 12)

    assert records.snapshot(plan, ("features", "price", "archived_at", "position")) == {
        "features": ["ai_writer"],
        "price": "89.00",
        "archived_at": "2025-11-12T09:30:00+00:00",
        "position": "2025-11-12",
    }


def test_an_event_leaves_out_what_stayed_the_same(world: World) -> None:
    event = records.record(
        "tried",
        by=world.sam,
        reason=REASON,
        target=world.home,
        account=world.home,
        before={"name": "Home G8", "status": "active"},
        after={"name": "Home G9", "status": "active", "credits": 5},
    )

    assert (event.before, event.after) == ({"name": "Home G8"}, {"name": "Home G9", "credits": 5})


def test_an_event_says_who_where_and_on_what(world: World) -> None:
    where = context.RequestContext(door="console", request_id="req-1", ip="203.0.113.7")

    with context.use(where):
        event = records.record(
            "bank_transfer_confirmed", by=world.sam, reason=REASON, target=world.home, account=None
        )

    event.refresh_from_db()
    assert (event.actor, event.actor_label) == (world.sam, "sam@igny8.example")
    assert (event.target_type, event.target_id) == ("account", str(world.home.pk))
    assert (event.door, event.request_id, event.ip) == ("console", "req-1", "203.0.113.7")
    assert str(event) == "Bank transfer confirmed: Home G8"
    assert context.current().door == "shell"


def test_the_system_is_an_actor_too(world: World) -> None:
    event = records.record("tried", by=None, reason=REASON, target=world.home, account=world.home)

    assert (event.actor, event.actor_label) == (None, "system")


def test_an_event_keeps_the_name_of_the_time(world: World) -> None:
    records.record("tried", by=world.sam, reason=REASON, target=world.home, account=world.home)
    world.sam.email = "samuel@igny8.example"
    world.sam.save()

    assert AuditEvent.objects.get().actor_label == "sam@igny8.example"


@pytest.mark.parametrize(
    "link",
    ["ticket 4711", "javascript:alert(1)", "ftp://desk.example.com/1", "https://x/" + "a" * 500],
)
def test_a_ticket_is_a_link_to_the_web_or_nothing(world: World, link: str) -> None:
    with refused(InvalidValue, says="is no link to a ticket"):
        records.record(
            "tried",
            by=world.sam,
            reason=REASON,
            target=world.home,
            account=world.home,
            ticket_url=link,
        )


def test_verbs_are_read_as_words() -> None:
    assert AuditEvent(verb="api_key_rotated").get_verb_label() == "API key rotated"
    assert AuditEvent(verb="plan_edited").get_verb_label() == "Plan edited"


def test_customers_may_act_on_their_own_account(world: World) -> None:
    records.refuse_own_account(by=world.alice, account=world.home)
    records.refuse_own_account(by=None, account=world.home)
    records.refuse_own_account(by=world.sam, account=world.home)

    world.alice.is_staff = True
    with pytest.raises(records.OwnAccount):
        records.refuse_own_account(by=world.alice, account=world.home)


def test_a_plan_is_its_name() -> None:
    assert str(Plan(name="Starter")) == "Starter"
