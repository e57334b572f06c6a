"""Every address x every credential x every state of an account, from the URL conf.

No call here changes anything: ids are of another tenant, so that whoever is let in is answered 404,
and a body without an id has a member that nobody knows, so that it is answered 400.
"""

import itertools
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from tenancy.api.views import ApiView
from tenancy.models import Account, AccountStatus
from tenancy.roles import Role
from tests.api.addresses import METHODS, NOBODYS_ID, operations, paths
from tests.api.table import CALLS, PAGES, Call, Page, When, Who
from tests.api.test_docs_page import codes_of
from tests.api.test_isolation import BODIES, Tenant, filled, make_tenant
from tests.api.world import Caller, anybody, by_session, by_token, code_of, key_of_any_account
from tests.factories import DAY, make_account, make_plan, make_staff, make_user, put

pytestmark = pytest.mark.usefixtures("uncounted", "sessions_remembered")

LADDER = (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER)
STRANGE = {"no_such_member": 1}

# State -> what an account in it is refused with (status, code); None where it works.
BLOCKS: dict[str, tuple[int, str] | None] = {
    "trial": None,
    "pending_payment": None,
    "active": None,
    "manual": (403, "account_suspended"),
    "abuse": (403, "account_suspended"),
    "trial_over": (402, "trial_expired"),  # not suspended for it yet
    "trial_expired": (402, "trial_expired"),
    "payment_failed": (402, "payment_failed"),
    "cancelled": (403, "account_cancelled"),
    "plan_inactive": (402, "plan_inactive"),
    "deleted": (401, "deleted"),
}

# Refused before anybody looks at the account, so in every state alike. All name it in X-Account and
# have no business there: who is not known, somebody of another tenant, the company's owner, the
# console's staff.
REFUSED = {
    "nobody": (401, "not_authenticated"),
    "bad token": (401, "token_invalid"),
    "bad key": (401, "invalid_api_key"),
    "stranger": (403, "permission_denied"),
    "system owner": (403, "permission_denied"),
    "staff": (403, "permission_denied"),
    "superuser": (403, "permission_denied"),
    # Of an account that has not paid itself.
    "blocked developer": (402, "payment_failed"),
}
# The account's own: by token in each role, and the owner by session. It may have a developer and a
# bot of its own; those of the company name it in X-Account.
OWN = (*LADDER, "session", Role.DEVELOPER, Role.SYSTEM_BOT)
COMPANYS = ("company's developer", "company's bot")
CREDENTIALS = (*OWN, *COMPANYS, "key", *REFUSED)
ANY_STATE = "active"  # where one is enough
# One of each way to say who calls.
KINDS = ("nobody", "bad token", "bad key", Role.OWNER, "session", "key", "company's developer")

HEADS = {Role.ADMIN, Role.OWNER, "session"}
DEVELOPERS = {Role.DEVELOPER, "company's developer"}
BOTS = {Role.SYSTEM_BOT, "company's bot"}
ADMINS = HEADS | DEVELOPERS
EDITORS = ADMINS | {Role.EDITOR}
VIEWERS = EDITORS | {Role.VIEWER}
LET_IN: dict[Who, set[str]] = {
    Who.MEMBER: VIEWERS | BOTS,
    Who.READER: VIEWERS | BOTS,
    Who.SPENDER: EDITORS | BOTS,
    Who.VIEWER: VIEWERS,
    Who.EDITOR: EDITORS,
    Who.ADMIN: ADMINS,
    Who.HEAD: HEADS,
    Who.OWNER: {Role.OWNER},
    Who.COMPANY: set(COMPANYS),
    Who.SITE: {"key"},
}


def test_every_call_is_in_the_table_and_the_other_way_round() -> None:
    assert operations() == set(CALLS)


def test_every_view_is_one_of_ours() -> None:
    assert [path for path, view in paths().items() if not issubclass(view, ApiView)] == []


def test_every_address_beside_them_is_in_the_table_and_the_other_way_round() -> None:
    assert [str(entry.pattern) for entry in get_resolver().url_patterns] == list(PAGES)


@dataclass
class Cast:
    """An account in each state with everybody who calls for it, and another tenant."""

    callers: dict[tuple[str, str], Caller]  # (state, credential)
    theirs: Tenant
    not_found: bytes


@pytest.fixture(scope="module")
def whole_cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_cast()
        transaction.set_rollback(True)


@pytest.fixture
def cast(whole_cast: Cast) -> Iterator[Cast]:
    """What is counted and written down for one address does not make the next one slower."""
    with transaction.atomic():
        yield whole_cast
        transaction.set_rollback(True)


def make_cast() -> Cast:
    theirs = make_tenant("kestrel")
    company = make_account(status="active", is_system=True)
    unpaid = make_account(status="suspended", status_reason="payment_failed")
    acting = {
        "company's developer": by_token(make_user(company, role=Role.DEVELOPER)),
        "company's bot": by_token(make_user(company, role=Role.SYSTEM_BOT)),
    }
    refused = {
        "nobody": anybody(),
        "bad token": Caller({"Authorization": "Bearer x.y.z"}),
        "bad key": Caller({"Authorization": "Api-Key igny8_x"}),
        "stranger": by_token(theirs.owner),
        "system owner": by_token(make_user(company, role=Role.OWNER)),
        "staff": by_session(make_staff("Finance")),
        "superuser": by_session(make_staff(None, is_superuser=True)),
        "blocked developer": by_token(make_user(unpaid, role=Role.DEVELOPER)),
    }
    callers: dict[tuple[str, str], Caller] = {}
    for state in BLOCKS:
        account = account_in(state)
        for role in (*LADDER, Role.DEVELOPER, Role.SYSTEM_BOT):
            user = make_user(account, role=role)
            callers[state, role] = by_token(user)
            if role is Role.OWNER:
                put(account, owner=user)
        callers[state, "session"] = by_session(make_user(account, role=Role.OWNER))
        callers[state, "key"] = key_of_any_account(account)
        for credential, caller in (acting | refused).items():
            callers[state, credential] = caller.acting_for(account)
    return Cast(callers, theirs, not_found=anybody().get("/api/nowhere/").content)


