"""Deductions over HTTP: token, user, account, plan and throttle on each request, and a key."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

CONNECTIONS = 8
SECONDS = 2
# Enough that no account calls more often than the throttle allows.
CALLERS = 200
BODY = json.dumps({"operation": "image_prompt_extraction"}).encode()


@contextmanager
def serving(account_ids: list[int]) -> Iterator[Callable[[int, int], float]]:
    """A web server as in production, workers = processors + 1; gives requests a second."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    workers = (os.cpu_count() or 1) + 1
    command = [sys.executable, "-m", "gunicorn", f"--workers={workers}", "--log-level=warning"]
    server = subprocess.Popen([*command, f"--bind=127.0.0.1:{port}", "console.wsgi"])
    try:
        _wait_for(port)
        requests = _requests(account_ids[:CALLERS], port)
        _call(requests, port)  # each worker loads the views with its first call
        yield lambda first, last: _call(requests, port)
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5),
        ):
            return
        time.sleep(0.1)
    raise TimeoutError("the web server did not answer")


def _requests(account_ids: list[int], port: int) -> list[bytes]:
    """Everything of a request but its key, for an owner of each account."""
    from tenancy.api import tokens
    from tenancy.models import User
    from tenancy.roles import Role

    users = User.objects.bulk_create(
        User(email=f"owner-{pk}@bench.example", account_id=pk, role=Role.OWNER, password="!")  # noqa: S106
        for pk in account_ids
    )
    lines = (
        "POST /api/v1/credits/deduct/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        "Authorization: Bearer {token}",
        "Idempotency-Key: ",
    )
    return [
        "\r\n".join(lines).format(token=tokens.issue(user)["access"]).encode() for user in users
    ]


def _call(requests: list[bytes], port: int) -> float:
    counts = [0] * CONNECTIONS
    end = time.monotonic() + SECONDS

    def work(number: int) -> None:
        mine = cycle(requests[number::CONNECTIONS])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < end:
                key = str(uuid.uuid4()).encode()
                connection.sendall(next(mine) + key + b"\r\n\r\n" + BODY)
                _expect_posted(connection)
                counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def _expect_posted(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise RuntimeError(answer.decode())
