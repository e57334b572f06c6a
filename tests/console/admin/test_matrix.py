"""Every address for everybody: what the table of groups says, and nothing changes by asking."""

from functools import cache
from urllib.parse import urlencode

import pytest
from django.test import Client

from console.groups import GROUPS
from tenancy.models import AuditEvent
from tests.console.admin.addresses import Address, Kind, all_addresses, permissions_of
from tests.console.admin.conftest import ATTEMPTS, somebody
from tests.console.admin.furnished import Furnished, missing
from tests.digest import digest

GROUP_NAMES = [group.name for group in GROUPS]
STRANGERS = ["anonymous", "customer"]
EVERYBODY = [*GROUP_NAMES, "no group", "superuser", *STRANGERS]

pytestmark = pytest.mark.usefixtures("unwritten")


def allowed(who: str, address: Address) -> bool:
    if who == "superuser":
        return True
    enough = {address.permission, address.or_permission}
    return who in GROUP_NAMES and not enough.isdisjoint(permissions_of(who))


def expected_of_get(who: str, address: Address) -> set[int]:
    if address.kind == Kind.OPEN:
        return {200, 302, 405}
    if who in STRANGERS:
        return {302}
    if address.kind == Kind.OWN:
        return {200}
    if address.kind == Kind.PARTS:
        return {200, 302, 403, 404}
    if address.kind == Kind.NEVER:
        return {403}
    if address.name == "to_change":
        return {302}
    # A page that is only posted to says so before it says who may post.
    only_posted = {405} if address.kind in (Kind.EXPORT, Kind.IMPORT) else set()
    if not allowed(who, address):
        return {403} | only_posted
    if address.kind == Kind.LEADS_ON:
        return {302}
    return {200} | ({404} if address.kind == Kind.IMPORT else set()) | only_posted


def target_of(furnished: Furnished, address: Address) -> object:
    """None for the pages of a file: what is posted to a real one may well change it."""
    if address.model_admin is None or address.kind == Kind.IMPORT:
        return None
    return furnished.one(address.model_admin.model)


def business() -> dict[str, str]:
    return {table: rows for table, rows in digest().items() if table not in ATTEMPTS}


def done_events() -> int:
    return AuditEvent.objects.exclude(result=AuditEvent.Result.REFUSED).count()


def test_the_world_has_one_of_every_kind(furnished: Furnished) -> None:
    assert missing() == []


@pytest.mark.parametrize("who", EVERYBODY)
def test_get_answers_as_the_groups_say(who: str, furnished: Furnished) -> None:
    client = somebody(who)
    before, events = business(), done_events()
    wrong = []
    for address in all_addresses():
        path = address.path(target_of(furnished, address))
        got = client.get(path).status_code
        if got not in expected_of_get(who, address):
            wrong.append((path, got, expected_of_get(who, address)))
    assert wrong == []
    assert business() == before
    assert done_events() == events


def hostile_values(address: Address) -> dict[str, str]:
    """A value for every field of the model, as a form or a program might send them."""
    values = {
        "credits": "1000000",
        "balance_after": "1000000",
        "status": "active",
        "is_superuser": "on",
        "is_staff": "on",
        "is_deleted": "on",
        "groups": "1",
        "action": "delete_selected",
        "_selected_action": "1",
        "_save": "Save",
        "post": "yes",
    }
    if address.model_admin:
        fields = address.model_admin.opts.get_fields()
        values |= {
            field.name: "1"
            for field in fields
            if field.name not in values and field.name not in ("reason", "token")
        }
    return values


# Signing out would end the sweep, and nothing of it is business.
POSTED = [address for address in all_addresses() if address.name != "logout"]


def reads_a_form(who: str, address: Address) -> bool:
    """Whoever is refused anyway, or where no form is read: one POST shows as much as two."""
    if address.kind in (Kind.VERB, Kind.NEVER, Kind.EXPORT, Kind.IMPORT):
        return allowed(who, address)
    return address.kind in (Kind.OPEN, Kind.OWN, Kind.PARTS)


@cache
def encoded(address: Address) -> str:
    return urlencode(hostile_values(address))


def sweep(who: str, client: Client, furnished: Furnished) -> list:
    wrong = []
    for address in POSTED:
        path = address.path(target_of(furnished, address))
        hostile = encoded(address)
        for posted in [hostile, ""] if reads_a_form(who, address) else [hostile]:
            response = client.post(path, posted, content_type="application/x-www-form-urlencoded")
            if response.status_code >= 500:
                wrong.append((path, response.status_code))
    return wrong


@pytest.mark.parametrize("who", EVERYBODY)
def test_posting_nothing_or_everything_changes_nothing(who: str, furnished: Furnished) -> None:
    client = somebody(who)
    before, exports = business(), exports_allowed(who)
    events = done_events()

    wrong = sweep(who, client, furnished)

    assert wrong == []
    assert business() == before
    # An export is posted and changes nothing, but is kept: an empty one and a hostile one each.
    assert done_events() - events <= 2 * exports


def exports_allowed(who: str) -> int:
    return sum(
        address.kind in (Kind.EXPORT, Kind.IMPORT) and allowed(who, address) for address in POSTED
    )


@pytest.mark.parametrize("who", ["Auditor", "no group", "customer", "anonymous"])
def test_a_filled_in_verb_form_does_nothing_without_the_right(
    who: str, furnished: Furnished
) -> None:
    client = somebody(who)
    filled = {
        "token": "7b1f2c9a-0c55-4d0e-9d7c-3f2d6d0b9a11",
        "reason": "It was asked for",
        "amount": "100",
        "days": "5",
        "code": "manual",
        "confirmation": "home-g8",
    }
    before = business()
    for address in POSTED:
        if address.kind == Kind.VERB:
            path = address.path(target_of(furnished, address))
            assert client.post(path, filled).status_code in (302, 403), path
    assert business() == before


def test_an_unknown_address_must_be_classified() -> None:
    addresses = all_addresses()

    assert len({address.route for address in addresses}) == len(addresses)
    assert set(Kind) == {address.kind for address in addresses}
