"""What stands in the way of `make run` is said in one line, before anything slow."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import preflight
from dev.places import Refused, data_dir


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


def test_a_busy_port(busy_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(busy_port))

    with pytest.raises(Refused, match=f"^Port {busy_port} is in use. Take another: PORT="):
        preflight.main()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80.5", "٨٠٠٠"])
def test_a_port_that_is_none(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(Refused, match="must be a number from 1 to 65535, for example PORT=8001"):
        preflight.main()


def test_a_second_run_on_the_same_data(monkeypatch: pytest.MonkeyPatch) -> None:
    first = preflight.claim(data_dir())
    os.write(first, b"http://localhost:8000/ (process 7)")

    with pytest.raises(
        Refused, match=r"^Already running on .*: http://localhost:8000/ \(process 7\)"
    ):
        preflight.main()

    os.close(first)


def test_the_claim_ends_with_its_file() -> None:
    os.close(preflight.claim(data_dir()))
    os.close(preflight.claim(data_dir()))


def test_a_data_folder_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))

    with pytest.raises(Refused, match=r"^DATA_DIR .* cannot be written: Not a directory"):
        preflight.main()
