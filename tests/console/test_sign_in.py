"""Guessing is stopped for the login and the address it comes from, and for nobody else."""

import pytest
from django.test import Client

from tenancy.models import AuditEvent, User

PASSWORD = "a long enough password"


@pytest.fixture
def staff(db: None) -> list[User]:
    return [
        User.objects.create_user(email=email, password=PASSWORD, is_staff=True)
        for email in ("sam@igny8.example", "fiona@igny8.example")
    ]


def sign_in(client: Client, login: str, password: str, address: str) -> int:
    data = {"username": login, "password": password}
    return client.post("/admin/login/", data, REMOTE_ADDR=address).status_code


@pytest.mark.usefixtures("staff")
def test_guessing_locks_one_login_from_one_address(client: Client) -> None:
    spellings = [
        "sam@igny8.example",
        "SAM@igny8.example",
        " sam@igny8.example",
        "Sam@IGNY8.example",
    ]
    for login in [*spellings, spellings[0]]:
        sign_in(client, login, "wrong", "203.0.113.9")

    # Locked, even with the right password …
    assert sign_in(client, spellings[0], PASSWORD, "203.0.113.9") == 429
    # … but not the same person elsewhere, nor a colleague beside them.
    assert sign_in(client, spellings[0], PASSWORD, "203.0.113.10") == 302
    assert sign_in(client, "fiona@igny8.example", PASSWORD, "203.0.113.9") == 302


@pytest.mark.usefixtures("staff")
def test_another_address_of_the_same_network_is_no_way_around(client: Client) -> None:
    for number in range(5):
        sign_in(client, "sam@igny8.example", "wrong", f"2001:db8:1:2::{number}")

    assert sign_in(client, "sam@igny8.example", PASSWORD, "2001:db8:1:2:ffff::1") == 429
    assert sign_in(client, "sam@igny8.example", PASSWORD, "2001:db8:1:3::1") == 302
    refusals = AuditEvent.objects.filter(verb="sign_in_refused").order_by("id")
    assert [event.ip for event in refusals] == [f"2001:db8:1:2::{n or ''}" for n in range(5)]


@pytest.mark.usefixtures("staff")
def test_the_right_password_forgets_the_wrong_ones(client: Client) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(client, "sam@igny8.example", "wrong", "203.0.113.9")
        assert sign_in(client, "sam@igny8.example", PASSWORD, "203.0.113.9") == 302