def account_in(state: str) -> Account:
    if state == "trial":
        return make_account(status="trial", trial_ends_at=timezone.now() + DAY)
    if state in AccountStatus.values:
        return make_account(status=state)
    if state == "trial_over":
        return make_account(status="trial", trial_ends_at=timezone.now())
    if state == "plan_inactive":
        return make_account(status="active", plan=make_plan(is_active=False))
    if state == "deleted":
        return make_account(status="active", deleted=True)
    return make_account(status="suspended", status_reason=state)


def refusal(call: Call, credential: str, state: str) -> tuple[int, str] | None:
    """(status, code) that this credential of an account in this state is refused with, or None."""
    if call.who is Who.ANYBODY:
        return None
    if credential in REFUSED:
        return REFUSED[credential]
    if BLOCKS[state] is not None and not (credential != "key" and is_open(call, state)):
        return of_block(credential, state)
    return None if credential in LET_IN[call.who] else (403, "permission_denied")


def is_open(call: Call, state: str) -> bool:
    if state == "deleted":
        return False
    if call.when is When.PAYING:
        return BLOCKS[state][0] == 402 or state == "cancelled"
    return call.when is When.ALWAYS


def of_block(credential: str, state: str) -> tuple[int, str]:
    if state != "deleted":
        return BLOCKS[state]
    if credential in COMPANYS:
        return 404, "not_found"
    by_credential = {"session": (401, "not_authenticated"), "key": (401, "invalid_api_key")}
    return by_credential.get(credential, (401, "token_invalid"))


@pytest.mark.parametrize(("method", "path"), sorted(CALLS), ids=lambda part: part)
def test_who_gets_in(cast: Cast, method: str, path: str) -> None:
    call = CALLS[method, path]
    body = None if method == "GET" else BODIES.get((method, path), STRANGE)
    # Let in: read; stopped by the member that nobody knows; or what is theirs is not there.
    let_in = {(200, "")} if method == "GET" else {(400, "validation_error")}
    if "<id>" in path or path == "billing/subscription/":
        let_in = {(404, "not_found")}
    wrong, answered = [], set()
    address = filled(path, cast.theirs.ids)
    for (state, credential), caller in cast.callers.items():
        is_watched = credential in REFUSED and state == ANY_STATE
        with CaptureQueriesContext(connection) if is_watched else nullcontext() as asked:
            response = caller.call(method, address, body)
        if asked:
            assert not names(asked, caller.headers["X-Account"]), credential
        expected = refusal(call, credential, state)
        got = response.status_code, code_of(response)
        answered.add(got[1])
        if got not in ({expected} if expected else let_in):
            wrong.append((state, credential, got, expected or "let in"))
        if got == (404, "not_found"):
            assert response.content == cast.not_found
        if response.status_code == 401:
            assert response["WWW-Authenticate"]
    assert wrong == []
    assert answered - codes_of(method, path) <= {""}


def names(asked: CaptureQueriesContext, slug: str) -> bool:
    return any(slug in query["sql"] for query in asked)


def test_an_account_that_is_looked_at_is_named_in_a_query(cast: Cast) -> None:
    """Else the test above could not tell."""
    caller = cast.callers[ANY_STATE, "company's developer"]

    with CaptureQueriesContext(connection) as asked:
        caller.get("account/")

    assert names(asked, caller.headers["X-Account"])


def test_no_credential_is_forgotten(whole_cast: Cast) -> None:
    assert set(whole_cast.callers) == set(itertools.product(BLOCKS, CREDENTIALS))


@pytest.mark.parametrize(
    "address", [address for address in PAGES if PAGES[address] is Page.ANYBODYS]
)
def test_pages_are_the_same_for_everybody(cast: Cast, address: str) -> None:
    plain = anybody().get(f"/{address}")

    assert plain.status_code == 200
    for caller in cast.callers.values():
        assert caller.get(f"/{address}").content == plain.content
    for method in set(METHODS) - {"GET"}:
        assert anybody().call(method, f"/{address}").status_code == 405


def test_where_nothing_is_nobody_finds_anything(cast: Cast) -> None:
    for caller in cast.callers.values():
        assert caller.get("/api/nowhere/").content == cast.not_found


@pytest.mark.parametrize("path", sorted(paths()))
def test_other_methods_are_405_before_anybody_asks_who_calls(
    cast: Cast, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):  # so it makes no difference whose credential it is
        for credential in KINDS:
            are_405(cast.callers[ANY_STATE, credential], path)


def test_other_methods_are_405_for_everybody(cast: Cast) -> None:
    for caller in cast.callers.values():
        are_405(caller, "sites/<id>/")


def are_405(caller: Caller, path: str) -> None:
    known = {method for method, known_path in CALLS if known_path == path}
    for method in set(METHODS) - known:
        response = caller.call(method, filled(path, {}, nobodys=NOBODYS_ID))
        assert code_of(response) == "method_not_allowed", (method, caller)
        assert set(response["Allow"].split(", ")) - {"HEAD"} == known
