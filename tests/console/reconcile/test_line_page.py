"""One line: what it may be for, the search, the split, and every dialog of a line."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import LineState, Payment, PaymentStatus, StatementLine
from billing.services import line_verbs
from billing.services.unapplied import total
from console.reconcile.search import find
from tests.conftest import World
from tests.console.reconcile.conftest import (
    QUEUE,
    REASON,
    by_hand,
    days_ago,
    line_for,
    line_with,
    page_of,
    verb_url,
    waiting,
)
from tests.digest import nothing_changes
from tests.factories import make_account, make_plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("context_kept")]


def sent(**overrides: object) -> dict[str, object]:
    return {"token": uuid4(), "reason": REASON} | overrides


def record_of(line: StatementLine) -> str:
    return reverse("admin:billing_statementline_change", args=(line.pk,))


def done(client: Client, line: StatementLine, verb: str, query: str = "", **facts: object) -> str:
    """Send a dialog's form; the address it leads to, after which the line is read again."""
    answer = client.post(verb_url(line, verb, query), sent(**facts))
    assert answer.status_code == 302, answer.content.decode()
    line.refresh_from_db()
    return answer.url


def refusal(
    client: Client, line: StatementLine, verb: str, query: str = "", **facts: object
) -> str:
    """What a refused dialog says; nothing but the attempt is kept."""
    answer = client.post(verb_url(line, verb, query), sent(**facts))
    assert answer.status_code == 200
    page = answer.content.decode()
    return page[page.index("data-verb-form") :].partition("</form>")[0]


def test_the_search_finds_by_everything_a_payer_writes(world: World) -> None:
    payment = waiting(world.other)
    slip = payment.reference[:-2] + payment.reference[-2:][::-1]
    closed = waiting(world.home, status=PaymentStatus.REJECTED)

    for term in (
        payment.reference,
        payment.reference.lower().replace("-", " "),
        payment.reference[:7],
        payment.invoice.number,
        "tacbit",
        "TacB",
        "charlie@tacbit.example",
    ):
        (hit,) = find(term)
        assert (hit.account, hit.payment, hit.slip) == (world.other, payment, ""), term
    if slip != payment.reference:
        (hit,) = find(f"please {slip}")
        assert hit.payment == payment
        assert "swapped" in hit.slip
    (hit,) = find(closed.reference)
    assert hit.payment == closed
    (hit,) = find("home g8")
    assert (hit.account, hit.payment) == (world.home, None)
    assert find("x") == find("nobody at all") == find("") == []


