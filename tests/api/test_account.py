"""The billing data of an account: told to its heads, and changed by them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tenancy.models import AuditEvent, ThrottleCounter
from tenancy.roles import Role
from tests.api.world import Caller, by_token, code_of
from tests.conftest import World
from tests.digest import changed_since, digest
from tests.factories import make_account, make_user, put
from tests.racing import a_copy

FULL = {
    "billing_email": "books@homeg8.example",
    "billing_address_line1": "12 Canal Road",
    "billing_address_line2": "Third floor",
    "billing_address_city": "Lahore",
    "billing_address_state": "Punjab",
    "billing_address_postal_code": "54000",
    "billing_address_country": "PK",
}


@contextmanager
def only_counted() -> Iterator[None]:
    """Nothing changes but how often the account called."""
    before = digest()
    yield
    assert set(changed_since(before)) <= {ThrottleCounter._meta.db_table}


@pytest.fixture
def alice(world: World) -> Caller:
    return by_token(world.alice)


def test_what_is_given_changes_and_is_told(alice: Caller, world: World) -> None:
    assert alice.patch("account/", FULL).json()["billing"] == FULL

    response = alice.patch("account/", {"billing_address_line2": "", "billing_address_city": "X"})

    changed = FULL | {"billing_address_line2": "", "billing_address_city": "X"}
    assert response.status_code == 200
    assert response.json() == alice.get("account/").json()
    assert response.json()["billing"] == changed
    event = AuditEvent.objects.filter(verb="account_edited").latest("id")
    assert (event.actor, event.account, event.door) == (world.alice, world.home, "api")
    assert event.before == {
        "billing_address_line2": "Third floor",
        "billing_address_city": "Lahore",
    }
    newest = world.home.history.first()
    assert (newest.history_user, newest.billing_address_city) == (world.alice, "X")
    assert newest.history_change_reason == "Asked for by the customer, through the API."


def test_twice_is_once(alice: Caller) -> None:
    alice.patch("account/", FULL)

    with only_counted():
        again = alice.patch("account/", FULL | {"billing_address_country": "pk"})

    assert (again.status_code, again.json()["billing"]) == (200, FULL)
    assert AuditEvent.objects.filter(verb="account_edited").count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"billing_email": "nobody"}, "/billing_email"),
        ({"billing_email": None}, "/billing_email"),
        ({"billing_address_country": "Pakistan"}, "/billing_address_country"),
        ({"billing_address_country": "P1"}, "/billing_address_country"),
        ({"billing_address_postal_code": "5" * 21}, "/billing_address_postal_code"),
        ({"billing_address_city": 1}, "/billing_address_city"),
        ({"name": "Another"}, "/name"),
        ({"exempt_from_suspension": True}, "/exempt_from_suspension"),
        ({"payment_method": "manual"}, "/payment_method"),
        ({"plan": "enterprise"}, "/plan"),
    ],
    ids=str,
)
def test_what_is_wrong_or_not_theirs_is_named(
    alice: Caller, world: World, body: dict[str, object], pointer: str
) -> None:
    with only_counted():
        response = alice.patch("account/", {"billing_address_city": "Lahore"} | body)

    assert code_of(response) == "validation_error"
    assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.SYSTEM_BOT])
def test_others_read_the_account_without_it(alice: Caller, world: World, role: Role) -> None:
    alice.patch("account/", FULL)
    caller = by_token(make_user(world.home, role=role))

    assert caller.get("account/").json()["billing"] is None
    with only_counted():
        assert code_of(caller.patch("account/", {"billing_email": ""})) == "permission_denied"


def test_a_developer_does_it_for_a_customer(world: World) -> None:
    company = make_account(status="active", is_system=True)
    developer = by_token(make_user(company, role=Role.DEVELOPER)).acting_for(world.home)

    response = developer.patch("account/", FULL)

    assert response.json()["billing"] == FULL
    assert a_copy(company).billing_email == ""
    reason = AuditEvent.objects.get(verb="account_edited").reason
    assert reason == "Done for the customer by developer, through the API."


def test_who_is_to_pay_can_correct_what_the_invoice_says(alice: Caller, world: World) -> None:
    put(world.home, status="suspended", status_reason="payment_failed")
    assert alice.patch("account/", FULL).json()["billing"] == FULL

    put(world.home, status_reason="abuse")
    with only_counted():
        assert code_of(alice.patch("account/", {"billing_email": ""})) == "account_suspended"
    assert alice.get("account/").json()["billing"] == FULL
