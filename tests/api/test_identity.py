"""Who is calling: three kinds of credentials, one query for two of them, none of them a way in
for somebody who may not.
"""

from datetime import timedelta

import jwt
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tenancy.api import identity, tokens
from tenancy.models import ApiKey, Site
from tenancy.services import api_keys, lifecycle, users
from tests.api.world import Caller, by_key, by_session, by_token, code_of, new_key
from tests.conftest import World
from tests.factories import NOW, REASON, make_site


def test_a_token_costs_one_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = by_token(world.alice)

    with django_assert_num_queries(1):  # who, and how often
        assert alice.get("auth/me/").status_code == 200


def test_a_key_costs_one_query(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    site = by_key(make_site(world.home))
    site.get("wordpress/site/")  # the first call notes that the key is used

    with django_assert_num_queries(2):
        assert site.get("wordpress/site/").status_code == 200


def test_what_was_read_is_what_the_orm_reads(world: World) -> None:
    user = identity.person(world.alice.pk)
    key = identity.key(api_keys.hash_key(new_key(make_site(world.home))))

    for one in (user, user.account, user.account.plan, key, key.site, key.account):
        stored = type(one).objects.get(pk=one.pk)
        for field in one._meta.concrete_fields:
            assert getattr(one, field.attname) == getattr(stored, field.attname), field


@pytest.mark.parametrize("pk", [0, 987_654_321])
def test_nobody_is_nobody(db: None, pk: int) -> None:
    assert identity.person(pk) is None
    assert identity.key("0" * 64) is None


def test_somebody_without_an_account_is_known_but_let_in_nowhere(world: World) -> None:
    assert identity.person(world.olga.pk).account is None
    assert code_of(by_token(world.olga).get("auth/me/")) == "permission_denied"


def test_a_keys_use_is_noted_once_a_minute(world: World) -> None:
    site = make_site(world.home)
    caller = by_key(site)

    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert caller.get("wordpress/site/").status_code == 200
        return sum("UPDATE" in query["sql"] and "api_keys" in query["sql"] for query in queries)

    assert [writes(), writes()] == [1, 0]
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    assert [writes(), writes()] == [1, 0]
    assert timezone.now() - ApiKey.objects.get().last_used_at < timedelta(seconds=60)


def test_an_old_key_works_for_its_overlap(world: World) -> None:
    site = make_site(world.home)
    old = Caller({"Authorization": f"Api-Key {new_key(site)}"})
    now = timezone.now()
    api_keys.rotate(site=site, overlap_hours=1, by=None, reason=REASON, now=now)
    assert old.get("wordpress/site/").status_code == 200

    ApiKey.objects.filter(expires_at__isnull=False).update(expires_at=now)

    assert code_of(old.get("wordpress/site/")) == "invalid_api_key"


def test_a_revoked_key_ends_now(world: World) -> None:
    site = make_site(world.home)
    caller = by_key(site)
    api_keys.revoke(site=site, by=None, reason=REASON, now=timezone.now())

    response = caller.get("wordpress/site/")

    assert code_of(response) == "invalid_api_key"
    assert response["WWW-Authenticate"].startswith("Api-Key")


def test_a_site_that_is_off_calls_nothing(world: World) -> None:
    site = make_site(world.home)
    caller = by_key(site)
    Site.objects.filter(pk=site.pk).update(is_active=False)

    assert code_of(caller.get("wordpress/site/")) == "site_inactive"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer " + "x" * 3000,
        "Bearer ..",
        "Bearer é",
        "bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSJ9.",
    ],
)
def test_what_is_no_token_is_refused(db: None, authorization: str) -> None:
    response = Caller({"Authorization": authorization}).get("account/")

    assert code_of(response) == "token_invalid"
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "authorization", ["Api-Key", "Api-Key x", "api-key é", "Api-Key " + "x" * 999]
)
def test_what_is_no_key_is_refused(db: None, authorization: str) -> None:
    assert code_of(Caller({"Authorization": authorization}).get("wordpress/site/")) == (
        "invalid_api_key"
    )


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Token x", "Bearerx"])
def test_other_schemes_are_nobody(db: None, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    assert code_of(Caller(headers).get("account/")) == "not_authenticated"


def test_a_refresh_token_is_no_access_token(world: World) -> None:
    refresh = tokens.issue(world.alice)["refresh"]

    assert code_of(Caller({"Authorization": f"Bearer {refresh}"}).get("account/")) == (
        "token_invalid"
    )


def made(world: World, **claims: object) -> Caller:
    token = AccessToken()
    token["user_id"] = str(world.alice.pk)
    token[tokens.MARK_CLAIM] = tokens.mark_of(world.alice)
    for name, value in claims.items():
        token[name] = value
    return Caller({"Authorization": f"Bearer {token}"})


def test_a_token_made_by_hand_works_so_that_the_next_tests_say_something(world: World) -> None:
    assert made(world).get("account/").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"user_id": "987654321"},
        {"user_id": ""},
        {"user_id": None},
        {"user_id": ["1"]},
        {"user_id": "9" * 40},
        {"user_id": "²"},
        {"pwd": "0" * 16},
        {"pwd": None},
        {"token_type": "refresh"},
    ],
    ids=str,
)
def test_a_token_of_ours_that_says_something_else_is_refused(
    world: World, claims: dict[str, object]
) -> None:
    assert code_of(made(world, **claims).get("account/")) == "token_invalid"


