"""The queue: what it shows, to whom, how it is cut down, and what it costs."""

import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import StatementLine
from billing.services import line_verbs
from console.groups import GROUPS
from console.reconcile import filters
from tenancy.models import AuditEvent
from tests.conftest import World
from tests.console.reconcile.conftest import (
    QUEUE,
    RESULT,
    days_ago,
    form,
    line_for,
    line_with,
    page_of,
    tick,
    verb_url,
    waiting,
)
from tests.digest import nothing_changes
from tests.factories import make_account, make_plan, make_staff, make_user
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("context_kept")]


def shown(query: str = "") -> list[StatementLine]:
    """The lines that the queue shows at this address."""
    chosen = filters.FilterForm(QueryDict(query), currencies=["USD", "EUR"]).chosen()
    return list(filters.lines(chosen, today=days_ago(0).date()))


def hold(line: StatementLine, world: World) -> None:
    line_verbs.hold(line=line, by=world.fiona, reason="Who is it?")


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_line_stands_beside_its_suggestion_with_what_will_happen(
    finance: Client, world: World
) -> None:
    plan = make_plan(name="Growth", included_credits=2000)
    payment = waiting(world.other, plan=plan)
    sure, unsure = (
        line_for(payment, age=4),
        line_with("Rent", "12.00", age=9, payer_name="Land Ltd"),
    )

    page = finance.get(QUEUE).content.decode()

    text = text_of(page)
    assert text.index("Land Ltd") < text.index(f"{payment.reference} TacBit")  # oldest first
    assert f"Reference {payment.reference}, amount equal, TacBit waiting since" in text
    assert "Expected 89.00 USD Received 89.00 USD" in text
    assert "Confirmed: TacBit becomes active on Growth, +2,000 credits." in text
    assert "Nothing fits by reference, payer or amount." in text
    (box,) = re.findall(r'<input type="checkbox" name="tick"[^>]*>', page)
    assert f'value="{tick(sure, payment)}"' in box
    assert box.endswith(" checked>")
    assert f"{page_of(unsure)}?back=" in page


def test_only_what_is_sure_is_ticked_and_the_rest_may_be(finance: Client) -> None:
    under, over, slip = waiting(), waiting(), waiting()
    line_for(under, "70.00")
    line_for(over, "100.00")
    wrong = "O" if slip.reference[4] != "O" else "A"
    line_with(slip.reference[:4] + wrong + slip.reference[5:])
    named = [waiting(), waiting()]
    line_with(" ".join(payment.reference for payment in named), "178.00")

    page = finance.get(QUEUE)

    text = text_of(page.content.decode())
    assert "Partly paid: 19.00 USD still to come, nothing is activated." in text
    assert "credits. 11.00 USD wait on the account, unapplied." in text
    assert "The line names 2 open bank transfers, together exactly its amount: split it." in text
    rows = [row for row, _ in page.context["rows"]]
    assert [bool(row.best.tick) for row in rows] == [True, True, True, False]
    assert not any(row.is_ticked for row in rows)


def test_the_filters_of_the_address(finance: Client, world: World) -> None:
    young = line_with("Rent", "12.00", age=0, payer_name="Land Ltd")
    week = line_with("IG-7K3F", "50.00", age=7, bank_transaction_id="BANK-7")
    month = line_with("Fee", "70.00", age=30, payer_iban="GB82WEST12345698765432")
    old = line_with("Interest", "99.99", age=31, currency="EUR")
    held = line_with("Who", "5.00", age=2)
    hold(held, world)
    line_with("Out", "-5.00")
    line_with("Nothing", "0.00")

    for query, expected in (
        ("", [old, month, week, young]),
        ("state=held", [held]),
        ("state=open", [old, month, week, held, young]),
        ("age=0-2", [young]),
        ("age=3-7", [week]),
        ("age=8-30", [month]),
        ("age=31", [old]),
        ("currency=EUR", [old]),
        ("low=50&high=70.00", [month, week]),
        (f"statement={week.statement_id}", [week]),
        ("q=land", [young]),
        ("q=ig 7k3f", [week]),
        ("q=BANK-7", [week]),
        ("q=gb82 west 1234", [month]),
        ("q=who is it&state=held", [held]),
        ("low=abc&age=nonsense&currency=XXX&statement=0", [old, month, week, young]),
        ("low=1e3", []),
        ("q=%00", [old, month, week, young]),
    ):
        assert shown(query) == expected, query
    page = finance.get(f"{QUEUE}?low=abc&q=land&page=77")
    assert "Enter a number" in page.content.decode()
    assert [row.line for row, _ in page.context["rows"]] == [young]


def test_what_is_open_is_told_by_currency_and_age_and_each_number_opens_its_rows(
    finance: Client, world: World
) -> None:
    hold(line_with("a", "5.00", age=2), world)
    line_with("b", "50.00", age=7)
    line_with("c", "1000.50", age=40)
    line_with("d", "20.00", age=12, currency="EUR")
    line_with("e", "-5.00")

    page = finance.get(QUEUE)

    dollars, euros = page.context["totals"]
    assert (dollars.currency, dollars.count, dollars.held, dollars.oldest) == ("USD", 3, 1, 40)
    assert f"{dollars.money}, {euros.money}" == "1055.50, 20.00"
    text = text_of(page.content.decode())
    assert "1,055.50 USD 3 open lines, the oldest 40 days; 1 held" in text
    for total in (dollars, euros):
        for share in total.shares:
            query = f"state=open&currency={total.currency}&age={share.bucket.code}"
            assert query.replace("&", "&amp;") in page.content.decode()
            lines = shown(query)
            assert len(lines) == share.count
            assert sum(line.remaining for line in lines) == share.money


