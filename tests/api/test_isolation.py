"""One tenant's calls never show, reach or change anything of another's."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from billing.services import holds, spending
from tenancy.api.calls import Call
from tenancy.api.gate import MAY_NAME_AN_ACCOUNT
from tenancy.api.lookup import found
from tenancy.api.problems import ApiError
from tenancy.models import Account, Site, SiteUserAccess, SyncEvent, User
from tenancy.roles import LADDER, Role
from tests.api.addresses import NOBODYS_ID, operations
from tests.api.table import CALLS, Who
from tests.api.world import Caller, by_key, by_token, code_of
from tests.conftest import empty_at_first
from tests.factories import (
    make_account,
    make_ledger_row,
    make_plan,
    make_sector,
    make_site,
    make_subscription,
    make_user,
    open_transfer,
    put,
)
from tests.prepared import Prepared, prepare

CANARY = "kestrel"
CONFIRM = {
    "amount": "89.00",
    "currency": "USD",
    "value_date": "2025-11-11",
    "bank_transaction_id": "BANK-1",
    "payer": "Somebody",
    "reason": "Came by the bank's feed",
}
# A body that would do the work, for every call with an id.
BODIES: dict[tuple[str, str], object] = {
    ("PATCH", "users/<id>/"): {"role": "viewer"},
    ("DELETE", "users/<id>/"): None,
    ("POST", "users/<id>/deactivate/"): None,
    ("POST", "users/<id>/reactivate/"): None,
    ("POST", "users/<id>/make-owner/"): None,
    ("PATCH", "sites/<id>/"): {"name": "Taken over"},
    ("DELETE", "sites/<id>/"): None,
    ("POST", "sites/<id>/api-key/"): {},
    ("DELETE", "sites/<id>/api-key/"): None,
    ("POST", "sites/<id>/sectors/"): {"name": "Taken over"},
    ("PATCH", "sites/<id>/sectors/<id>/"): {"name": "Taken over"},
    ("DELETE", "sites/<id>/sectors/<id>/"): None,
    ("PUT", "sites/<id>/users/<id>/"): None,
    ("DELETE", "sites/<id>/users/<id>/"): None,
    ("POST", "credits/holds/<id>/commit/"): {"units": 1},
    ("POST", "credits/holds/<id>/release/"): None,
    ("POST", "billing/bank-transfers/<id>/withdraw/"): None,
    ("POST", "billing/bank-transfers/<id>/confirm/"): CONFIRM,
}


@dataclass
class Tenant:
    account: Account
    owner: User
    ids: dict[str, str]  # first step of a path -> the id of an object there


def make_tenant(word: str) -> Tenant:
    """An account that has one of everything, each with the word in it."""
    plan = make_plan(name=f"Plan {word}", slug=f"plan-{word}", max_sites=9, max_users=9)
    account = make_account(name=f"Co {word}", slug=f"co-{word}", status="active", plan=plan)
    make_ledger_row(account, amount=1_000, description=f"Row {word}")
    owner = make_user(account, email=f"owner@{word}.example", name=f"Owner {word}")
    put(account, owner=owner)
    person = make_user(account, email=f"p@{word}.example", name=word, role=Role.EDITOR)
    site = make_site(account, name=f"Site {word}", domain=f"{word}.example", slug=f"site-{word}")
    sector = make_sector(site, name=f"Sector {word}", slug=f"sector-{word}")
    SyncEvent.objects.create(account=account, site=site, event_type=word, message=word)
    make_subscription(account)
    transfer = open_transfer(account, now=timezone.now())
    hold = holds.reserve(
        account=account,
        operation="clustering",
        units=1,
        idempotency_key=f"hold-{word}",
        now=timezone.now(),
    )
    spending.deduct(
        account=account,
        operation="clustering",
        idempotency_key=f"key-{word}",
        description=f"Spent by {word}",
    )
    ids = {
        "users": str(person.pk),
        "sites": str(site.pk),
        "sectors": str(sector.pk),
        "holds": str(hold.id),
        "invoices": str(transfer.invoice_id),
        "bank-transfers": str(transfer.pk),
    }
    return Tenant(account, owner, ids)


def filled(path: str, ids: dict[str, str], *, nobodys: str = "") -> str:
    """A path with the ids of a tenant, or with one that is nobody's."""
    steps = path.split("/")
    return "/".join(
        (nobodys or ids[steps[index - 1]]) if step == "<id>" else step
        for index, step in enumerate(steps)
    )


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Prepared:
    with django_db_blocker.unblock():
        return prepare(lambda: (make_tenant(CANARY), make_tenant("sparrow")), empty_at_first())


