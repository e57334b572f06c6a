"""Four eyes in the console: asking in the verb's own dialog, deciding one by one and in bulk."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import Approval, CreditTransaction
from billing.services import credits
from console.account_page import pending
from console.groups import GROUPS
from tenancy.models import Account, AccountStatus, AuditEvent, User
from tests import factories
from tests.conftest import World
from tests.digest import changed_since, digest

pytestmark = pytest.mark.usefixtures("context_kept")

SignIn = Callable[[User], Client]
WHY = "Two weeks of outage"
SEVERAL = "/admin/billing/approval/decide-several/"


@pytest.fixture
def ann(db: None) -> User:
    return factories.make_staff("Approver", email="ann@igny8.example")


def request_of(world: World, by: User | None = None, *, account: Account | None = None) -> Approval:
    return factories.make_approval(
        account or world.home,
        summary="Grant 5,000 credits",
        requested_by=by or world.sam,
        requested_at=timezone.now() - factories.DAY,
        expires_at=timezone.now() + factories.DAY,
    )


def url(target: Account | Approval, verb: str) -> str:
    kind = "tenancy_account" if isinstance(target, Account) else "billing_approval"
    return reverse(f"admin:{kind}_{verb}", args=(target.pk,))


def page_of(account: Account) -> str:
    return url(account, "change")


def post(client: Client, address: str, **values: object) -> HttpResponse:
    return client.post(address, {"token": str(uuid4()), "reason": WHY} | values)


def told(answer: HttpResponse) -> list[tuple[str, str]]:
    return [(message.level_tag, message.message) for message in get_messages(answer.wsgi_request)]


# Asking.


@pytest.mark.parametrize(
    ("person", "verb", "amount", "command"),
    [
        ("sam", "grant", 5000, "Grant 5,000 credits"),
        ("fiona", "adjust", 2001, "Add 2,001 credits"),
    ],
)
def test_above_the_limit_it_is_sent_for_approval_once(
    world: World, as_: SignIn, person: str, verb: str, amount: int, command: str
) -> None:
    by = getattr(world, person)
    form = {"token": str(uuid4()), "reason": WHY, "amount": str(amount)}
    client, where = as_(by), url(world.home, verb)
    before = digest()

    first, second = client.post(where, form), client.post(where, form)

    limit = "200" if person == "sam" else "2,000"
    approval = Approval.objects.get()
    assert (approval.summary, approval.requested_by, approval.reason) == (command, by, WHY)
    assert first.url == second.url == page_of(world.home)
    [(level, message)] = told(first)
    assert level == "info"
    assert message.startswith(f"{amount:,} credits are over your limit of {limit}: sent for appr")
    assert f"“{command} for Home G8” waits until" in message
    assert told(second)[-1][1].startswith("Already done, nothing was changed again.")
    assert changed_since(before) == [
        "igny8_approvals",
        "igny8_audit_events",
        "igny8_one_time_tokens",
    ]
    assert not AuditEvent.objects.filter(result=AuditEvent.Result.REFUSED).exists()


def test_the_same_again_is_told_who_asked_when(world: World, as_: SignIn) -> None:
    post(as_(world.sam), url(world.home, "grant"), amount="5000")

    for person, who in ((world.sam, "you"), (world.fiona, "sam@igny8.example")):
        [(level, message)] = told(post(as_(person), url(world.home, "grant"), amount="5000"))
        assert level == "warning"
        assert f"waits for approval already: {who} asked for it at" in message
    assert Approval.objects.count() == 1


def test_within_the_limit_nothing_is_asked_for(world: World, as_: SignIn) -> None:
    post(as_(world.sam), url(world.home, "grant"), amount="200")

    assert not Approval.objects.exists()
    assert CreditTransaction.objects.filter(created_by=world.sam, amount=200).exists()


def test_what_cannot_be_done_at_all_is_refused_as_before(world: World, as_: SignIn) -> None:
    answer = post(as_(world.fiona), url(world.home, "adjust"), amount="-5000")

    assert "has 1,000 to spend" in answer.content.decode()
    assert not Approval.objects.exists()


def limit_told(client: Client, account: Account) -> str:
    page = client.get(url(account, "grant")).content.decode()
    limit = re.search(r'data-limit="(\d+)"', page).group(1)
    return f"{limit}: {re.search(r'data-over="([^"]*)"', page).group(1)}"


def test_the_dialog_says_beforehand_what_is_sent_for_approval(world: World, as_: SignIn) -> None:
    sent = "this will be sent for approval."
    sam = as_(world.sam)
    assert limit_told(sam, world.home) == f"200: Over your limit of 200: {sent}"
    page = sam.get(url(world.home, "grant")).content.decode()
    assert "200 a time, 500 left today; more is sent for approval" in page

    for amount in (200, 200):
        credits.grant(
            account=world.home, amount=amount, by=world.sam, reason=WHY, now=timezone.now()
        )
    assert limit_told(sam, world.home) == f"100: Over the 100 left of your 500 a day: {sent}"
    [(_, message)] = told(post(sam, url(world.home, "grant"), amount="150"))
    assert message.startswith("150 credits are over what is left of your day: sent for approval.")


# Deciding.


def test_approving_shows_the_facts_of_now_and_runs_once(
    world: World, ann: User, as_: SignIn
) -> None:
    approval, client = request_of(world), as_(ann)
    factories.make_ledger_row(world.home, amount=-400, type="deduction")
    page = client.get(url(approval, "approve")).content.decode()
    assert re.search(r'600</span> <span aria-label="becomes">→</span> <strong>5,600', page)
    for fact in ("Grant 5,000 credits", "sam@igny8.example, 24 hours ago", factories.REASON):
        assert fact in page

    form = {"token": str(uuid4()), "reason": "Agreed with Anna"}
    first = client.post(url(approval, "approve"), form)
    second = client.post(url(approval, "approve"), form)
    third = post(client, url(approval, "approve"))

    assert first.url == page_of(world.home)
    assert told(first)[0][0] == "success"
    assert "Credits 600 → 5,600, ledger row 3." in told(first)[0][1]
    assert told(second)[-1][1].startswith("Already done, nothing was changed again.")
    assert "already approved by ann@igny8.example at" in third.content.decode()
    world.home.refresh_from_db()
    assert world.home.credits == 5600
    ledger = client.get(page_of(world.home), {"tab": "ledger"}).content.decode()
    assert "Approved by ann@igny8.example, asked for by sam@igny8.example" in ledger
    page = client.get(url(approval, "change")).content.decode()
    assert "Waiting for approval" not in page
    assert "Agreed with Anna" in page


def test_what_fails_by_now_is_told_before_and_after(world: World, ann: User, as_: SignIn) -> None:
    approval, client = request_of(world), as_(ann)
    world.sam.groups.clear()
    reason = "sam@igny8.example may not do this any more: grant credits."

    page = client.get(url(approval, "approve")).content.decode()
    assert f"As things stand this will fail: {reason}" in page
    [(level, message)] = told(post(client, url(approval, "approve")))

    assert level == "warning"
    assert "could not be carried out, and nothing but the request was changed" in message
    assert reason in message
    assert Approval.objects.get().status == "failed"


def test_declining_needs_a_reason(world: World, ann: User, as_: SignIn) -> None:
    approval, client = request_of(world), as_(ann)

    answer = post(client, url(approval, "decline"), reason=" ")
    assert "Give a reason" in answer.content.decode()
    assert Approval.objects.get().status == "awaiting"

    assert post(client, url(approval, "decline")).url == url(approval, "change")
    assert (Approval.objects.get().status, world.home.credits) == ("declined", 1000)


def test_the_requester_withdraws_and_nobody_else(world: World, as_: SignIn) -> None:
    approval = request_of(world)
    page = as_(world.fiona).get(url(approval, "withdraw")).content.decode()
    assert "sam@igny8.example asked for this and alone can withdraw it." in page
    answer = post(as_(world.fiona), url(approval, "withdraw"))
    assert "alone can withdraw it" in answer.content.decode()
    assert Approval.objects.get().status == "awaiting"

    assert post(as_(world.sam), url(approval, "withdraw")).url == page_of(world.home)
    assert Approval.objects.get().status == "withdrawn"


def test_ones_own_request_says_why_it_cannot_be_decided(world: World, as_: SignIn) -> None:
    """Superusers included."""
    approval, client = request_of(world, world.ruth), as_(world.ruth)
    why = "You asked for this yourself. Somebody else must decide."

    for page in (page_of(world.home), url(approval, "change")):
        content = client.get(page).content.decode()
        assert why in content
        assert url(approval, "approve") not in content
        assert url(approval, "withdraw") in content
    for verb in ("approve", "decline"):
        page = client.get(url(approval, verb)).content.decode()
        assert why in page
        assert 'type="submit"' not in page[page.index("data-verb-form") :].partition("</form>")[0]
        assert why in post(client, url(approval, verb)).content.decode()
    refused = AuditEvent.objects.filter(result=AuditEvent.Result.REFUSED, account=world.home)
    assert sorted(refused.values_list("verb", flat=True)) == ["approve", "decline"]
    assert Approval.objects.get().status == "awaiting"


# What each group sees.


def test_the_pending_box_has_the_buttons_of_the_group(world: World, ann: User, as_: SignIn) -> None:
    approval = request_of(world)
    offered = {}
    for group in GROUPS:
        person = factories.make_staff(group.name)
        [box] = pending.of_account(world.home, person=person, now=timezone.now())
        offered[group.name] = [link.label for link in box.verbs]
        assert box.why_not == ""
        if group.name != "Approver":
            client = as_(person)
            for address in (url(approval, "approve"), url(approval, "decline"), SEVERAL):
                assert post(client, address).status_code == 403

    assert offered == {
        group.name: ["Approve", "Decline"] if group.name == "Approver" else [] for group in GROUPS
    }
    page = as_(ann).get(page_of(world.home)).content.decode()
    for words in ("Waiting for approval:", "credits 1,000", "sam@igny8.example 24 hours ago"):
        assert words in page
    assert Approval.objects.get().status == "awaiting"


def test_five_requests_do_not_make_the_account_page_slow(
    world: World, ann: User, as_: SignIn, django_assert_max_num_queries: Callable
) -> None:
    for amount in range(5000, 5007):
        factories.make_approval(
            world.home, facts={"amount": amount}, expires_at=timezone.now() + factories.DAY
        )
    client = as_(ann)
    with django_assert_max_num_queries(32):
        page = client.get(page_of(world.home)).content.decode()
    assert page.count("Waiting for approval:") == 5


# Several at once.


@pytest.fixture
def several(world: World) -> dict[str, Approval]:
    cancelled = factories.make_account(status=AccountStatus.CANCELLED, name="Gone Ltd")
    own = factories.make_staff("Support", email="both@igny8.example")
    own.groups.add(factories.make_group("Approver"))
    return {
        "fine": request_of(world),
        "failing": request_of(world, account=cancelled),
        "own": request_of(world, own, account=world.other),
        "decided": request_of(world, account=factories.make_account(name="Early Ltd")),
        "left alone": request_of(world, account=factories.make_account(name="Later Ltd")),
    }


def test_bulk_decides_each_on_its_own_and_tells_of_each(
    world: World, ann: User, as_: SignIn, several: dict[str, Approval]
) -> None:
    client = as_(several["own"].requested_by)
    page = client.get(SEVERAL).content.decode()
    assert f'value="{several["own"].pk}"' not in page
    assert f'value="{several["fine"].pk}"' in page
    post(as_(ann), url(several["decided"], "decline"))
    chosen = [several[name].pk for name in ("fine", "failing", "own", "decided")]
    form = {"token": str(uuid4()), "reason": WHY, "decision": "approve", "requests": chosen}

    answer = client.post(SEVERAL, form)

    levels = {result.approval.pk: result.level for result in answer.context["results"]}
    assert levels == dict(zip(chosen, ("good", "warn", "error", "error"), strict=True))
    text = answer.content.decode()
    for words in (
        "is approved and done. Credits 1,000 → 6,000, ledger row 2.",
        "Gone Ltd is cancelled.",
        "You asked for this yourself.",
        "already declined by ann@igny8.example",
    ):
        assert words in text
    statuses = {name: Approval.objects.get(pk=each.pk).status for name, each in several.items()}
    assert statuses == {
        "fine": "approved",
        "failing": "failed",
        "own": "awaiting",
        "decided": "declined",
        "left alone": "awaiting",
    }
    assert AuditEvent.objects.filter(result=AuditEvent.Result.REFUSED, verb="approve").count() == 2

    before = digest()
    again = client.post(SEVERAL, form)
    assert [result.message[:12] for result in again.context["results"][:2]] == ["Already done"] * 2
    assert "igny8_credit_transactions" not in changed_since(before)
    assert "igny8_approvals" not in changed_since(before)


def test_bulk_without_a_choice_says_what_is_missing(
    world: World, ann: User, as_: SignIn, several: dict[str, Approval]
) -> None:
    client = as_(ann)
    before = digest()

    page = post(client, SEVERAL, reason="").content.decode()

    for words in ("Choose at least one request.", "Say whether to approve", "Give a reason"):
        assert words in page
    assert changed_since(before) == []
    page = post(client, SEVERAL, requests=several["fine"].pk).content.decode()
    assert re.search(rf'value="{several["fine"].pk}" checked', page)


def test_bulk_declines_too(
    world: World, ann: User, as_: SignIn, several: dict[str, Approval]
) -> None:
    chosen = [several["fine"].pk, several["own"].pk]

    post(as_(ann), SEVERAL, decision="decline", requests=chosen)

    assert set(Approval.objects.filter(status="declined").values_list("pk", flat=True)) == {*chosen}
    assert not CreditTransaction.objects.filter(type="grant").exists()
