"""What the tests of the API share: somebody calling, and accounts in every state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpResponse
from rest_framework.test import APIClient

from tenancy.api import tokens
from tenancy.models import Account, ApiKey, Site, User
from tenancy.services import api_keys
from tests.factories import NOW, REASON, make_site
from tests.signing_in import sign_in

ROOT = "/api/v1/"
# Whoever sends no cookie can share it; a client loads all middleware before its first call.
SHARED = APIClient()


@dataclass
class Caller:
    """Calls the API with fixed headers: `alice.get("account/")`."""

    headers: Mapping[str, str] = field(default_factory=dict)
    client: APIClient = SHARED

    def call(
        self, method: str, path: str, body: object = None, *, key: str = "", **headers: str
    ) -> HttpResponse:
        every = {**self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        if key:
            every["Idempotency-Key"] = key
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
        content_type = every.pop("Content-Type", "application/json")
        return self.client.generic(
            method,
            path if path.startswith("/") else ROOT + path,
            data,
            content_type=content_type if data else "application/octet-stream",
            headers=every,
        )

    def get(self, path: str, **options: str) -> HttpResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, body: object = None, **options: str) -> HttpResponse:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: object = None, **options: str) -> HttpResponse:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: object = None, **options: str) -> HttpResponse:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, body: object = None, **options: str) -> HttpResponse:
        return self.call("DELETE", path, body, **options)

    def acting_for(self, account: Account) -> "Caller":
        return Caller({**self.headers, "X-Account": account.slug}, self.client)


def anybody() -> Caller:
    return Caller()


def by_token(user: User) -> Caller:
    return Caller({"Authorization": f"Bearer {tokens.issue(user)['access']}"})


def by_session(user: User) -> Caller:
    """With a cookie, and without the CSRF check, as test clients are (test_sessions_and_acting)."""
    caller = Caller(client=APIClient())
    sign_in(caller.client, user)
    return caller


def by_key(site: Site) -> Caller:
    return Caller({"Authorization": f"Api-Key {new_key(site)}"})


def new_key(site: Site) -> str:
    return api_keys.rotate(site=site, overlap_hours=0, by=None, reason=REASON, now=NOW).secret


def key_of_any_account(account: Account) -> Caller:
    """A key also where the service would refuse to make one."""
    secret = f"igny8_test_{account.pk}_secret"
    ApiKey.objects.create(
        account=account,
        site=make_site(account),
        prefix=f"igny8_{account.pk}",
        key_hash=api_keys.hash_key(secret),
        created_at=NOW,
    )
    return Caller({"Authorization": f"Api-Key {secret}"})


def code_of(response: HttpResponse) -> str:
    """The code of an error; empty for an answer."""
    assert response.status_code != 500
    if response.status_code < 400:
        return ""
    assert response["Content-Type"] == "application/problem+json", response.content
    problem = response.json()
    assert problem["status"] == response.status_code
    return problem["code"]
