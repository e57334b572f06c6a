"""Every call x every credential x every state of an account, from the URL conf.

No call here changes anything: bodies carry a member that nobody knows, so that whoever is let in
is answered 400, and ids are of nobody, so that a read is answered 404.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from django.db import transaction
from django.urls import get_resolver
from pytest_django import DjangoDbBlocker

from tenancy.api.views import ApiView
from tenancy.models import Account, AccountStatus
from tenancy.roles import Role
from tests.api.table import CALLS, Call, When, Who
from tests.api.test_docs_page import codes_of
from tests.api.world import (
    ROOT,
    Caller,
    anybody,
    by_session,
    by_token,
    code_of,
    key_of_any_account,
)
from tests.factories import make_account, make_plan, make_staff, make_user, put

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
LADDER = (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER)
NOBODYS_ID = "987654321"
STRANGE = {"no_such_member": 1}

# State -> what an account in it is refused with (status, code); None where it works.
BLOCKS: dict[str, tuple[int, str] | None] = {
    "trial": None,
    "pending_payment": None,
    "active": None,
    "manual": (403, "account_suspended"),
    "abuse": (403, "account_suspended"),
    "trial_expired": (402, "trial_expired"),
    "payment_failed": (402, "payment_failed"),
    "cancelled": (403, "account_cancelled"),
    "plan_inactive": (402, "plan_inactive"),
    "deleted": (401, "deleted"),
}


def paths() -> dict[str, type[ApiView]]:
    """Every address under /api/v1/, ids as <id>, with its view."""
    (root,) = [p for p in get_resolver().url_patterns if str(p.pattern) == ROOT.lstrip("/")]
    return {
        re.sub(r"<\w+:\w+>", "<id>", str(pattern.pattern)): pattern.callback.view_class
        for pattern in root.url_patterns
    }


def operations() -> set[tuple[str, str]]:
    return {
        (method, path)
        for path, view in paths().items()
        for method in METHODS
        if hasattr(getattr(view, method.lower(), None), "operation")
    }


def test_every_call_is_in_the_table_and_the_other_way_round() -> None:
    assert operations() == set(CALLS)


def test_every_view_is_one_of_ours() -> None:
    assert [path for path, view in paths().items() if not issubclass(view, ApiView)] == []


@dataclass
class Accounts:
    """One account in each state, with somebody of each role, a developer and a bot besides."""

    of: dict[str, Account]
    callers: dict[tuple[str, str], Caller]  # (state, credential)


@pytest.fixture(scope="module")
def accounts(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Accounts]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_accounts()
        transaction.set_rollback(True)


def make_accounts() -> Accounts:
    of: dict[str, Account] = {}
    for state in BLOCKS:
        if state in AccountStatus.values:
            of[state] = make_account(status=state)
        elif state == "plan_inactive":
            of[state] = make_account(status="active", plan=make_plan(is_active=False))
        elif state == "deleted":
            of[state] = make_account(status="active", deleted=True)
        else:
            of[state] = make_account(status="suspended", status_reason=state)
    company = make_account(status="active", is_system=True)
    developer = by_token(make_user(company, role=Role.DEVELOPER))
    bot = by_token(make_user(company, role=Role.SYSTEM_BOT))
    unpaid = make_account(status="suspended", status_reason="payment_failed")
    blocked_developer = by_token(make_user(unpaid, role=Role.DEVELOPER))
    system_owner = by_token(make_user(company, role=Role.OWNER))
    staff = by_session(make_staff(is_superuser=True))
    callers: dict[tuple[str, str], Caller] = {}
    for state, account in of.items():
        for role in LADDER:
            user = make_user(account, role=role)
            callers[state, role] = by_token(user)
        put(account, owner=user)
        callers[state, "session"] = by_session(make_user(account, role=Role.OWNER))
        callers[state, "key"] = key_of_any_account(account)
        callers[state, "developer"] = developer.acting_for(account)
        callers[state, "bot"] = bot.acting_for(account)
        callers[state, "blocked developer"] = blocked_developer.acting_for(account)
        # Their X-Account is refused, whoever they are otherwise.
        callers[state, "system owner"] = system_owner.acting_for(account)
        callers[state, "staff"] = staff
        callers[state, "nobody"] = anybody()
        callers[state, "bad token"] = Caller({"Authorization": "Bearer x.y.z"})
        callers[state, "bad key"] = Caller({"Authorization": "Api-Key igny8_x"})
    return Accounts(of, callers)


CREDENTIALS = (
    *LADDER,
    "session",
    "key",
    "developer",
    "bot",
    "blocked developer",
    "system owner",
    "staff",
    "nobody",
    "bad token",
    "bad key",
)
# Tried on an active account alone. The first do not depend on the state; what a state does to the
# ladder shows at its two ends.
ACTIVE_ALONE = (
    "staff",
    "nobody",
    "bad token",
    "bad key",
    "blocked developer",
    "system owner",
    *LADDER[1:-1],
)


def refusal(call: Call, credential: str, state: str) -> tuple[int, str] | None:
    """(status, code) that this credential of an account in this state is refused with, or None."""
    if call.who is Who.ANYBODY:
        return None
    block = BLOCKS[state]
    if credential == "nobody":
        return 401, "not_authenticated"
    if credential == "bad token":
        return 401, "token_invalid"
    if credential == "bad key":
        return 401, "invalid_api_key"
    if credential == "blocked developer":
        return 402, "payment_failed"
    if credential in ("staff", "system owner"):
        return 403, "permission_denied"
    if credential == "key":
        if block is not None:
            return (401, "invalid_api_key") if state == "deleted" else block
        return None if call.who is Who.SITE else (403, "permission_denied")
    if block is not None and not is_open(call, state):
        return of_block(credential, state)
    return None if may(call.who, credential) else (403, "permission_denied")


def is_open(call: Call, state: str) -> bool:
    if state == "deleted":
        return False
    if call.when is When.PAYING:
        return state in ("trial_expired", "payment_failed", "plan_inactive", "cancelled")
    return call.when is When.ALWAYS


def of_block(credential: str, state: str) -> tuple[int, str]:
    if state != "deleted":
        return BLOCKS[state]
    by_credential = {
        "session": (401, "not_authenticated"),
        "developer": (404, "not_found"),
        "bot": (404, "not_found"),
    }
    return by_credential.get(credential, (401, "token_invalid"))


@cache
def may(who: Who, credential: str) -> bool:
    people = [*LADDER]
    let_in = {
        Who.MEMBER: [*people, "session", "developer", "bot"],
        Who.READER: [*people, "session", "developer", "bot"],
        Who.SPENDER: [*people[1:], "session", "developer", "bot"],
        Who.VIEWER: [*people, "session", "developer"],
        Who.EDITOR: [*people[1:], "session", "developer"],
        Who.ADMIN: [*people[2:], "session", "developer"],
        Who.HEAD: [*people[2:], "session"],
        Who.OWNER: [Role.OWNER],
        Who.COMPANY: ["developer", "bot"],
        Who.SITE: [],
    }
    return credential in let_in[who]


def concrete(path: str) -> str:
    return path.replace("<id>", NOBODYS_ID)


@pytest.mark.parametrize(("method", "path"), sorted(CALLS), ids=lambda part: part)
def test_who_gets_in(accounts: Accounts, method: str, path: str) -> None:
    call = CALLS[method, path]
    wrong, answered = [], set()
    for state in BLOCKS:
        for credential in CREDENTIALS:
            if credential in ACTIVE_ALONE and state != "active":
                continue
            caller = accounts.callers[state, credential]
            body = None if method == "GET" else STRANGE
            response = caller.call(method, concrete(path), body)
            expected = refusal(call, credential, state)
            got = response.status_code, code_of(response)
            answered.add(got[1])
            if expected is None:
                # Let in: read, or stopped by the strange member or by the id of nobody.
                fine = (200, "") if method == "GET" else (400, "validation_error")
                if got != fine and not (method == "GET" and got == (404, "not_found")):
                    wrong.append((state, credential, got, "let in"))
            elif got != expected:
                wrong.append((state, credential, got, expected))
            if response.status_code == 401:
                assert response["WWW-Authenticate"]
    assert wrong == []
    assert answered - codes_of(method, path) <= {""}


@pytest.mark.parametrize("path", sorted(paths()))
def test_other_methods_are_405_for_everybody(accounts: Accounts, path: str) -> None:
    known = {method for method, known_path in CALLS if known_path == path}
    for credential in ("nobody", Role.OWNER, "key"):
        for method in set(METHODS) - known:
            response = accounts.callers["active", credential].call(method, concrete(path))
            assert code_of(response) == "method_not_allowed", (method, credential)
            assert set(response["Allow"].split(", ")) - {"HEAD"} == known
