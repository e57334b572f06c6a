"""How often an account may call: exactly so often, however many call at once."""

from functools import partial

import pytest
from django.conf import LazySettings
from django.db import connection
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from console.settings.api import Rate
from tenancy.api import counters
from tenancy.models import ThrottleCounter
from tenancy.roles import Role
from tenancy.services import lifecycle, users
from tests.api.world import Caller, anybody, by_key, by_session, by_token, code_of
from tests.conftest import World
from tests.factories import NOW, REASON, make_account, make_site, make_user
from tests.racing import Meeting, at_once

CALLERS = 32
EACH = 5
LIMIT = 100


@pytest.fixture
def two_a_minute(settings: LazySettings) -> None:
    settings.API_RATES = {scope: Rate(2, 60) for scope in settings.API_RATES}


class TestAtOnce:
    def test_exactly_the_limit_passes(self, committed: None) -> None:
        def caller() -> int:
            return sum(
                counters.count("read:account:1", seconds=60).calls <= LIMIT for _ in range(EACH)
            )

        outcomes = at_once(*[caller] * CALLERS)

        assert sum(outcome.result for outcome in outcomes) == LIMIT
        assert ThrottleCounter.objects.get().calls == CALLERS * EACH

    def test_reading_first_and_writing_after_lets_more_through(self, committed: None) -> None:
        """The control: so a cache-backed throttle counts, and the test above would see it."""
        ThrottleCounter.objects.create(key="k", calls=LIMIT - 1, resets_at="2999-01-01T00:00:00Z")
        looked = Meeting(8)

        def naive() -> bool:
            calls = ThrottleCounter.objects.get(key="k").calls + 1
            looked.wait()
            ThrottleCounter.objects.filter(key="k").update(calls=calls)
            return calls <= LIMIT

        outcomes = at_once(*[naive] * 8)

        assert sum(outcome.result for outcome in outcomes) == 8

    def test_over_http_too(self, committed_world: World, settings: LazySettings) -> None:
        settings.API_RATES = settings.API_RATES | {"read": Rate(11, 60)}
        headers = by_token(committed_world.alice).headers
        callers = [Caller(headers, APIClient()) for _ in range(8)]

        def calls(caller: Caller) -> list[str]:
            return [code_of(caller.get("credits/")) for _ in range(3)]

        outcomes = at_once(*(partial(calls, caller) for caller in callers))

        codes = [code for outcome in outcomes for code in outcome.result]
        assert (codes.count(""), codes.count("rate_limited")) == (11, 13)


def test_the_one_too_many_is_told_when_to_come_back(world: World, two_a_minute: None) -> None:
    alice = by_token(world.alice)
    assert [alice.get("credits/").status_code for _ in range(2)] == [200, 200]

    response = alice.get("credits/")

    assert code_of(response) == "rate_limited"
    assert 1 <= int(response["Retry-After"]) <= 60


def test_a_new_window_lets_in_again(world: World, two_a_minute: None) -> None:
    alice = by_token(world.alice)
    for _ in range(3):
        alice.get("credits/")
    ThrottleCounter.objects.update(resets_at="2020-01-01T00:00:00Z")

    assert alice.get("credits/").status_code == 200
    assert ThrottleCounter.objects.get().calls == 1


def test_all_of_an_account_count_together(world: World, two_a_minute: None) -> None:
    site = by_key(make_site(world.home))

    by_token(world.alice).get("users/")
    by_session(world.bob).get("users/")

    assert code_of(by_token(world.bob).get("users/")) == "rate_limited"
    assert code_of(site.get("wordpress/site/")) == "rate_limited"


def test_no_account_counts_for_another(world: World, two_a_minute: None) -> None:
    for _ in range(3):
        by_token(world.alice).get("credits/")

    assert by_token(world.charlie).get("credits/").status_code == 200


def test_scopes_are_counted_apart(world: World, two_a_minute: None) -> None:
    alice = by_token(world.alice)
    for _ in range(3):
        alice.get("credits/")

    assert alice.post("credits/check/", {"operation": "clustering"}).status_code == 200
    assert code_of(alice.patch("sites/1/", {})) == "not_found"


def test_a_developer_uses_up_their_own(world: World, two_a_minute: None) -> None:
    company = make_account(status="active", is_system=True)
    developer = by_token(make_user(company, role=Role.DEVELOPER)).acting_for(world.home)
    for _ in range(3):
        developer.get("credits/")

    assert code_of(developer.get("credits/")) == "rate_limited"
    assert by_token(world.alice).get("credits/").status_code == 200