def test_a_token_ends_after_its_time_also_when_it_was_seen_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = by_token(world.alice)
    assert alice.get("account/").status_code == 200
    later = timezone.now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr("tenancy.api.tokens.time.time", later.timestamp)

    assert code_of(alice.get("account/")) == "token_expired"


def test_an_old_token_is_expired(world: World) -> None:
    past = timezone.now() - timedelta(minutes=6)

    assert code_of(made(world, exp=int(past.timestamp())).get("account/")) == "token_expired"


def test_a_token_signed_by_hand_works_so_that_the_next_test_says_something(world: World) -> None:
    assert signed(world).get("account/").status_code == 200


@pytest.mark.parametrize(
    "claims", [{"iss": "somebody"}, {"aud": "elsewhere"}, {"key": "x" * 64}], ids=str
)
def test_a_token_from_elsewhere_is_refused(world: World, claims: dict[str, str]) -> None:
    assert code_of(signed(world, **claims).get("account/")) == "token_invalid"


def signed(world: World, *, key: str = "", **claims: str) -> Caller:
    payload = {
        **AccessToken().payload,
        "user_id": str(world.alice.pk),
        tokens.MARK_CLAIM: tokens.mark_of(world.alice),
        "iss": "igny8",
        "aud": "igny8-api",
    }
    token = jwt.encode(payload | claims, key or api_settings.SIGNING_KEY, algorithm="HS256")
    return Caller({"Authorization": f"Bearer {token}"})


def test_deactivation_ends_tokens_and_sessions_at_once(world: World) -> None:
    by_both = [by_token(world.bob), by_session(world.bob)]
    assert [caller.get("account/").status_code for caller in by_both] == [200, 200]

    users.deactivate(user=world.bob, by=world.sam, reason=REASON)

    codes = [code_of(caller.get("account/")) for caller in by_both]
    assert codes == ["user_inactive", "not_authenticated"]


def test_a_new_password_ends_tokens_at_once(world: World) -> None:
    alice = by_token(world.alice)
    world.alice.set_password("a new password 123")
    world.alice.save(update_fields=["password"])

    assert code_of(alice.get("account/")) == "token_invalid"


def test_suspension_ends_everything_at_once(world: World) -> None:
    site = make_site(world.home)
    callers = [by_token(world.alice), by_session(world.alice)]
    key = by_key(site)
    lifecycle.suspend(account=world.home, code="abuse", by=world.sam, reason=REASON, now=NOW)

    for caller in callers:
        response = caller.get("credits/")
        assert code_of(response) == "account_suspended"
        assert response.json()["reason_code"] == "abuse"
    assert code_of(key.get("wordpress/site/")) == "account_suspended"
    assert callers[0].get("account/").json()["access"]["code"] == "account_suspended"


def test_tokens_are_not_kept_where_somebody_could_read_them(world: World) -> None:
    refresh = tokens.issue(world.alice)["refresh"]

    (known,) = OutstandingToken.objects.all()
    assert known.jti == RefreshToken(refresh)["jti"]
    assert known.token == ""