def test_fifty_lines_are_a_page_and_its_links_keep_the_filters(finance: Client) -> None:
    for _ in range(51):
        line_with("Gift", "5.00")

    first = finance.get(f"{QUEUE}?q=gift")
    last = finance.get(f"{QUEUE}?q=gift&page=2")

    assert "1 to 50 of 51, oldest first" in text_of(first.content.decode())
    assert 'href="?q=gift&amp;page=2"' in first.content.decode()
    assert len(last.context["rows"]) == 1


def test_one_line_and_sixty_cost_the_same_queries(finance: Client) -> None:
    plan = make_plan()

    def fill(count: int) -> None:
        for number in range(count):
            payment = waiting(make_account(plan=plan))
            line_with(payment.reference if number % 3 else "no reference", "89.00")

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            finance.get(f"{QUEUE}?q=e")
        return len(counted)

    fill(3)
    queries()  # content types and the like are read once
    few = queries()
    fill(20)

    assert queries() == few <= 19


def test_the_menu_tells_how_many_lines_wait_to_those_who_place_them(world: World) -> None:
    line_with("a", "5.00")
    line_with("b", "6.00")
    hold(line_with("c", "7.00"), world)
    for person, badge in ((world.fiona, "2"), (world.sam, None)):
        with CaptureQueriesContext(connection) as counted:
            page = signed_in(person).get("/admin/tenancy/plan/").content.decode()

        menu = text_of(page[page.index("nav-sidebar-apps") :].partition("Bank transfers")[0])
        assert ("Reconcile 2" in menu) == (badge == "2")
        asked = [each for each in counted.captured_queries if "statement_lines" in each["sql"]]
        assert len(asked) == (1 if badge else 0)


def test_nothing_waits(finance: Client) -> None:
    assert "all money that came has its place" in finance.get(QUEUE).content.decode()
    assert "No open line is like that" in finance.get(f"{QUEUE}?q=x").content.decode()
    assert "Nothing was confirmed here lately" in finance.get(RESULT).content.decode()


def test_everybody_of_staff_looks_and_only_finance_acts(world: World) -> None:
    payment = waiting(world.other)
    line = line_for(payment)
    for group in GROUPS:
        client, acts = signed_in(make_staff(group.name)), group.name == "Finance"
        with nothing_changes():
            queue = client.get(QUEUE).content.decode()
            one = client.get(f"{page_of(line)}?q=tacbit").content.decode()
        for offered in ('name="tick"', "Confirm ticked"):
            assert (offered in queue) == acts
        for offered in (
            "Apply to",
            "Put on the account",
            "Add to a split",
            "/hold-line/",
            "/ignore-line/",
        ):
            assert (offered in one) == acts, (group.name, offered)
        if not acts:
            before = AuditEvent.objects.filter(result="refused").count()
            assert client.post(QUEUE, form(tick(line, payment))).status_code == 403
            assert AuditEvent.objects.filter(result="refused").count() == before + 1
    line.refresh_from_db()
    assert line.state == "new"


def test_nobody_else_gets_in_and_nothing_else_is_there(world: World, finance: Client) -> None:
    payment = waiting(world.other)
    line = line_for(payment)
    outside = (Client(), signed_in(make_user(make_account())))
    without_group = signed_in(make_staff(None))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.fiona, backend="django.contrib.auth.backends.ModelBackend")
    no_line = verb_url(line, "hold_line").replace(f"/{line.pk}/", "/999999/")

    with nothing_changes():
        for path in (QUEUE, RESULT, page_of(line)):
            for client in outside:
                assert client.get(path).status_code == client.post(path).status_code == 302
            assert without_group.get(path).status_code == 403
            assert without_group.post(path).status_code == 403
        assert strict.post(QUEUE, form(tick(line, payment))).status_code == 403
        for path in (f"{QUEUE}999999/", no_line):
            assert finance.get(path).status_code == 404
        for path in (RESULT, page_of(line)):
            assert finance.post(path).status_code == 405
        assert finance.delete(QUEUE).status_code == 405


def test_without_a_reason_or_a_tick_the_page_comes_back_as_it_was_left(
    finance: Client, world: World
) -> None:
    payment, other = waiting(world.other), waiting()
    line, unticked = line_for(payment), line_for(other)
    for sent, says in (
        (form(), "Tick at least one line. Nothing was confirmed."),
        (form("7:8", "x:y:1:2", "1:2:nan:1", f"{2**70}:1:1:1"), "Tick at least one line."),
        (form(tick(line, payment), token="damaged"), "This form is not whole."),
    ):
        with nothing_changes():
            page = finance.post(QUEUE, sent)

        assert page.status_code == 200
        assert says in page.content.decode()
    page = finance.post(QUEUE, form(tick(line, payment), reason=" . "))
    assert "Give a reason: it is kept with the change." in page.content.decode()
    rows = {row.line: row.is_ticked for row, _ in page.context["rows"]}
    assert rows == {line: True, unticked: False}