@pytest.fixture
def tenants(prepared: Prepared, db: None) -> tuple[Tenant, Tenant]:
    return prepared.put()


READS = sorted(path for method, path in CALLS if method == "GET")
WITH_ID = sorted((method, path) for method, path in CALLS if "<id>" in path)


def test_every_call_with_an_id_has_a_body_here() -> None:
    assert {call for call in WITH_ID if call[0] != "GET"} == set(BODIES)


def test_no_read_shows_a_word_of_another_tenant(tenants: tuple[Tenant, Tenant]) -> None:
    ours = tenants[1]
    site = ours.account.sites.get()
    us, our_site = by_token(ours.owner), by_key(site)
    seen = set()

    for path in READS:
        caller = our_site if CALLS["GET", path].who is Who.SITE else us
        response = caller.get(filled(path, ours.ids))
        assert response.status_code == 200, path
        assert CANARY not in response.content.decode().replace(f"plan-{CANARY}", "").replace(
            f"Plan {CANARY}",
            "",  # the price list is everybody's
        ), path
        seen |= {path} if "sparrow" in response.content.decode() else set()

    # It would have been seen: what is ours is there.
    assert {"account/", "users/", "sites/", "credits/transactions/", "billing/invoices/"} <= seen


@pytest.mark.parametrize(("method", "path"), WITH_ID, ids=lambda part: part)
def test_another_tenants_id_is_as_good_as_none(
    tenants: tuple[Tenant, Tenant], method: str, path: str
) -> None:
    theirs, ours = tenants
    body = BODIES.get((method, path))
    who = CALLS[method, path].who
    for caller in callers_of(ours, who):
        missing = caller.call(method, filled(path, {}, nobodys=NOBODYS_ID), body)
        foreign = caller.call(method, filled(path, theirs.ids), body)

        assert code_of(missing) == "not_found"
        assert foreign.status_code == 404
        assert foreign.content == missing.content
        assert names_of(foreign) == names_of(missing)
        assert length_of(foreign) == length_of(missing)


def callers_of(tenant: Tenant, who: Who) -> list[Caller]:
    """Those of the tenant's people who may make such a call at all."""
    if who is Who.COMPANY:
        company = make_account(status="active", is_system=True)
        developer = by_token(make_user(company, role=Role.DEVELOPER))
        return [developer.acting_for(tenant.account)]
    if who is Who.OWNER:
        return [by_token(tenant.owner)]
    lowest = {
        Who.MEMBER: 0,
        Who.READER: 0,
        Who.VIEWER: 0,
        Who.EDITOR: 1,
        Who.SPENDER: 1,
        Who.ADMIN: 2,
        Who.HEAD: 2,
    }[who]
    roles = [role for role in LADDER[lowest:] if role != Role.DEVELOPER]
    return [by_token(make_user(tenant.account, role=role)) for role in roles]


def names_of(response: object) -> set[str]:
    return set(response.headers)


def length_of(response: object) -> str:
    return response["Content-Length"]


@pytest.mark.parametrize("given", ["0", "-1", "01", "1e3", "1.0", "²", "9" * 30, "%00", "x" * 500])
def test_what_is_no_id_is_not_found_either(tenants: tuple[Tenant, Tenant], given: str) -> None:
    ours = tenants[1]
    caller = by_token(ours.owner)

    for path in ("users/<id>/", "sites/<id>/", "billing/invoices/<id>/"):
        assert code_of(caller.get(path.replace("<id>", given))) == "not_found"
    assert code_of(caller.post(f"credits/holds/{given}/release/")) == "not_found"


