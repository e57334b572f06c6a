"""The codes of errors: one enum, the same table in docs/api.md, and each of them produced here."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

import console.urls  # noqa: F401 - loads every service, and so every refusal
from billing.services import ledger, spending
from console.settings.api import Rate
from tenancy.api import tokens
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError, body
from tenancy.api.refusals import error_of
from tenancy.errors import ServiceError
from tenancy.models import Site
from tenancy.services import users
from tests.api.world import Caller, anybody, by_key, by_token, key_of_any_account
from tests.conftest import World
from tests.factories import REASON, make_account, make_plan, make_site, make_user, open_transfer

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ROW = re.compile(r"^\| `(\w+)` \| ([45]\d\d) \|", re.MULTILINE)
WORK = {"operation": "clustering"}


def test_the_docs_hold_the_same_table() -> None:
    rows = [(code, int(status)) for code, status in ROW.findall(DOCS.read_text())]

    assert rows == [(str(code), int(code.status)) for code in Code]


def a_token(status: str = "active", **facts: object) -> Caller:
    return by_token(make_user(make_account(status=status, **facts)))


def suspended(reason: str) -> HttpResponse:
    return a_token("suspended", status_reason=reason).get("credits/")


def expired(world: World, patch: pytest.MonkeyPatch) -> HttpResponse:
    alice = by_token(world.alice)
    patch.setattr("tenancy.api.tokens.time.time", lambda: timezone.now().timestamp() + 301)
    return alice.get("account/")


def deactivated(world: World) -> HttpResponse:
    bob = by_token(world.bob)
    users.deactivate(user=world.bob, by=world.sam, reason=REASON)
    return bob.get("account/")


def site_off(world: World) -> HttpResponse:
    site = make_site(world.home)
    caller = by_key(site)
    Site.objects.update(is_active=False)
    return caller.get("wordpress/site/")


def session_without_csrf(world: World) -> HttpResponse:
    caller = Caller(client=APIClient(enforce_csrf_checks=True))
    caller.client.force_login(world.alice, backend="django.contrib.auth.backends.ModelBackend")
    return caller.post("credits/check/", WORK)


def without_plan(patch: pytest.MonkeyPatch) -> HttpResponse:
    caller = a_token()
    # The column is NOT NULL; the gate looks all the same.
    person_of = tokens.person_of

    def nobodys_plan(claims: dict, **how: object) -> object:
        user = person_of(claims, **how)
        user.account.plan_id = None
        return user

    patch.setattr(tokens, "person_of", nobodys_plan)
    return caller.get("credits/")


def in_the_clear(world: World, settings: LazySettings) -> HttpResponse:
    settings.SECURE_SSL_REDIRECT = True
    return Caller(by_token(world.alice).headers, APIClient()).get("account/")


def twice(world: World) -> HttpResponse:
    alice = by_token(world.alice)
    alice.post("credits/deduct/", WORK, key="k")
    return alice.post("credits/deduct/", {**WORK, "units": 2}, key="k")


def limited(world: World, settings: LazySettings) -> HttpResponse:
    settings.API_RATES = settings.API_RATES | {"read": Rate(1, 60)}
    alice = by_token(world.alice)
    alice.get("credits/")
    return alice.get("credits/")


def raising(error: Exception, patch: pytest.MonkeyPatch, world: World) -> HttpResponse:
    def broken(**_: object) -> None:
        raise error

    patch.setattr(spending, "deduct", broken)
    headers = by_token(world.alice).headers
    # Otherwise the test client raises what the server would answer.
    client = APIClient(raise_request_exception=False)
    return Caller(headers, client).post("credits/deduct/", WORK, key="k")


def full(world: World) -> HttpResponse:
    make_site(world.home)
    return by_token(world.alice).post("sites/", {"name": "One too many"})


type Produce = Callable[[World, pytest.MonkeyPatch, LazySettings], HttpResponse]

PRODUCED: dict[Code, Produce] = {
    Code.VALIDATION_ERROR: lambda w, p, s: by_token(w.alice).post("credits/check/", {}),
    Code.IDEMPOTENCY_KEY_REQUIRED: lambda w, p, s: by_token(w.alice).post("credits/deduct/", WORK),
    Code.NOT_AUTHENTICATED: lambda w, p, s: anybody().get("account/"),
    Code.INVALID_CREDENTIALS: lambda w, p, s: anybody().post(
        "auth/login/", {"email": "a@b.example", "password": "x"}
    ),
    Code.INVALID_API_KEY: lambda w, p, s: key_of_any_account(make_account(deleted=True)).get(
        "wordpress/site/"
    ),
    Code.TOKEN_EXPIRED: lambda w, p, s: expired(w, p),
    Code.TOKEN_INVALID: lambda w, p, s: Caller({"Authorization": "Bearer x"}).get("account/"),
    Code.TRIAL_EXPIRED: lambda w, p, s: suspended("trial_expired"),
    Code.PAYMENT_FAILED: lambda w, p, s: suspended("payment_failed"),
    Code.PLAN_MISSING: lambda w, p, s: without_plan(p),
    Code.PLAN_INACTIVE: lambda w, p, s: a_token(plan=make_plan(is_active=False)).get("credits/"),
    Code.INSUFFICIENT_CREDITS: lambda w, p, s: a_token().post("credits/deduct/", WORK, key="k"),
    Code.ACCOUNT_SUSPENDED: lambda w, p, s: suspended("manual"),
    Code.ACCOUNT_CANCELLED: lambda w, p, s: a_token("cancelled").get("credits/"),
    Code.USER_INACTIVE: lambda w, p, s: deactivated(w),
    Code.SITE_INACTIVE: lambda w, p, s: site_off(w),
    Code.PERMISSION_DENIED: lambda w, p, s: by_token(w.bob).post("users/", {}),
    Code.PLAN_LIMIT_REACHED: lambda w, p, s: full(w),
    Code.HTTPS_REQUIRED: lambda w, p, s: in_the_clear(w, s),
    Code.CSRF_FAILED: lambda w, p, s: session_without_csrf(w),
    Code.NOT_FOUND: lambda w, p, s: anybody().get("nowhere/"),
    Code.METHOD_NOT_ALLOWED: lambda w, p, s: anybody().delete("plans/"),
    Code.NOT_ACCEPTABLE: lambda w, p, s: anybody().get("plans/", Accept="text/html"),
    Code.STATE_CONFLICT: lambda w, p, s: by_token(w.charlie).post(
        "billing/bank-transfers/", {"plan": open_transfer(w.other).invoice.plan.slug}
    ),
    Code.IDEMPOTENCY_IN_PROGRESS: lambda w, p, s: raising(ledger.in_progress(), p, w),
    Code.PAYLOAD_TOO_LARGE: lambda w, p, s: by_token(w.alice).post(
        "credits/check/", b" " * 1_000_001
    ),
    Code.UNSUPPORTED_MEDIA_TYPE: lambda w, p, s: by_token(w.alice).post(
        "credits/check/", b"a=b", Content_Type="application/x-www-form-urlencoded"
    ),
    Code.IDEMPOTENCY_KEY_REUSED: lambda w, p, s: twice(w),
    Code.RATE_LIMITED: lambda w, p, s: limited(w, s),
    Code.INTERNAL_ERROR: lambda w, p, s: raising(ZeroDivisionError("a secret"), p, w),
    Code.TEMPORARILY_UNAVAILABLE: lambda w, p, s: raising(OperationalError("gone"), p, w),
}


def test_every_code_has_somebody_who_produces_it() -> None:
    assert set(PRODUCED) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_the_code_is_produced(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: LazySettings, code: Code
) -> None:
    response = PRODUCED[code](world, monkeypatch, settings)

    assert response.status_code == code.status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    problem = response.json()
    assert (problem["code"], problem["title"]) == (code, code.title)
    assert problem["status"] == code.status
    assert problem["detail"]
    assert "secret" not in response.content.decode()
    if code is Code.NOT_FOUND:
        assert "instance" not in problem
    else:
        assert problem["instance"] == f"urn:request:{response['X-Request-Id']}"
    if code.status == 401:
        assert response["WWW-Authenticate"].startswith(("Bearer", "Api-Key"))
    if code in (Code.RATE_LIMITED, Code.IDEMPOTENCY_IN_PROGRESS, Code.TEMPORARILY_UNAVAILABLE):
        assert int(response["Retry-After"]) >= 1


def test_the_type_of_a_problem_leads_to_its_row(db: None) -> None:
    page = Client().get("/api/docs/errors/")

    assert page.status_code == 200
    for code in Code:
        assert f'id="{code}"' in page.content.decode()


def refusals(kind: type[ServiceError] = ServiceError) -> list[type[ServiceError]]:
    return [kind, *(sub for child in kind.__subclasses__() for sub in refusals(child))]


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_every_refusal_of_a_service_has_an_answer(kind: type[ServiceError]) -> None:
    error = error_of(kind("Not now.", field="name", current="x", account="secret", payment=7))

    assert isinstance(error, ApiError)
    assert error.code in Code
    assert error.code.status < 500 or kind.code == "sign_up_closed"
    # What is not a code of the API's own is still told.
    told = {error.code, error.facts.get("reason_code"), *(e["code"] for e in error.errors)}
    assert kind.code in told or error.code in (Code.NOT_FOUND, Code.TEMPORARILY_UNAVAILABLE)
    assert not {"account", "payment"} & set(error.facts)


def test_facts_never_hide_the_members_of_a_problem(world: World) -> None:
    error = ApiError(Code.STATE_CONFLICT, "No.", status=1, code="x", title="y", current="z")

    assert body(error, "id")["status"] == 409
    assert body(error, "id")["code"] == "state_conflict"
    assert body(error, "id")["current"] == "z"
