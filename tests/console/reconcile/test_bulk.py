"""Confirm what is ticked: each line on its own, once, and nothing but what was shown."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from billing.models import Allocation, LineState, Payment, PaymentStatus
from billing.services import line_verbs, reconciliation
from console.reconcile import bulk
from console.reconcile.rows import Tick
from tenancy.models import AuditEvent
from tests.conftest import World
from tests.console.reconcile.conftest import (
    QUEUE,
    REASON,
    RESULT,
    by_hand,
    days_ago,
    form,
    line_for,
    tick,
    waiting,
)
from tests.digest import nothing_changes
from tests.factories import make_staff, open_transfer
from tests.racing import at_once
from tests.signing_in import signed_in

pytestmark = pytest.mark.usefixtures("context_kept")


def results_of(client: Client) -> dict[str, tuple[bool, str]]:
    """What the result page tells, by reference."""
    found = client.get(RESULT).context["results"]
    return {result.reference: (result.is_done, result.message) for result in found}


def test_each_ticked_line_is_done_or_refused_on_its_own(finance: Client, world: World) -> None:
    exact, under, over, booked, taken = (waiting() for _ in range(5))
    lines = [line_for(exact), line_for(under, "70.00"), line_for(over, "100.00")]
    by_hand(world, booked)
    booked.refresh_from_db()
    linked = line_for(booked, bank_transaction_id="BY-HAND")
    late = line_for(taken)
    ticks = [
        *map(tick, lines, (exact, under, over)),
        tick(linked, booked),
        tick(late, taken),
    ]
    other = make_staff(email="faster@igny8.example")
    line_verbs.ignore(line=late, by=other, reason="Interest", now=days_ago(0))

    page = finance.post(f"{QUEUE}?age=0-2", form(*ticks))

    assert (page.status_code, page.url) == (302, RESULT)
    told = results_of(finance)
    assert told[exact.reference] == (
        True,
        f"{exact.reference} is confirmed: {exact.account.name} is active on "
        f"{exact.account.plan.name}.",
    )
    assert told[under.reference][1].endswith("is partly paid, 19.00 USD still to come.")
    assert told[over.reference][1].endswith(f"11.00 USD wait on {over.account.name}, unapplied.")
    assert told[booked.reference][1].startswith("The line is linked to")
    refused, why = told[taken.reference]
    assert not refused
    assert "is ignored already: 89.00 USD ignored by faster@igny8.example at " in why
    assert [done for done, _ in told.values()] == [True] * 4 + [False]

    for line in (*lines, linked):
        line.refresh_from_db()
        assert line.remaining == 0
    statuses = [Payment.objects.get(pk=each.pk).status for each in (exact, under, over, taken)]
    assert statuses == ["confirmed", "partially_paid", "confirmed", "awaiting"]
    shown = finance.get(RESULT).content.decode()
    assert "4 lines done." in shown
    assert "1 line refused; nothing was changed there." in shown
    assert f'href="{QUEUE}?age=0-2"' in shown
    event = AuditEvent.objects.get(result="refused")
    assert (event.verb, event.reason, event.target_id) == ("apply", REASON, str(late.pk))
    assert event.account == taken.account
    reasons = set(Allocation.objects.exclude(line=late).values_list("reason", flat=True))
    assert reasons == {REASON}


def test_the_same_form_twice_does_nothing_twice_and_tries_again_what_was_refused(
    finance: Client, world: World
) -> None:
    payment, waits = waiting(), waiting()
    line, blocked = line_for(payment), line_for(waits)
    sent = form(tick(line, payment), tick(blocked, waits))
    reconciliation.put_on_account(
        line=blocked, account=world.other, by=world.fiona, reason="Whose?", now=days_ago(0)
    )
    finance.post(QUEUE, sent)
    assert [done for done, _ in results_of(finance).values()] == [True, False]

    line_verbs.reopen(line=blocked, by=world.fiona, reason="Known now", now=days_ago(0))
    finance.post(QUEUE, sent)

    assert [done for done, _ in results_of(finance).values()] == [True, True]
    with nothing_changes():
        finance.post(QUEUE, sent)
    page = finance.get(RESULT).content.decode()
    assert "Already done, nothing was done again." in page
    assert f"{payment.reference} is confirmed" in page
    assert line.allocations.count() == 1


def test_nothing_is_done_but_what_was_shown(finance: Client, world: World) -> None:
    payment = waiting()
    line, first = line_for(payment), line_for(payment, "50.00")
    shown = form(tick(line, payment))
    reconciliation.apply(
        line=first, payment=payment, by=world.fiona, reason="A part", now=days_ago(0)
    )

    finance.post(QUEUE, shown)

    ((done, why),) = results_of(finance).values()
    assert not done
    assert "changed since you looked" in why
    line.refresh_from_db()
    payment.refresh_from_db()
    assert (line.state, line.remaining) == (LineState.NEW, Decimal("89.00"))
    assert (payment.status, payment.received_total) == ("partially_paid", Decimal("50.00"))


def test_somebody_elses_form_and_what_is_gone_are_refused(finance: Client, world: World) -> None:
    payment = waiting()
    line = line_for(payment)
    sent = form(tick(line, payment), "999999:1:89.00:89.00")
    finance.post(QUEUE, sent)
    assert list(results_of(finance)) == [payment.reference]
    colleague = signed_in(make_staff("Finance"))

    colleague.post(QUEUE, sent)

    assert results_of(colleague)[payment.reference] == (
        False,
        "This form was used already. Open it again.",
    )


def test_of_two_people_at_once_one_wins_and_the_other_is_told_who_and_when(
    committed_world: World,
) -> None:
    now = days_ago(0)
    payment = open_transfer(committed_world.other, now=now)
    line = line_for(payment)
    shown = [Tick.read(tick(line, payment))]
    people = (committed_world.fiona, make_staff("Finance", email="faye@igny8.example"))

    def confirming(person: object) -> object:
        return lambda: bulk.confirm(ticks=shown, token=uuid4(), by=person, reason=REASON)

    outcomes = [outcome.result[0] for outcome in at_once(*map(confirming, people))]

    assert sorted(outcome.is_done for outcome in outcomes) == [False, True]
    winner = people[[outcome.is_done for outcome in outcomes].index(True)]
    (lost,) = [outcome.message for outcome in outcomes if not outcome.is_done]
    assert f"by {winner.email} at {now:%Y-%m-%d} " in lost
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED
    assert line.allocations.count() == 1
