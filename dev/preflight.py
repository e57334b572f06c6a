"""What can be known to fail before any slow work: data in use, a wrong or a busy port."""

import fcntl
import os
import socket
import sys
from pathlib import Path

from dev.places import Refused, data_dir, own_files, port

# Only this machine: the demo's passwords are printed on the screen.
HOST = "127.0.0.1"


def claim(folder: Path) -> int:
    """Take the data folder for one `make run`, for as long as the returned file is open."""
    with own_files():
        file = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        where = os.read(file, 200).decode() or "another make run"
        raise Refused(
            f"Already running on {folder}: {where}. Stop it, or set DATA_DIR and PORT for another."
        ) from None
    os.truncate(file, 0)
    return file


def check_port(number: int) -> None:
    """Raise Refused when nobody could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except PermissionError:
            raise Refused(
                f"Port {number} is for root only. Take another: PORT=8001 make run"
            ) from None
        except OSError:
            raise Refused(
                f"Port {number} is in use. Take another: PORT={next_port(number)} make run"
            ) from None


def next_port(number: int) -> int:
    return number + 1 if number < 65535 else 8001


def main() -> None:
    number = port()
    os.close(claim(data_dir()))
    check_port(number)


if __name__ == "__main__":
    try:
        main()
    except Refused as error:
        sys.exit(str(error))
