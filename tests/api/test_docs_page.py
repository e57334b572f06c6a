"""The API's description, and the page that shows it: whole, and asking no other host."""

import json
import re
from functools import cache

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView
from tests.api.table import CALLS
from tests.api.world import ROOT


@cache
def described() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def resolved(part: dict) -> dict:
    """What stands in a place of the description, or where it refers to."""
    while "$ref" in part:
        _, *steps = part["$ref"].split("/")
        part = described()
        for step in steps:
            part = part[step]
    return part


@cache
def codes_of(method: str, path: str) -> set[str]:
    """The codes of errors that an operation says it can answer with; ids in the path as <id>."""
    by_path = {
        re.sub(r"{\w+}", "<id>", name): found for name, found in described()["paths"].items()
    }
    answers = by_path[ROOT + path][method.lower()]["responses"].values()
    return set(re.findall(r"`(\w+)`", " ".join(resolved(one)["description"] for one in answers)))


def test_the_description_is_valid_openapi(capsys: pytest.CaptureFixture) -> None:
    schema = described()

    validate_schema(schema)
    assert schema["openapi"].startswith("3.1")
    assert "Warning" not in capsys.readouterr().err


def test_it_is_served_as_json(db: None) -> None:
    response = Client().get("/api/schema/")

    assert response["Content-Type"] == "application/vnd.oai.openapi+json"
    assert set(response.json()["paths"]) == set(described()["paths"])


def test_every_operation_says_all_it_can_answer() -> None:
    operations = [
        (path, method, operation)
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) == len(CALLS)
    assert len({operation["operationId"] for _, _, operation in operations}) == len(CALLS)
    for path, method, operation in operations:
        place = f"{method} {path}"
        answers = {status: resolved(answer) for status, answer in operation["responses"].items()}
        assert operation["summary"], place
        assert {"406", "429", "500", "503"} <= set(answers), place
        assert "Retry-After" in answers["429"]["headers"], place
        assert "X-Request-Id" in answers["406"]["headers"], place
        for status, answer in answers.items():
            kinds = set(answer.get("content", {}))
            if int(status) >= 400:
                assert kinds == {"application/problem+json"}, (place, status)
            elif status != "204":
                assert kinds == {"application/json"}, (place, status)
        if operation.get("security"):
            assert {"401", "403"} <= set(answers), place
            assert "WWW-Authenticate" in answers["401"]["headers"], place
        if "requestBody" in operation:
            assert set(operation["requestBody"]["content"]) == {"application/json"}
            assert {"400", "413", "415"} <= set(answers), place


def test_bodies_take_no_further_members() -> None:
    schemas = described()["components"]["schemas"]
    bodies = [name for name in schemas if name.endswith("Body")]

    assert len(bodies) > 10
    assert [name for name in bodies if schemas[name].get("additionalProperties") is not False] == []


def test_nothing_is_told_of_the_code() -> None:
    text = json.dumps(described())

    for about_the_code in (ApiView, Body, Answer):
        assert about_the_code.__doc__.splitlines()[0] not in text


def test_the_page_loads_only_what_lies_here(db: None) -> None:
    response = Client().get("/api/docs/")

    addresses = re.findall(r'(?:src|href)="([^"]+)"', response.content.decode())
    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith("/")
        if address.startswith(settings.STATIC_URL):
            assert finders.find(address.removeprefix(settings.STATIC_URL)), address
    assert "<script>" not in response.content.decode()


def test_only_the_page_loosens_the_policy(db: None) -> None:
    client = Client()

    assert "script-src 'self';" in client.get("/api/docs/")["Content-Security-Policy"]
    assert "unsafe-eval" not in client.get("/api/docs/")["Content-Security-Policy"]
    for path in ("/api/schema/", "/api/v1/plans/"):
        assert client.get(path)["Content-Security-Policy"] == (
            "default-src 'none'; frame-ancestors 'none'"
        )
