"""Holds over HTTP: set aside before the work, spent or given back after it, once."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from billing.models import CreditHold
from billing.services import holds
from tests.api.test_credits import WORK, balance
from tests.api.world import Caller, by_token, code_of
from tests.conftest import World
from tests.racing import at_once


@pytest.fixture
def alice(world: World) -> Caller:
    return by_token(world.alice)


class TestHolds:
    def test_reserve_commit(self, alice: Caller, world: World) -> None:
        held = alice.post("credits/holds/", {**WORK, "expires_in": 60}, key="h1")

        assert held.status_code == 201
        hold = held.json()
        assert (hold["amount"], hold["status"], hold["available"]) == (15, "held", 985)
        committed = alice.post(f"credits/holds/{hold['id']}/commit/", {"units": 1_000})
        assert committed.status_code == 200
        answer = committed.json()
        assert (answer["status"], answer["committed_amount"]) == ("committed", 10)
        assert answer["transaction"]["amount"] == -10
        again = alice.post(f"credits/holds/{hold['id']}/commit/", {"units": 1_000})
        assert again["Idempotent-Replayed"] == "true"
        assert balance(world.home) == 990

    def test_reserve_again_is_the_same_hold(self, alice: Caller) -> None:
        first = alice.post("credits/holds/", WORK, key="h1")
        again = alice.post("credits/holds/", WORK, key="h1")

        assert again.json()["id"] == first.json()["id"]
        assert again["Idempotent-Replayed"] == "true"
        for body in ({**WORK, "units": 1}, {**WORK, "expires_in": 6_000}):
            other = alice.post("credits/holds/", body, key="h1")
            assert code_of(other) == "idempotency_key_reused"

    def test_reserve_again_says_what_became_of_the_hold(self, alice: Caller) -> None:
        hold = alice.post("credits/holds/", WORK, key="h1").json()["id"]
        alice.post(f"credits/holds/{hold}/release/")

        again = alice.post("credits/holds/", WORK, key="h1")

        assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
        assert (again.json()["id"], again.json()["status"]) == (hold, "released")

    def test_reserve_again_says_that_its_time_is_over(self, alice: Caller, world: World) -> None:
        past = timezone.now() - timedelta(minutes=20)
        hold = holds.reserve(account=world.home, **WORK, idempotency_key="h1", now=past)

        again = alice.post("credits/holds/", WORK, key="h1")

        assert (again.json()["id"], again.json()["status"]) == (str(hold.id), "expired")

    def test_release(self, alice: Caller) -> None:
        hold = alice.post("credits/holds/", WORK, key="h1").json()["id"]

        first = alice.post(f"credits/holds/{hold}/release/")
        again = alice.post(f"credits/holds/{hold}/release/")

        assert (first.json()["status"], first.json()["available"]) == ("released", 1000)
        assert "Idempotent-Replayed" not in first
        assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
        assert again.json() == first.json()

    def test_what_is_spent_is_not_given_back(self, alice: Caller, world: World) -> None:
        hold = alice.post("credits/holds/", WORK, key="h1").json()["id"]
        alice.post(f"credits/holds/{hold}/commit/", {"units": 1_000})

        late = alice.post(f"credits/holds/{hold}/release/")

        assert (code_of(late), late.json()["current"]) == ("state_conflict", "committed")
        assert balance(world.home) == 990

    def test_no_more_is_taken_than_was_held(self, alice: Caller, world: World) -> None:
        hold = alice.post("credits/holds/", WORK, key="h1").json()["id"]

        response = alice.post(f"credits/holds/{hold}/commit/", {"units": 1_501})

        assert code_of(response) == "state_conflict"
        assert response.json()["reason_code"] == "commit_over_hold"
        assert (response.json()["required"], response.json()["held"]) == (16, 15)
        assert balance(world.home) == 1000

    def test_an_expired_hold_cannot_be_committed(self, alice: Caller, world: World) -> None:
        past = timezone.now() - timedelta(minutes=5)
        hold = holds.reserve(
            account=world.home, **WORK, idempotency_key="h", now=past, expires_in=60
        )

        response = alice.post(f"credits/holds/{hold.id}/commit/", {"units": 1})

        assert (code_of(response), response.json()["current"]) == ("state_conflict", "expired")

    def test_two_that_fit_alone_but_not_together(self, committed_world: World) -> None:
        headers = by_token(committed_world.alice).headers
        callers = [Caller(headers, APIClient()) for _ in range(2)]
        large = {"operation": "image_generation", "units": 120}  # 600 of 1,000

        outcomes = at_once(
            *(
                partial(caller.post, "credits/holds/", large, key=f"h{number}")
                for number, caller in enumerate(callers)
            )
        )

        codes = sorted(code_of(outcome.result) for outcome in outcomes)
        assert codes == ["", "insufficient_credits"]
        assert CreditHold.objects.count() == 1
