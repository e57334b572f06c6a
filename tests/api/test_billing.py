"""Paying by bank transfer over HTTP, also when the account is blocked until it pays."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.utils import timezone

from billing.models import CreditBalance, Payment
from tenancy.models import Account, Plan
from tenancy.roles import Role
from tests.api.world import Caller, by_token, code_of
from tests.conftest import World
from tests.factories import (
    make_account,
    make_allocation,
    make_line,
    make_plan,
    make_user,
    open_transfer,
    put,
)

OPEN = "billing/bank-transfers/"
_YEAR = f"{timezone.now():%Y}".translate({48 + digit: 0x660 + digit for digit in range(10)})
IN_ARABIC_DIGITS = f"{_YEAR}-{timezone.now():%m}-01"


@pytest.fixture
def growth(db: None) -> Plan:
    return make_plan(name="Growth", slug="growth", price="139.00", included_credits=2000)


@pytest.fixture
def developer(db: None) -> Caller:
    company = make_account(status="active", is_system=True)
    return by_token(make_user(company, role=Role.DEVELOPER))


def facts(payment: dict, **changes: object) -> dict[str, object]:
    return {
        "amount": payment["amount"],
        "currency": payment["currency"],
        "value_date": timezone.now().date().isoformat(),
        "bank_transaction_id": f"BANK-{payment['id']}",
        "payer": "TacBit Ltd",
        "reason": "From the bank's feed",
    } | changes


class TestAsking:
    def test_it_comes_back_with_how_to_pay(
        self, world: World, growth: Plan, settings: LazySettings
    ) -> None:
        charlie = by_token(world.charlie)

        response = charlie.post(OPEN, {"plan": "growth"})

        assert response.status_code == 201
        asked = response.json()
        assert (asked["amount"], asked["currency"], asked["status"]) == (
            "139.00",
            "USD",
            "awaiting",
        )
        assert asked["instructions"] == settings.BANK_DETAILS | {
            "amount": "139.00",
            "currency": "USD",
            "reference": asked["reference"],
        }
        assert charlie.get("account/").json()["status"] == "pending_payment"
        assert charlie.get(f"{OPEN}{asked['id']}/").json() == asked
        (invoice,) = charlie.get("billing/invoices/").json()["results"]
        assert (invoice["number"], invoice["status"]) == (asked["invoice"], "open")
        assert charlie.get(f"billing/invoices/{invoice['id']}/").json() == invoice

    def test_a_repeat_with_its_key_asks_once(self, world: World, growth: Plan) -> None:
        charlie = by_token(world.charlie)
        first = charlie.post(OPEN, {"plan": "growth"}, key="t1")

        again = charlie.post(OPEN, {"plan": "growth"}, key="t1")

        assert again.json() == first.json()
        assert again["Idempotent-Replayed"] == "true"

    def test_one_is_open_at_a_time(self, world: World, growth: Plan) -> None:
        charlie = by_token(world.charlie)
        charlie.post(OPEN, {"plan": "growth"})

        response = charlie.post(OPEN, {"plan": "growth"})

        assert code_of(response) == "state_conflict"
        assert response.json()["reason_code"] == "bank_transfer_open"
        assert response.json()["current"] == "awaiting"

    @pytest.mark.parametrize("slug", ["unheard-of", "secret", "free"])
    def test_only_what_is_sold_can_be_asked_for(self, world: World, slug: str) -> None:
        make_plan(slug="secret", is_public=False)
        make_plan(slug="free", price=0)

        response = by_token(world.charlie).post(OPEN, {"plan": slug})

        assert code_of(response) == "validation_error"
        assert response.json()["errors"][0]["pointer"] == "/plan"

    def test_the_system_account_is_never_billed(self, growth: Plan) -> None:
        owner = by_token(make_user(make_account(status="active", is_system=True)))

        response = owner.post(OPEN, {"plan": "growth"})

        assert code_of(response) == "state_conflict"
        assert response.json()["reason_code"] == "system_account"


BLOCKED_BUT_PAYING = [
    {"status": "suspended", "status_reason": "trial_expired"},
    {"status": "suspended", "status_reason": "payment_failed"},
    {"status": "cancelled"},
]


def make_blocked(plan: Plan, reason: str) -> tuple[Account, Payment]:
    """An account whose bill was open already when it was suspended."""
    account = make_account(status="active", plan=plan)
    payment = open_transfer(account, now=timezone.now())
    put(account, status="suspended", status_reason=reason, status_before="active")
    return account, payment


def pay_a_part(payment: Payment) -> None:
    make_allocation(make_line(Decimal("10.00")), payment)
    Payment.objects.filter(pk=payment.pk).update(
        status="partially_paid", received_total=Decimal("10.00")
    )


class TestBlocked:
    @pytest.mark.parametrize("state", BLOCKED_BUT_PAYING, ids=str)
    def test_from_the_block_to_working_again(
        self, growth: Plan, developer: Caller, state: dict
    ) -> None:
        account = make_account(**state)
        owner = by_token(make_user(account))
        assert code_of(owner.get("credits/")) != ""
        assert owner.get("account/").json()["access"]["allowed"] is False

        asked = owner.post(OPEN, {"plan": "growth"}).json()
        confirmed = developer.acting_for(account).post(
            f"{OPEN}{asked['id']}/confirm/", facts(asked)
        )

        assert confirmed.status_code == 200, confirmed.content
        assert owner.get("credits/").json()["credits"] == 2000
        assert owner.get("account/").json()["subscription"]["status"] == "active"

    @pytest.mark.parametrize("reason", ["manual", "abuse"])
    def test_money_does_not_undo_a_persons_decision(self, growth: Plan, reason: str) -> None:
        owner = by_token(make_user(make_account(status="suspended", status_reason=reason)))

        assert code_of(owner.post(OPEN, {"plan": "growth"})) == "account_suspended"

    @pytest.mark.parametrize("reason", ["trial_expired", "payment_failed"])
    def test_from_a_bill_too_dear_to_a_cheaper_one(self, growth: Plan, reason: str) -> None:
        make_plan(slug="starter", price="89.00")
        account, dear = make_blocked(growth, reason)
        owner = by_token(make_user(account))
        first = owner.post(OPEN, {"plan": "starter"})
        assert (code_of(first), first.json()["reason_code"]) == (
            "state_conflict",
            "bank_transfer_open",
        )
        assert "withdraw it first" in first.json()["detail"]

        withdrawn = owner.post(f"{OPEN}{dear.pk}/withdraw/")

        assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "rejected")
        # The block is the same one, of the same moment.
        before = account.status_changed_at
        account.refresh_from_db()
        assert (account.status, account.status_reason) == ("suspended", reason)
        assert account.status_changed_at == before
        assert code_of(owner.get("credits/")) == reason
        asked = owner.post(OPEN, {"plan": "starter"})
        assert asked.status_code == 201
        assert asked.json()["instructions"]["amount"] == "89.00"
        assert owner.get("credits/").status_code == 200

    def test_what_has_come_in_part_is_not_withdrawn(self, growth: Plan) -> None:
        account, dear = make_blocked(growth, "payment_failed")
        pay_a_part(dear)
        owner = by_token(make_user(account))

        response = owner.post(f"{OPEN}{dear.pk}/withdraw/")

        assert (code_of(response), response.json()["reason_code"]) == (
            "state_conflict",
            "money_has_come",
        )
        assert response.json()["current"] == "partially_paid"
        assert "support" in response.json()["detail"]
        dear.refresh_from_db()
        assert (dear.status, dear.received_total) == ("partially_paid", 10)

    @pytest.mark.parametrize("reason", ["manual", "abuse"])
    def test_nothing_is_withdrawn_where_a_person_decided(self, growth: Plan, reason: str) -> None:
        account, dear = make_blocked(growth, reason)

        response = by_token(make_user(account)).post(f"{OPEN}{dear.pk}/withdraw/")

        assert code_of(response) == "account_suspended"
        assert Payment.objects.get().status == "awaiting"

    def test_how_to_pay_stays_readable(self, growth: Plan) -> None:
        account, payment = make_blocked(growth, "payment_failed")
        owner = by_token(make_user(account))

        shown = owner.get(f"{OPEN}{payment.pk}/").json()

        assert shown["instructions"]["reference"] == payment.reference
        assert [t["id"] for t in owner.get(OPEN).json()["results"]] == [str(payment.pk)]
        assert owner.get("billing/invoices/").status_code == 200
        assert code_of(owner.get("billing/subscription/")) == "not_found"


class TestWithdrawing:
    def test_the_invoice_is_void_and_the_trial_goes_on(self, world: World, growth: Plan) -> None:
        Account.objects.filter(pk=world.other.pk).update(
            trial_ends_at=timezone.now() + timedelta(days=5)
        )
        charlie = by_token(world.charlie)
        asked = charlie.post(OPEN, {"plan": "growth"}).json()

        response = charlie.post(f"{OPEN}{asked['id']}/withdraw/")

        assert (response.json()["status"], response.json()["instructions"]) == ("rejected", None)
        assert charlie.get("account/").json()["status"] == "trial"
        again = charlie.post(f"{OPEN}{asked['id']}/withdraw/")
        assert "@" not in again.json()["detail"]
        assert (code_of(again), again.json()["current"]) == ("state_conflict", "rejected")


class TestConfirming:
    @pytest.fixture
    def asked(self, world: World, growth: Plan) -> dict:
        return by_token(world.charlie).post(OPEN, {"plan": "growth"}).json()

    def test_it_books_everything(self, asked: dict, developer: Caller, world: World) -> None:
        acting = developer.acting_for(world.other)

        response = acting.post(f"{OPEN}{asked['id']}/confirm/", facts(asked), key="c1")

        assert response.json()["status"] == "confirmed"
        assert response.json()["received"] == "139.00"
        account = acting.get("account/").json()
        assert (account["status"], account["plan"]["slug"]) == ("active", "growth")
        assert CreditBalance.objects.get(account=world.other).credits == 2500
        repeat = acting.post(f"{OPEN}{asked['id']}/confirm/", facts(asked), key="c1")
        assert repeat["Idempotent-Replayed"] == "true"
        again = acting.post(f"{OPEN}{asked['id']}/confirm/", facts(asked))
        assert (code_of(again), again.json()["current"]) == ("state_conflict", "confirmed")
        assert CreditBalance.objects.get(account=world.other).credits == 2500
        # Who of the company did it is not the customer's to know.
        late = by_token(world.charlie).post(f"{OPEN}{asked['id']}/withdraw/")
        assert late.json()["reason_code"] == "already_confirmed"
        assert "@" not in late.json()["detail"]

    def test_nobody_confirms_their_own(self, asked: dict, developer: Caller, world: World) -> None:
        insider = by_token(make_user(world.other, role=Role.DEVELOPER))
        for caller in (by_token(world.charlie), insider, insider.acting_for(world.other)):
            response = caller.post(f"{OPEN}{asked['id']}/confirm/", facts(asked))
            assert code_of(response) == "permission_denied"
        # Without X-Account it is the developer's own account that is meant.
        response = developer.post(f"{OPEN}{asked['id']}/confirm/", facts(asked))
        assert code_of(response) == "permission_denied"
        assert Payment.objects.get().status == "awaiting"

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"amount": "138.99"}, "/amount"),
            ({"amount": 139}, "/amount"),
            ({"amount": 139.0}, "/amount"),
            ({"amount": "1e2"}, "/amount"),
            ({"amount": "NaN"}, "/amount"),
            ({"amount": "139.001"}, "/amount"),
            ({"amount": "9" * 13}, "/amount"),
            ({"currency": "EUR"}, "/currency"),
            ({"value_date": "2999-01-01"}, "/value_date"),
            ({"value_date": "yesterday"}, "/value_date"),
            ({"value_date": "2025-02-30"}, "/value_date"),
            ({"value_date": IN_ARABIC_DIGITS}, "/value_date"),
            ({"bank_transaction_id": "  "}, "/bank_transaction_id"),
            ({"reason": "..."}, "/reason"),
            ({"status": "confirmed"}, "/status"),
        ],
        ids=str,
    )
    def test_wrong_facts_are_named(
        self, asked: dict, developer: Caller, world: World, changes: dict, pointer: str
    ) -> None:
        acting = developer.acting_for(world.other)

        response = acting.post(f"{OPEN}{asked['id']}/confirm/", facts(asked, **changes))

        assert code_of(response) == "validation_error"
        assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]
        assert Payment.objects.get().status == "awaiting"

    def test_a_used_bank_id_is_refused(
        self, asked: dict, developer: Caller, world: World, growth: Plan
    ) -> None:
        acting = developer.acting_for(world.other)
        acting.post(f"{OPEN}{asked['id']}/confirm/", facts(asked, bank_transaction_id="B-1"))
        other = by_token(world.alice).post(OPEN, {"plan": "growth"}).json()

        response = developer.acting_for(world.home).post(
            f"{OPEN}{other['id']}/confirm/", facts(other, bank_transaction_id="B-1")
        )

        assert response.json()["errors"][0]["code"] == "bank_id_used"
        # Whose payment holds it is nobody's business here.
        assert "TacBit" not in response.content.decode()


def test_without_a_payment_there_is_no_subscription(world: World) -> None:
    assert code_of(by_token(world.alice).get("billing/subscription/")) == "not_found"
    assert by_token(world.alice).get("account/").json()["subscription"] is None
