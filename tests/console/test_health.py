"""healthz asks nothing of the database; readyz asks all that a request will need."""

from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.test import Client

from console import health


def test_alive_without_a_database(client: Client) -> None:
    response = client.get("/healthz")  # no database is allowed in this test

    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    checks = {"database": "ok", "migrations": "ok", "durability": "ok"}
    assert response.json() == {"status": "ready", "checks": checks}


def refused(client: Client) -> dict:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    return response.json()["checks"]


@pytest.mark.django_db
def test_not_ready_without_a_database(client: Client) -> None:
    with mock.patch.object(health, "migrations", side_effect=OperationalError("secret-host")):
        checks = refused(client)

    assert checks == {"database": "unreachable", "migrations": "unknown", "durability": "unknown"}


@pytest.mark.django_db
def test_not_ready_with_a_migration_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    assert refused(client)["migrations"] == "1 not applied"


@pytest.mark.django_db
def test_not_ready_when_what_is_confirmed_can_be_lost(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    assert refused(client)["durability"] == "synchronous_commit off"


def test_only_reading(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
