"""The web server as it runs in production, on the database of the tests."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from urllib.parse import urlsplit

import requests
from django.db import connection

from dev.places import ROOT
from dev.processes import child

SECONDS = 20
NO_LIMITS = {
    f"IGNY8_RATE_{scope}": "1000000/minute" for scope in ("AUTH", "READ", "WRITE", "CREDITS")
}


@contextmanager
def gunicorn(folder: Path) -> Iterator[str]:
    """Its address, while it serves what is committed; what it says goes into the folder."""
    log = folder / "gunicorn.log"
    with socket.socket() as door, log.open("w") as said:
        door.bind(("127.0.0.1", 0))
        door.listen()  # who calls before it is ready waits in line
        size = ["--workers", "1", "--threads", "1"]
        bind = ["--bind", f"fd://{door.fileno()}"]
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *size, *bind, "tests.api.wsgi"],
            cwd=ROOT,
            env={**os.environ, **NO_LIMITS, "DATABASE_URL": database_url()},
            stdout=said,
            stderr=said,
            pass_fds=[door.fileno()],
            preexec_fn=child(on_parent_death=SIGTERM),
        )
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        try:
            try:
                requests.get(f"{address}/healthz", timeout=SECONDS).raise_for_status()
            except requests.RequestException:
                raise AssertionError(log.read_text()) from None
            yield address
        finally:
            process.terminate()
            process.wait(SECONDS)


def database_url() -> str:
    """DATABASE_URL, but of the database that the tests made for themselves."""
    name = connection.settings_dict["NAME"]
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
