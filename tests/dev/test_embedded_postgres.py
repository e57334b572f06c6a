"""The embedded server starts with its first user, ends with its last, and survives being killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from dev.embedded_postgres import Server, use
from dev.places import ROOT

# A process that uses the server until it is ended.
USER = "import sys, time; from pathlib import Path; from dev.embedded_postgres import use; "
USER += "use(folder=Path(sys.argv[1])); print('up', flush=True); time.sleep(60)"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One cluster with a row for this module, below a path too long for a socket."""
    with tempfile.TemporaryDirectory() as top:
        deep = Path(top) / ("deep" * 10) / ("deeper" * 10)
        deep.mkdir(parents=True)
        server = use(folder=deep)
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.close()
        yield deep


def ask(server: Server, question: str) -> object:
    with closing(psycopg.connect(server.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None


def start_user(folder: Path) -> subprocess.Popen:
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert user.stdout.readline() == "up\n"
    return user


def end(user: subprocess.Popen, number: signal.Signals) -> None:
    user.send_signal(number)
    user.wait()
    user.stdout.close()


def processes(folder: Path) -> list[int]:
    """Whatever runs with this folder on its command line: keeper and server."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if str(folder) in command:
                found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def server_pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def test_leaves_no_process_and_keeps_the_data(folder: Path) -> None:
    server = use(folder=folder)
    assert processes(folder) != []
    server.close()
    assert processes(folder) == []

    again = use(folder=folder)
    assert ask(again, "SELECT answer FROM kept") == 42
    again.close()


def test_is_durable_and_sorts_alike_everywhere(folder: Path) -> None:
    server = use(folder=folder)
    for setting in ["fsync", "full_page_writes", "synchronous_commit"]:
        assert ask(server, f"SHOW {setting}") == "on"
    assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = 'igny8'") == "C.UTF-8"
    assert ask(server, "SELECT lower('ÀÉÖ')") == "àéö"
    assert ask(server, "SHOW listen_addresses") == ""
    server.close()


def test_serves_until_the_last_user_is_gone(folder: Path) -> None:
    server = use(folder=folder)
    other = start_user(folder)

    server.close()
    assert len(processes(folder)) >= 3  # the other user, keeper, server

    end(other, signal.SIGTERM)
    wait_until(lambda: processes(folder) == [])


def test_ends_when_its_only_user_is_killed(folder: Path) -> None:
    user = start_user(folder)

    end(user, signal.SIGKILL)

    wait_until(lambda: processes(folder) == [])


def test_is_started_again_when_killed_itself(folder: Path) -> None:
    server = use(folder=folder)
    killed = server_pid(folder)

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: answers(server))
    assert server_pid(folder) != killed
    server.close()
    assert processes(folder) == []


def test_recovers_when_everything_is_killed(folder: Path) -> None:
    user = start_user(folder)
    server = server_pid(folder)
    for pid in processes(folder):
        os.kill(pid, signal.SIGKILL)
    end(user, signal.SIGKILL)
    wait_until(lambda: processes(folder) == [])
    assert server_pid(folder) == server  # the stale file is still there

    again = use(folder=folder)
    assert ask(again, "SELECT answer FROM kept") == 42
    again.close()


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")

    server = use(folder=tmp_path, temporary=True)
    assert ask(server, "SELECT 1") == 1
    server.close()

    assert not tmp_path.exists()  # temporary: gone with its server


def answers(server: Server) -> bool:
    try:
        return ask(server, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False
