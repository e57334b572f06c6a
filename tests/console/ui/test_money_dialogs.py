"""The dialogs of money in: consequences first, then the service, or a request for approval."""

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

from django.contrib.messages import get_messages
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import Approval, LineState, Payment, PaymentStatus, TransactionType
from billing.services import line_verbs, reconciliation, unapplied
from tenancy.models import AuditEvent, User
from tests import factories
from tests.conftest import World

HTMX = {"HX-Request": "true"}
SignIn = Callable[[User], Client]


def url_of(target: models.Model, verb: str) -> str:
    opts = target._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{verb}", args=(target.pk,))


def read(client: Client, target: models.Model, verb: str) -> str:
    """The dialog alone, without the page around it."""
    answer = client.get(url_of(target, verb), headers=HTMX)
    return " ".join(answer.content.decode().split())


def submit(client: Client, target: models.Model, verb: str, **facts: object) -> str:
    """POST the dialog: what it answers, be it the message of success or the form again."""
    token = str(uuid4())
    posted = {"token": token, "reason": "As the statement says", **facts}
    answer = client.post(url_of(target, verb), posted, headers=HTMX)
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    return " ".join([*said, *answer.content.decode().split()])


def partly_paid(world: World, amount: str) -> Payment:
    payment, now = factories.open_transfer(world.other), timezone.now()
    line = factories.make_line(Decimal(amount))
    reconciliation.apply(line=line, payment=payment, by=world.fiona, reason="Came", now=now)
    payment.refresh_from_db()
    return payment


def test_a_line_is_held_put_on_an_account_and_reopened(world: World, as_: SignIn) -> None:
    client, line = as_(world.fiona), factories.make_line(Decimal("50.00"))

    assert "is held." in submit(client, line, "hold_line")
    assert "The line is held already." in read(client, line, "hold_line")
    assert "is among the new ones again" in submit(client, line, "release_line")
    assert "There is no account with the slug “nobody”" in submit(
        client, line, "put_on_account", account="nobody"
    )
    page = submit(client, line, "put_on_account", account=" Home-G8 ")
    assert "50.00 USD wait on the account Home G8." in page
    assert "is applied already: 50.00 USD put on the account Home G8" in read(
        client, line, "ignore_line"
    )
    assert "50.00 USD unapplied, on the account (Home G8)" in read(client, line, "reopen_line")
    assert "50.00 USD of 2025-11-11 50.00 USD are open again." in submit(
        client, line, "reopen_line"
    )
    assert "nothing was changed" in read(client, line, "reopen_line")
    assert "50.00 USD of 2025-11-11 50.00 USD are ignored." in submit(client, line, "ignore_line")
    submit(client, line, "reopen_line")
    assert "are returned." in submit(client, line, "return_line")
    line.refresh_from_db()
    assert line.state == LineState.RETURNED


def test_unapplied_money_is_used_and_returned_from_the_account_page(
    world: World, as_: SignIn
) -> None:
    client = as_(world.fiona)
    waiting = factories.put_unapplied(world.other, "100.00")
    page = (
        read(client, world.other, "change")
        + client.get(f"{url_of(world.other, 'change')}?tab=billing").content.decode()
    )
    assert "Unapplied money" in page
    assert url_of(waiting, "use_unapplied") in page
    assert "has no open bank transfer to use it for" in read(client, waiting, "use_unapplied")

    payment = factories.open_transfer(world.other)
    page = read(client, waiting, "use_unapplied")
    assert f"{payment.reference}: 89.00 USD" in page
    page = submit(client, waiting, "use_unapplied", payment=payment.pk)

    assert f"{payment.reference} is confirmed with 89.00 USD that waited." in page
    assert "This money was used, returned or reopened already." in read(
        client, waiting, "use_unapplied"
    )
    rest = unapplied.of_account(world.other).get()
    assert "11.00 USD of TacBit are returned." in submit(client, rest, "return_unapplied")
    assert unapplied.total(world.other) == 0