class TestWhoIsKnownCountsForTheirAccount:
    """Also who is refused: the statement that reads who calls counts the call."""

    def counted(self, caller: Caller) -> list[str]:
        assert [code_of(caller.get("credits/")) for _ in range(3)][2] == "rate_limited"
        return [counter.key for counter in ThrottleCounter.objects.all()]

    def test_of_a_blocked_account(self, world: World, two_a_minute: None) -> None:
        lifecycle.suspend(account=world.home, code="abuse", by=world.sam, reason=REASON, now=NOW)

        assert self.counted(by_token(world.alice)) == [f"read:account:{world.home.pk}"]

    def test_with_a_token_that_has_ended(self, world: World, two_a_minute: None) -> None:
        bob = by_token(world.bob)
        users.deactivate(user=world.bob, by=world.sam, reason=REASON)

        assert self.counted(bob) == [f"read:account:{world.home.pk}"]

    def test_with_a_session(self, world: World, two_a_minute: None) -> None:
        assert self.counted(by_session(world.alice)) == [f"read:account:{world.home.pk}"]

    def test_but_without_an_account_by_address(self, world: World, two_a_minute: None) -> None:
        assert self.counted(by_token(world.olga)) == ["read:address:127.0.0.1"]

    def test_and_nobody_by_address(self, world: World, two_a_minute: None) -> None:
        token = AccessToken()
        token["user_id"] = "987654321"

        assert self.counted(Caller({"Authorization": f"Bearer {token}"})) == [
            "read:address:127.0.0.1"
        ]

    def test_by_redis_where_there_is_one(
        self,
        world: World,
        two_a_minute: None,
        settings: LazySettings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        client = FakeRedis()
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(counters, "_redis", lambda url: client)

        assert self.counted(by_token(world.alice)) == []
        assert client.calls == {f"igny8:calls:read:account:{world.home.pk}": 3}


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Api-Key x"])
def test_who_is_nobody_counts_by_address(db: None, two_a_minute: None, authorization: str) -> None:
    caller = Caller({"Authorization": authorization}) if authorization else anybody()
    codes = [code_of(caller.get("account/")) for _ in range(3)]

    assert codes[0] == codes[1] != "rate_limited"
    assert codes[2] == "rate_limited"


def test_a_network_of_ipv6_is_one_address(db: None, two_a_minute: None) -> None:
    def code(address: str) -> str:
        return code_of(APIClient().get("/api/v1/plans/", REMOTE_ADDR=address))

    codes = [code(f"2001:db8:1:2::{number}") for number in range(3)]

    assert codes == ["", "", "rate_limited"]
    assert code("2001:db8:1:3::1") == ""
    assert [code(text) for text in ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1")] == codes


class TestForgedAddresses:
    def codes(self, forged: list[str]) -> list[str]:
        return [code_of(anybody().get("plans/", X_Forwarded_For=text)) for text in forged]

    def test_they_change_nothing(self, db: None, two_a_minute: None) -> None:
        assert self.codes(["1.1.1.1", "2.2.2.2", "3.3.3.3"]) == ["", "", "rate_limited"]

    def test_behind_a_proxy_what_the_proxy_saw_counts(
        self, db: None, two_a_minute: None, settings: LazySettings
    ) -> None:
        settings.TRUSTED_PROXIES = 1

        assert self.codes(["1.1.1.1, 9.9.9.9", "2.2.2.2, 9.9.9.9", "3.3.3.3, 9.9.9.9"]) == [
            "",
            "",
            "rate_limited",
        ]
        assert self.codes(["9.9.9.9, 8.8.8.8"]) == [""]


def test_it_is_off_only_while_debugging(
    world: World, two_a_minute: None, settings: LazySettings
) -> None:
    settings.DEBUG = True
    alice = by_token(world.alice)

    assert [alice.get("credits/").status_code for _ in range(4)] == [200] * 4


def test_the_counters_are_not_written_to_the_log_of_changes(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = %s",
            [ThrottleCounter._meta.db_table],
        )
        assert cursor.fetchone() == ("u",)


def test_old_counters_are_forgotten(db: None) -> None:
    counters.count("a", seconds=60)
    ThrottleCounter.objects.create(key="b", calls=1, resets_at="2020-01-01T00:00:00Z")

    assert counters.forget_old() == 1
    assert ThrottleCounter.objects.get().key == "a"


class FakeRedis:
    """What counting needs of a client: one MULTI/EXEC at a time."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.lives: dict[str, int] = {}

    def pipeline(self, transaction: bool) -> "FakeRedis":
        assert transaction
        self.answers: list[object] = []
        return self

    def incr(self, key: str) -> None:
        self.calls[key] = self.calls.get(key, 0) + 1
        self.answers.append(self.calls[key])

    def expire(self, key: str, seconds: int, *, nx: bool) -> None:
        assert nx
        self.answers.append(self.lives.setdefault(key, seconds) == seconds)

    def pttl(self, key: str) -> None:
        self.answers.append(self.lives[key] * 1000)

    def execute(self) -> list[object]:
        return self.answers


def test_redis_counts_the_same_way() -> None:
    client = FakeRedis()

    counted = [counters.count_in_redis(client, "k", seconds=60) for _ in range(3)]

    assert counted == [(1, 60.0), (2, 60.0), (3, 60.0)]


def test_without_an_answer_from_redis_postgresql_counts(
    db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(url: str) -> FakeRedis:
        raise ConnectionRefusedError

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(counters, "_redis", no_answer)

    assert counters.count("k", seconds=60).calls == 1
    assert counters.count("k", seconds=60).calls == 2
