"""However much is wrong, the answer is short: nobody is sent more than they sent."""

import json

import pytest
from django.http import HttpResponse
from rest_framework import serializers

from billing.api.batches import ItemBody
from tenancy.api.problems import MOST_FAULTS
from tests.api.world import Caller, anybody, by_token, code_of
from tests.conftest import World

REGISTER, BATCH = "auth/register/", "credits/deduct-many/"
SHORT = 40_000  # bytes
LIMIT = 1_000_000
NUL = '"\\u0000"'
ITEM = {"operation": "clustering", "idempotency_key": "k"}


@pytest.fixture
def alice(world: World) -> Caller:
    return by_token(world.alice)


@pytest.fixture
def checked_items(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The items of a batch that anybody looked into."""
    seen: list[object] = []
    look = ItemBody.run_validation

    def run_validation(self: ItemBody, data: object = serializers.empty) -> object:
        seen.append(data)
        return look(self, data)

    monkeypatch.setattr(ItemBody, "run_validation", run_validation)
    return seen


def told(response: HttpResponse) -> list[str]:
    """The codes of what is wrong, in an answer that says that there is more."""
    assert code_of(response) == "validation_error"
    errors = response.json()["errors"]
    assert (
        response.json()["detail"]
        == f"More is wrong than is told: errors names the first {len(errors)}."
    )
    return [error["code"] for error in errors]


def test_members_that_there_are_not(db: None) -> None:
    body = json.dumps({f"m{number}": 1 for number in range(70_000)}).encode()

    response = anybody().post(REGISTER, body)

    # Three are missing, and said first.
    assert told(response) == ["required"] * 3 + ["unknown"] * (MOST_FAULTS - 3)
    assert len(response.content) < SHORT < len(body)


def test_a_few_are_all_told(db: None) -> None:
    response = anybody().post(REGISTER, {f"m{number}": 1 for number in range(MOST_FAULTS - 3)})

    assert len(response.json()["errors"]) == MOST_FAULTS
    assert response.json()["detail"] == "The request is not valid."


@pytest.mark.parametrize(
    "body",
    [
        "[" + ",".join([NUL] * 100_000) + "]",
        "{" + ",".join(f'"\\u0000{number}":1' for number in range(50_000)) + "}",
    ],
    ids=["values", "names"],
)
def test_what_cannot_be_kept(db: None, body: str) -> None:
    response = anybody().post(REGISTER, body.encode())

    assert told(response) == ["null_characters_not_allowed"] * MOST_FAULTS
    assert len(response.content) < SHORT


def test_the_first_that_is_too_deep_ends_the_search(db: None) -> None:
    body = b"[" * 21 + b",".join([b"1"] * 400_000) + b"]" * 21

    response = anybody().post(REGISTER, body)

    (error,) = response.json()["errors"]
    assert (error["code"], error["pointer"].count("/")) == ("too_deep", 21)


def test_long_names_are_not_repeated_for_each_place_in_them(db: None) -> None:
    body = json.dumps({"x" * 500_000: ["\x00"] * 40_000}).encode()

    response = anybody().post(REGISTER, body)

    assert told(response) == ["null_characters_not_allowed"]
    assert len(response.content) < len(body) < LIMIT


def test_a_long_number_is_not_repeated(db: None) -> None:
    response = anybody().post(REGISTER, b"[" + b"1" * 900_000 + b".5]")

    assert response.json()["errors"][0]["code"] == "malformed_json"
    assert len(response.content) < SHORT


def test_query_parameters(alice: Caller) -> None:
    query = "&".join(f"p{number}=1" for number in range(500))

    response = alice.get(f"credits/transactions/?{query}")

    assert told(response) == ["unknown"] * MOST_FAULTS
    assert response.json()["errors"][0]["parameter"] == "p0"


class TestItemsOfABatch:
    def test_too_many_are_not_looked_into(self, alice: Caller, checked_items: list[object]) -> None:
        response = alice.post(BATCH, {"items": [{}] * 1_001})

        (error,) = response.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/items", "max_length")
        assert checked_items == []

    def test_none_is_looked_into_after_enough_wrong_ones(
        self, alice: Caller, checked_items: list[object]
    ) -> None:
        response = alice.post(BATCH, {"items": [ITEM] + [{}] * 999})

        assert set(told(response)) == {"required"}
        assert len(checked_items) == 1 + MOST_FAULTS + 1
        assert len(response.content) < SHORT

    def test_as_many_as_may_be_are_all_taken(
        self, alice: Caller, checked_items: list[object]
    ) -> None:
        items = [{**ITEM, "idempotency_key": f"k{number}"} for number in range(1_000)]

        response = alice.post(BATCH, {"items": items})

        assert len(response.json()["results"]) == len(checked_items) == 1_000

    @pytest.mark.parametrize("items", [[], "x", {"0": ITEM}, None, 1])
    def test_what_is_no_list_of_some_is_refused(self, alice: Caller, items: object) -> None:
        response = alice.post(BATCH, {"items": items})

        assert response.json()["errors"][0]["pointer"] == "/items"
