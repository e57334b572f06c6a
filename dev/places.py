"""Where things are on this machine: the data folder and the port, both from the environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = "8000"


class Refused(Exception):
    """Something on this machine stands in the way. The message is one line for a person."""


def data_dir() -> Path:
    """Return DATA_DIR (default var/), made if need be. Raises Refused when it cannot be written."""
    folder = (ROOT / (os.environ.get("DATA_DIR") or "var")).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Refused(
            f"DATA_DIR {folder} cannot be written: {error.strerror}. Set it to one of your own."
        ) from None
    return folder


def port() -> int:
    """Return PORT (default 8000). Raises Refused unless it is a number from 1 to 65535."""
    text = os.environ.get("PORT") or DEFAULT_PORT
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise Refused(
            f"PORT is {text!r}, but must be a number from 1 to 65535, for example PORT=8001."
        )
    return int(text)


@contextmanager
def own_files() -> Iterator[None]:
    """Refuse, instead of failing, where another user left a file (often root, who ran it first)."""
    try:
        yield
    except PermissionError as error:
        raise Refused(
            f"{error.filename} belongs to another user. Use a folder of your own (DATA_DIR)."
        ) from None
