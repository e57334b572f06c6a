"""Spending over HTTP: the contract's shapes, exactly once, and nothing for nothing."""

from functools import partial

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from billing.models import CreditBalance, CreditCost, CreditTransaction
from billing.services import holds
from tenancy.api import once
from tenancy.models import Account
from tenancy.roles import Role
from tests.api.world import Caller, by_session, by_token, code_of
from tests.conftest import World
from tests.factories import make_ledger_row, make_user
from tests.racing import at_once, books_agree

WORK = {"operation": "content_generation", "units": 1_450}  # 15 credits


@pytest.fixture
def alice(world: World) -> Caller:
    return by_token(world.alice)


def balance(account: Account) -> int:
    return CreditBalance.objects.get(account=account).credits


class TestReading:
    def test_the_balance(self, alice: Caller, world: World) -> None:
        holds.reserve(
            account=world.home,
            operation="image_generation",
            units=2,
            idempotency_key="h",
            now=timezone.now(),
        )

        assert alice.get("credits/").json() == {"credits": 1000, "held": 10, "available": 990}

    def test_the_costs(self, alice: Caller) -> None:
        costs = {c["operation"]: c for c in alice.get("credits/costs/").json()["results"]}

        assert costs["image_prompt_extraction"]["credits"] == 2
        assert costs["content_generation"]["unit"] == "hundred_words"

    def test_an_estimate(self, alice: Caller, world: World) -> None:
        assert alice.post("credits/check/", WORK).json() == {
            "allowed": True,
            "cost": 15,
            "available": 1000,
        }
        much = {"operation": "image_generation", "units": 201}
        assert alice.post("credits/check/", much).json()["allowed"] is False
        assert balance(world.home) == 1000


class TestPriceOutOfRange:
    """More than one row of the ledger takes, though every number of units is fine by itself."""

    MUCH = {"operation": "image_generation", "units": 1_000_000}

    @pytest.fixture(autouse=True)
    def dear(self, world: World) -> None:
        CreditCost.objects.update_or_create(
            operation="image_generation", defaults={"unit": "image", "credits": 11}
        )

    @pytest.mark.parametrize("path", ["credits/check/", "credits/deduct/", "credits/holds/"])
    def test_the_units_are_named(self, alice: Caller, world: World, path: str) -> None:
        response = alice.post(path, self.MUCH, key="k1")

        assert (response.status_code, code_of(response)) == (400, "validation_error")
        (fault,) = response.json()["errors"]
        assert fault["pointer"] == "/units"
        assert "cost 11,000,000 credits" in fault["detail"]
        assert balance(world.home) == 1000

    def test_an_items_units_are_named(self, alice: Caller) -> None:
        small = {"operation": "clustering", "idempotency_key": "a"}
        items = [small, {**self.MUCH, "idempotency_key": "b"}]

        first, second = alice.post("credits/deduct-many/", {"items": items}).json()["results"]

        assert first["transaction"]["amount"] == -10
        assert [fault["pointer"] for fault in second["error"]["errors"]] == ["/items/1/units"]


class TestLedgerPages:
    @pytest.fixture
    def rows(self, world: World) -> None:
        for number in range(6):
            make_ledger_row(world.home, amount=number + 1)

    def test_pages_follow_one_another_without_gap(self, alice: Caller, rows: None) -> None:
        address, seen, pages = "credits/transactions/?page_size=3", [], 0
        while address:
            answer = alice.get(address.removeprefix("http://testserver")).json()
            seen += [row["sequence"] for row in answer["results"]]
            address, pages = answer["next"], pages + 1

        assert (seen, pages) == ([7, 6, 5, 4, 3, 2, 1], 3)

    def test_new_rows_move_no_page(self, alice: Caller, rows: None, world: World) -> None:
        first = alice.get("credits/transactions/?page_size=2").json()
        make_ledger_row(world.home, amount=50)

        second = alice.get(first["next"].removeprefix("http://testserver")).json()

        assert [row["sequence"] for row in second["results"]] == [5, 4]

    def test_a_row_is_what_the_contract_says(self, alice: Caller) -> None:
        (row,) = alice.get("credits/transactions/").json()["results"]

        assert set(row) == {
            "id",
            "sequence",
            "type",
            "amount",
            "balance_after",
            "operation",
            "description",
            "created_at",
        }
        assert isinstance(row["id"], str)
        assert row["created_at"].endswith("Z")

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("page_size=0", "page_size"),
            ("page_size=101", "page_size"),
            ("page_size=x", "page_size"),
            ("page_size=%2B5", "page_size"),
            ("page_size=5.0", "page_size"),
            ("page_size=%EF%BC%95", "page_size"),
            ("cursor=", "cursor"),
            ("cursor=!!!", "cursor"),
            ("cursor=eA", "cursor"),
            ("cursor=LTE", "cursor"),
            ("limit=5", "limit"),
            ("page_size=1%00", "page_size"),
        ],
    )
    def test_a_wrong_question_is_named(self, alice: Caller, query: str, parameter: str) -> None:
        response = alice.get(f"credits/transactions/?{query}")

        assert code_of(response) == "validation_error"
        assert response.json()["errors"][0]["parameter"] == parameter