def test_the_page_shows_line_suggestions_search_and_split_in_a_fixed_number_of_queries(
    finance: Client, world: World
) -> None:
    payment = waiting(world.other)
    line = line_for(payment, "100.00", bank_transaction_id="BANK-7")
    plan = make_plan()
    for number in range(8):
        waiting(make_account(name=f"Garden {number}", plan=plan))
    finance.get(page_of(line))

    def queries(term: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            page = finance.get(f"{page_of(line)}?q={term}&part=p{payment.pk}")
        assert page.status_code == 200
        return len(counted)

    assert queries("garden 1") == queries("garden") <= 26
    page = finance.get(f"{page_of(line)}?q=garden").content.decode()
    assert "BANK-7" in page
    assert "11.00 USD more than the 89.00 USD outstanding" in page
    assert page.count("Apply to IG-") == 9
    assert "Nobody is found by" in finance.get(f"{page_of(line)}?q=zebra").content.decode()


def test_a_line_that_names_two_is_split_over_them(finance: Client, world: World) -> None:
    mine, theirs = waiting(world.other), waiting()
    line = line_with(f"{mine.reference} {theirs.reference}", "180.00")
    query = f"?part=p{mine.pk}&part=p{theirs.pk}&part=a{world.home.pk}"
    page = finance.get(page_of(line)).content.decode()
    assert "Split over 2 parts" in page
    assert "Leave out" in page
    amounts = {f"p{mine.pk}": "89.00", f"p{theirs.pk}": "89.00"}
    form = finance.get(verb_url(line, "split", query)).context["form"]
    assert [form[name].value() for name in (*amounts, f"a{world.home.pk}")] == [
        Decimal("89.00"),
        Decimal("89.00"),
        Decimal("2.00"),
    ]

    for last, says in (
        ("1.99", "0.01 have no part yet"),
        ("2.01", "0.01 are more than there is"),
        ("0", "A part is an amount above 0"),
        ("1,00", "Write the amount with a point, such as 89.00."),
    ):
        facts = amounts | {f"a{world.home.pk}": last}
        assert says in refusal(finance, line, "split", query, **facts)
        line.refresh_from_db()
        assert line.remaining == Decimal("180.00")
    alone = {f"p{mine.pk}": "180.00"}
    assert "Choose at least two parts" in refusal(
        finance, line, "split", f"?part=p{mine.pk}", **alone
    )

    done(finance, line, "split", query, **amounts | {f"a{world.home.pk}": "2.00"})

    assert line.state == LineState.SPLIT
    assert total(world.home) == Decimal("2.00")
    assert set(Payment.objects.values_list("status", flat=True)) == {"confirmed"}


def test_what_was_chosen_is_in_the_dialog_and_is_done(finance: Client, world: World) -> None:
    payment, booked = waiting(world.other), waiting()
    by_hand(world, booked)
    lines = {
        "apply": (line_with("Thanks"), f"?payment={payment.pk}", "Amount equal and nothing else"),
        "link": (
            line_with("", bank_transaction_id="BY-HAND"),
            f"?payment={booked.pk}",
            "stay: it was carried out when it was booked",
        ),
        "put_on_account": (
            line_with("Ahead"),
            f"?account={world.home.pk}",
            f'value="{world.home.slug}"',
        ),
    }
    for verb, (line, query, says) in lines.items():
        with nothing_changes():
            assert says in finance.get(verb_url(line, verb, query)).content.decode()
        account = {"account": world.home.slug} if verb == "put_on_account" else {}

        assert done(finance, line, verb, query, **account) == record_of(line)

        assert line.state == LineState.APPLIED
    shown = finance.get(page_of(lines["put_on_account"][0])).content.decode()
    assert "Unapplied, on the account".lower() in shown
    assert f"by {world.fiona}" in shown
    assert verb_url(line, "reopen_line") in shown
    assert total(world.home) == Decimal("89.00")
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CONFIRMED


def test_a_dialog_without_its_choice_asks_for_one(finance: Client) -> None:
    line = line_with("Thanks")
    for verb in ("apply", "link"):
        with nothing_changes():
            page = finance.get(verb_url(line, verb, "?payment=999999")).content.decode()
        assert "Choose on the Reconcile screen what this line is for." in page
        assert "Choose on the Reconcile screen" in refusal(finance, line, verb, "?payment=x")


def test_a_line_taken_meanwhile_tells_who_and_when(finance: Client, world: World) -> None:
    payment = waiting(world.other)
    line = line_for(payment)
    now = days_ago(0)
    line_verbs.ignore(line=line, by=world.ruth, reason="Interest", now=now)

    said = refusal(finance, line, "apply", f"?payment={payment.pk}")

    assert "is ignored already" in said
    assert f"by {world.ruth.email} at {now:%Y-%m-%d %H:%M} UTC" in said


def test_done_leads_back_to_the_queue_as_it_was_and_nowhere_else(
    finance: Client, world: World
) -> None:
    for back, leads_to in (
        (f"{QUEUE}?age=31", f"{QUEUE}?age=31"),
        ("https://evil.example/", ""),
        ("//evil.example/admin/reconcile/", ""),
    ):
        line = line_with("Rent")
        assert done(finance, line, "hold_line", f"?back={back}") == (leads_to or record_of(line))
        page = finance.get(f"{page_of(line)}?back={back}").content.decode()
        assert f'href="{leads_to or QUEUE}"' in page
        assert "evil" not in page


def test_what_is_no_customers_money_says_so(finance: Client) -> None:
    for amount, says in (("-5.00", "left the bank account"), ("0.00", "carries no money")):
        page = finance.get(page_of(line_with("", amount))).content.decode()
        assert says in page
        assert "Whom is it for?" not in page