def test_too_little_unapplied_money_says_what_it_leaves(world: World, as_: SignIn) -> None:
    waiting = factories.put_unapplied(world.other, "9.00")
    factories.open_transfer(world.other)

    page = read(as_(world.fiona), waiting, "use_unapplied")

    assert "partly paid, 80.00 USD still outstanding" in page


def test_a_transfer_is_reversed_once(world: World, as_: SignIn) -> None:
    client = as_(world.fiona)
    payment = factories.confirm(factories.open_transfer(world.other), by=world.fiona)

    page = read(client, payment, "reverse_transfer")
    for words in ("Credits to spend", "1,500", "500", "void", "active"):
        assert words in page
    page = submit(client, payment, "reverse_transfer")

    assert f"{payment.reference} is reversed: 1,000 credits were taken back" in page
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REVERSED
    assert "is reversed; only a confirmed bank transfer" in read(
        client, payment, "reverse_transfer"
    )
    assert as_(world.sam).get(url_of(payment, "reverse_transfer")).status_code == 403


def test_an_older_transfer_says_which_one_stands_in_the_way(world: World, as_: SignIn) -> None:
    first = factories.confirm(factories.open_transfer(world.other), by=world.fiona)
    second = factories.confirm(factories.open_transfer(world.other), by=world.fiona)

    page = read(as_(world.fiona), first, "reverse_transfer")

    assert f"{second.reference} was confirmed after {first.reference}" in page
    assert 'type="submit"' not in page[page.index("data-verb-form") :].partition("</form>")[0]


def test_spent_credits_send_the_reversal_for_approval(world: World, as_: SignIn) -> None:
    client = as_(world.fiona)
    payment = factories.confirm(factories.open_transfer(world.other), by=world.fiona)
    factories.make_ledger_row(world.other, amount=-700, type=TransactionType.DEDUCTION)

    assert "200 of the 1,000 credits it brought are spent: this will be sent for approval" in read(
        client, payment, "reverse_transfer"
    )
    page = submit(client, payment, "reverse_transfer")

    assert "sent for approval" in page
    approval = Approval.objects.get()
    assert (approval.verb, approval.facts) == ("reverse_transfer", {"payment": payment.pk})
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED


def test_a_shortfall_is_written_off_or_sent_for_approval(world: World, as_: SignIn) -> None:
    client, payment = as_(world.fiona), partly_paid(world, "80.00")

    page = read(client, payment, "write_off")
    assert "One person writes off up to 5.00 USD: this will be sent for approval" in page
    assert "sent for approval" in submit(client, payment, "write_off")
    assert Approval.objects.get().verb == "write_off"

    line = factories.make_line(Decimal("6.00"))
    facts = {"by": world.fiona, "reason": "Came", "now": timezone.now()}
    reconciliation.apply(line=line, payment=payment, **facts)
    page = submit(client, payment, "write_off")
    assert f"{payment.reference} is confirmed, 3.00 USD written off: TacBit is active" in page
    assert "was already confirmed by fiona@igny8.example" in read(client, payment, "write_off")


def test_rejecting_says_what_becomes_of_money_that_came(world: World, as_: SignIn) -> None:
    client, payment = as_(world.fiona), partly_paid(world, "40.00")

    assert "40.00 USD" in read(client, payment, "reject")
    assert "unapplied, on the account" in read(client, payment, "reject")
    assert "49.00 USD for" in read(client, payment, "confirm")
    assert "Nothing has come for" in read(client, factories.open_transfer(world.home), "write_off")


def test_a_refused_attempt_is_kept(world: World, as_: SignIn) -> None:
    client, line = as_(world.fiona), factories.make_line(Decimal("50.00"))
    facts = {"by": world.ruth, "reason": "Interest", "now": timezone.now()}
    line_verbs.ignore(line=line, **facts)

    page = submit(client, line, "return_line")

    assert "ignored by ruth@igny8.example" in page
    event = AuditEvent.objects.get(verb="return_line", result=AuditEvent.Result.REFUSED)
    assert (event.account, event.target_id) == (None, str(line.pk))