class TestDeduct:
    def test_it_spends_in_two_queries(
        self, alice: Caller, world: World, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        body = {**WORK, "description": "Roses", "metadata": {"post": 7}}
        with django_assert_num_queries(2):
            response = alice.post("credits/deduct/", body, key="k1")

        assert response.status_code == 201
        answer = response.json()
        assert answer["available"] == 985
        row = CreditTransaction.objects.get(idempotency_key="k1")
        assert answer["transaction"] == {
            "id": str(row.pk),
            "sequence": 2,
            "type": "deduction",
            "amount": -15,
            "balance_after": 985,
            "operation": "content_generation",
            "description": "Roses",
            "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        }
        assert row.metadata["post"] == 7

    def test_again_gives_the_first_answer(self, alice: Caller, world: World) -> None:
        first = alice.post("credits/deduct/", WORK, key="k1")
        # The same request, spaced and ordered otherwise.
        again = alice.post(
            "credits/deduct/", b'{"units": 1450 ,"operation":"content_generation"}', key="k1"
        )

        assert again.status_code == 201
        assert again["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first
        assert again.json()["transaction"] == first.json()["transaction"]
        assert balance(world.home) == 985

    def test_another_request_with_the_key_is_refused(self, alice: Caller, world: World) -> None:
        alice.post("credits/deduct/", WORK, key="k1")
        # 1,401 words cost the same 15 credits; it is another request all the same.
        for other in ({**WORK, "units": 1_401}, {**WORK, "description": "x"}):
            assert code_of(alice.post("credits/deduct/", other, key="k1")) == (
                "idempotency_key_reused"
            )
        assert balance(world.home) == 985

    def test_a_key_is_the_accounts_own(self, alice: Caller, world: World) -> None:
        alice.post("credits/deduct/", WORK, key="k1")

        theirs = by_token(world.charlie).post("credits/deduct/", WORK, key="k1")

        assert theirs.status_code == 201
        assert "Idempotent-Replayed" not in theirs

    def test_a_blocked_account_gets_no_old_answer(self, alice: Caller, world: World) -> None:
        alice.post("credits/deduct/", WORK, key="k1")
        world.home.plan.is_active = False
        world.home.plan.save(update_fields=["is_active"])

        assert code_of(alice.post("credits/deduct/", WORK, key="k1")) == "plan_inactive"

    def test_too_little_says_how_much_and_may_succeed_later(
        self, alice: Caller, world: World
    ) -> None:
        much = {"operation": "image_generation", "units": 201}
        response = alice.post("credits/deduct/", much, key="k1")

        assert (response.status_code, code_of(response)) == (402, "insufficient_credits")
        assert (response.json()["required"], response.json()["available"]) == (1005, 1000)
        make_ledger_row(world.home, amount=10)
        assert alice.post("credits/deduct/", much, key="k1").status_code == 201

    @pytest.mark.parametrize("key", ["", "  "])
    def test_without_a_key_nothing_is_spent(self, alice: Caller, world: World, key: str) -> None:
        for path in ("credits/deduct/", "credits/holds/"):
            assert code_of(alice.post(path, WORK, key=key)) == "idempotency_key_required"
        assert balance(world.home) == 1000

    def test_an_empty_key_protects_nobody_and_says_so(self, alice: Caller) -> None:
        body = {"email": "x@e.example", "role": "viewer"}

        response = alice.post("users/", body, Idempotency_Key=" ")

        assert code_of(response) == "validation_error"
        assert response.json()["errors"][0]["header"] == "Idempotency-Key"

    @pytest.mark.parametrize("key", ["x" * 256, "é", "a\tb"])
    def test_a_key_that_cannot_be_kept_is_refused(self, alice: Caller, key: str) -> None:
        response = alice.post("credits/deduct/", WORK, key=key)

        assert code_of(response) == "validation_error"
        assert response.json()["errors"][0]["header"] == "Idempotency-Key"

    def test_a_viewer_spends_nothing(self, world: World) -> None:
        viewer = by_token(make_user(world.home, role=Role.VIEWER))

        response = viewer.post("credits/deduct/", WORK, key="k1")

        assert code_of(response) == "permission_denied"
        assert response.json()["required"] == "editor"

    def test_a_frozen_balance_is_a_conflict(self, alice: Caller, world: World) -> None:
        CreditBalance.objects.filter(account=world.home).update(frozen=True)

        response = alice.post("credits/deduct/", WORK, key="k1")

        assert code_of(response) == "state_conflict"
        assert response.json()["current"] == "frozen"

    def test_a_key_at_work_elsewhere_is_told_to_wait(
        self, alice: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from billing.services import ledger, spending

        def at_work(**_: object) -> None:
            raise ledger.in_progress()

        monkeypatch.setattr(spending, "deduct", at_work)

        response = alice.post("credits/deduct/", WORK, key="k1")

        assert (response.status_code, code_of(response)) == (409, "idempotency_in_progress")
        assert response["Retry-After"] == "1"


class TestDeductMany:
    def test_each_item_stands_for_itself(self, alice: Caller, world: World) -> None:
        items = [
            {"operation": "clustering", "idempotency_key": "a"},
            {"operation": "image_generation", "units": 500, "idempotency_key": "b"},
            {"operation": "idea_generation", "units": 3, "idempotency_key": "c"},
        ]

        first = alice.post("credits/deduct-many/", {"items": items})
        again = alice.post("credits/deduct-many/", {"items": items})

        assert first.status_code == 200
        spent = [result["transaction"] for result in first.json()["results"]]
        assert [row and row["amount"] for row in spent] == [-10, None, -3]
        refused = first.json()["results"][1]["error"]
        assert refused["code"] == "insufficient_credits"
        assert (refused["required"], refused["available"]) == (2500, 990)
        assert [result["replayed"] for result in again.json()["results"]] == [True, False, True]
        assert balance(world.home) == 987

    def test_a_wrong_item_is_named_and_nothing_is_spent(self, alice: Caller, world: World) -> None:
        good = {"operation": "clustering", "idempotency_key": "a"}
        for bad, pointer in (
            ({"operation": "clustering"}, "/items/1/idempotency_key"),
            ({**good, "units": "1"}, "/items/1/units"),
            ({**good, "idempotency_key": "é"}, "/items/1/idempotency_key"),
            ({**good, "account": 5}, "/items/1/account"),
            ({**good, "metadata": {"request": None}}, "/items/1/metadata/request"),
            (7, "/items/1"),
        ):
            response = alice.post("credits/deduct-many/", {"items": [good, bad]})
            assert code_of(response) == "validation_error"
            assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]
        assert balance(world.home) == 1000

    @pytest.mark.parametrize("count", [0, 1_001])
    def test_a_batch_has_its_bounds(self, alice: Caller, count: int) -> None:
        items = [{"operation": "clustering", "idempotency_key": f"k{n}"} for n in range(count)]

        assert code_of(alice.post("credits/deduct-many/", {"items": items})) == "validation_error"


def test_one_key_from_many_at_once_spends_once(committed_world: World) -> None:
    headers = by_token(committed_world.alice).headers
    callers = [Caller(headers, APIClient()) for _ in range(8)]

    outcomes = at_once(
        *(partial(caller.post, "credits/deduct/", WORK, key="same") for caller in callers)
    )

    responses = [outcome.result for outcome in outcomes]
    assert {code_of(response) for response in responses} <= {"", "idempotency_in_progress"}
    first = [r for r in responses if r.status_code == 201 and "Idempotent-Replayed" not in r]
    assert len(first) == 1
    assert balance(committed_world.home) == 985
    books_agree()


def test_a_session_spends_too(world: World) -> None:
    assert by_session(world.alice).post("credits/deduct/", WORK, key="k").status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/operation", "required"),
        ({"operation": "baking"}, "/operation", "invalid_choice"),
        ({"operation": 1}, "/operation", "wrong_type"),
        ({"operation": ["clustering"]}, "/operation", "wrong_type"),
        ({"operation": None}, "/operation", "null"),
        ({**WORK, "units": "1"}, "/units", "wrong_type"),
        ({**WORK, "units": True}, "/units", "wrong_type"),
        ({**WORK, "units": 1.0}, "/units", "wrong_type"),
        ({**WORK, "units": None}, "/units", "null"),
        ({**WORK, "units": 0}, "/units", "min_value"),
        ({**WORK, "units": 10**30}, "/units", "max_value"),
        ({**WORK, "description": 5}, "/description", "wrong_type"),
        ({**WORK, "description": "x" * 256}, "/description", "max_length"),
        ({**WORK, "description": "a\x00"}, "/description", "null_characters_not_allowed"),
        ({**WORK, "metadata": []}, "/metadata", "wrong_type"),
        ({**WORK, "metadata": {"a": "x" * 5000}}, "/metadata", "max_length"),
        ({**WORK, "metadata": {"request": "x"}}, "/metadata/request", "validation_error"),
        (
            {**WORK, "metadata": {"a": {"b/~": "\x00"}}},
            "/metadata/a/b~1~0",
            "null_characters_not_allowed",
        ),
        ({**WORK, "tip": 5}, "/tip", "unknown"),
        ([], "", "wrong_type"),
        ("x", "", "wrong_type"),
        (7, "", "wrong_type"),
    ],
    ids=str,
)
def test_a_wrong_body_is_named(
    alice: Caller, world: World, body: object, pointer: str, code: str
) -> None:
    response = alice.post("credits/deduct/", body, key="k1")

    assert code_of(response) == "validation_error"
    found = [(fault["pointer"], fault["code"]) for fault in response.json()["errors"]]
    assert found == [(pointer, code)]
    assert balance(world.home) == 1000


def test_the_fingerprint_does_not_see_how_a_body_is_written() -> None:
    class Request:
        method, path = "POST", "/x/"

    one = once.fingerprint_of(Request, {"a": 1, "b": [1, 2]})

    assert one == once.fingerprint_of(Request, {"b": [1, 2], "a": 1})
    assert one != once.fingerprint_of(Request, {"b": [2, 1], "a": 1})