def test_a_site_of_ours_does_not_open_a_sector_of_theirs(tenants: tuple[Tenant, Tenant]) -> None:
    theirs, ours = tenants
    caller = by_token(ours.owner)

    response = caller.get(f"sites/{ours.ids['sites']}/sectors/{theirs.ids['sectors']}/")

    assert code_of(response) == "not_found"


@pytest.mark.parametrize("role", Role)
def test_an_object_is_asked_whose_it_is_however_it_was_looked_for(
    tenants: tuple[Tenant, Tenant], role: Role
) -> None:
    theirs, ours = tenants
    user = make_user(ours.account, role=role)

    def look_for(tenant: Tenant, *, on_behalf_of: Account) -> Site:
        request = SimpleNamespace(user=user, account=on_behalf_of)
        return found(Call(request, {}, {}), Site.objects.all(), tenant.ids["sites"])

    assert look_for(ours, on_behalf_of=ours.account).account == ours.account
    with pytest.raises(ApiError, match="Not found"):
        look_for(theirs, on_behalf_of=ours.account)
    if role in MAY_NAME_AN_ACCOUNT:
        assert look_for(theirs, on_behalf_of=theirs.account).account == theirs.account
    else:
        with pytest.raises(ApiError, match="Not found"):
            look_for(theirs, on_behalf_of=theirs.account)


def test_a_site_of_ours_is_not_given_to_a_person_of_theirs(
    tenants: tuple[Tenant, Tenant],
) -> None:
    theirs, ours = tenants
    caller = by_token(ours.owner)

    for site, person in ((ours, theirs), (theirs, ours)):
        address = f"sites/{site.ids['sites']}/users/{person.ids['users']}/"
        assert code_of(caller.put(address)) == "not_found"
        assert code_of(caller.delete(address)) == "not_found"
    assert not SiteUserAccess.objects.exists()


def test_an_editor_reaches_only_the_sites_given_to_them(tenants: tuple[Tenant, Tenant]) -> None:
    ours = tenants[1]
    editor = by_token(make_user(ours.account, role=Role.EDITOR))
    given = editor.post("sites/", {"name": "Mine"}).json()["id"]

    assert [site["id"] for site in editor.get("sites/").json()["results"]] == [given]
    assert code_of(editor.get(f"sites/{ours.ids['sites']}/")) == "not_found"
    assert code_of(editor.patch(f"sites/{ours.ids['sites']}/", {"name": "x"})) == "not_found"
    assert editor.get(f"sites/{given}/").status_code == 200


# Columns of the models that a body could be meant to reach.
COLUMNS = [
    name
    for line in (
        "id account account_id tenant_id owner plan_id is_system status status_reason credits",
        "held balance_after amount sequence type is_staff is_superuser is_active password_hash",
        "groups user_permissions created_by confirmed_by trial_ends_at exempt_from_suspension",
        "is_deleted max_sites max_users price reference expected_amount received_total key_hash",
        "revoked_at last_login date_joined site site_id user user_id",
    )
    for name in line.split()
]
WITH_BODY = sorted(call for call in operations() if call[0] != "GET")


@pytest.mark.parametrize(("method", "path"), WITH_BODY, ids=lambda part: part)
def test_columns_cannot_be_set_from_outside(
    tenants: tuple[Tenant, Tenant], method: str, path: str
) -> None:
    ours = tenants[1]
    who = CALLS[method, path].who
    if who is Who.SITE:
        caller = by_key(ours.account.sites.get())
    elif who is Who.ANYBODY:
        caller = Caller()
    else:
        caller = callers_of(ours, who)[-1]
    allowed = set(BODIES.get((method, path)) or {}) | {"plan"}
    extra = {name: 1 for name in COLUMNS if name not in allowed}

    response = caller.call(method, filled(path, ours.ids), extra)

    assert code_of(response) == "validation_error"
    refused = {e["pointer"] for e in response.json()["errors"] if e["code"] == "unknown"}
    assert refused == {f"/{name}" for name in extra}
