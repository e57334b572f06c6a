"""A body sent in chunks is a body: read whole, held to the same size, and never taken for none."""

import io
import json

import pytest
from django.http import HttpResponse

from tests.api.world import Caller, by_token, code_of
from tests.conftest import World
from tests.factories import make_site

CHECK = "/api/v1/credits/check/"
LIMIT = 1_000_000


class CutOff(io.BytesIO):
    """What gunicorn's body does when the caller hangs up."""

    def read(self, size: int | None = -1) -> bytes:
        raise ConnectionResetError("a secret of the server's")


@pytest.fixture
def alice(world: World) -> Caller:
    return by_token(world.alice)


def chunked(
    caller: Caller,
    path: str,
    body: io.BytesIO,
    *,
    ended: bool = True,
    kind: str = "application/json",
) -> HttpResponse:
    """As gunicorn passes such a request on: no length, and an input that ends by itself."""
    return caller.client.generic(
        "POST",
        path,
        content_type=kind,
        headers={**caller.headers, "Transfer-Encoding": "chunked"},
        **{"CONTENT_LENGTH": "", "wsgi.input": body, "wsgi.input_terminated": ended},
    )


def test_it_is_read(alice: Caller) -> None:
    response = chunked(alice, CHECK, io.BytesIO(b'{"operation": "clustering"}'))

    assert (response.status_code, response.json()["cost"]) == (200, 10)


def test_what_it_says_is_not_lost(alice: Caller, world: World) -> None:
    site = make_site(world.home)
    body = io.BytesIO(b'{"overlap_hours": -1}')

    response = chunked(alice, f"/api/v1/sites/{site.pk}/api-key/", body)

    assert code_of(response) == "validation_error"
    assert response.json()["errors"][0]["pointer"] == "/overlap_hours"


def test_an_empty_one_is_none(alice: Caller, world: World) -> None:
    site = make_site(world.home)

    response = chunked(alice, f"/api/v1/sites/{site.pk}/api-key/", io.BytesIO())

    assert response.status_code == 201


def test_its_size_is_limited_and_no_more_of_it_is_read(alice: Caller) -> None:
    fits = json.dumps({"operation": "clustering"}).encode().ljust(LIMIT)
    endless = io.BytesIO(fits + b" " * LIMIT)

    assert chunked(alice, CHECK, io.BytesIO(fits)).status_code == 200
    assert code_of(chunked(alice, CHECK, endless)) == "payload_too_large"
    assert endless.tell() == LIMIT + 1


def test_only_json_is_read_from_it(alice: Caller) -> None:
    response = chunked(alice, CHECK, io.BytesIO(b"operation=clustering"), kind="text/plain")

    assert code_of(response) == "unsupported_media_type"


def test_a_server_that_does_not_know_its_end_says_so(alice: Caller) -> None:
    response = chunked(alice, CHECK, io.BytesIO(b"{}"), ended=False)

    assert code_of(response) == "validation_error"
    assert response.json()["errors"] == [
        {
            "header": "Transfer-Encoding",
            "code": "length_required",
            "detail": "This server cannot tell where the body ends: send it with its "
            "Content-Length.",
        }
    ]


def test_one_that_is_cut_off_is_refused(alice: Caller) -> None:
    response = chunked(alice, CHECK, CutOff())

    assert code_of(response) == "validation_error"
    assert "did not come whole" in response.json()["detail"]
    assert "secret" not in response.content.decode()


def test_who_may_not_call_is_told_that_first(world: World) -> None:
    body = io.BytesIO(b"{")

    response = chunked(Caller({"Authorization": "Bearer x"}), CHECK, body)

    assert code_of(response) == "token_invalid"
    assert body.tell() == 0
