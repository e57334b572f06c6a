"""`make run` as a person sees it: it serves, ends wholly, and says in one line why it cannot."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev import template_database
from dev.places import ROOT
from dev.run import Stopped, stop_on_signals
from tests.dev.test_embedded_postgres import processes, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with all migrations applied, as after a first run."""
    template_database.copy_to(tmp_path)
    return tmp_path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a run gets: no DATABASE_URL, its own folder and port, no demo to load."""
    # Nor what `make test` passes on to a make inside it.
    left_out = {"DATABASE_URL", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    ours = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**ours, "DATA_DIR": str(tmp_path), "PORT": str(free_port()), "IGNY8_DEMO": "0"}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen]]:
    """Start a run and wait until it serves; whatever is left at the end is killed."""
    started = []

    def start_one() -> subprocess.Popen:
        run = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "dev.run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(run)
        for line in run.stdout:
            if line.startswith("IGNY8 operations console: "):
                return run
        raise AssertionError("it did not start")

    yield start_one
    for run in started:
        run.kill()
        run.wait()
        run.stdout.close()


def refusal(command: list[str], environment: dict[str, str]) -> str:
    """Run a command that must fail, and return the one line it says."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def children(run: subprocess.Popen) -> list[int]:
    """The web server, its workers, the background worker, and the keeper of the database."""
    found = {run.pid}
    for _ in range(2):
        found |= {pid for pid, parent in parents().items() if parent in found}
    return sorted(found - {run.pid})


def parents() -> dict[int, int]:
    result = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                result[int(entry.name)] = int(
                    (entry / "stat").read_text().rsplit(") ")[-1].split()[1]
                )
            except OSError:
                continue
    return result


def alive(pids: list[int]) -> bool:
    return bool(set(pids) & parents().keys())


@pytest.mark.usefixtures("data")
def test_serves_leaves_nothing_when_killed_and_ends_when_told(
    start: Callable[[], subprocess.Popen], environment: dict[str, str], tmp_path: Path
) -> None:
    run = start()
    pids = children(run)

    run.kill()

    run.wait()
    wait_until(lambda: not alive(pids) and processes(tmp_path) == [])
    again = start()
    wait_until(lambda: len(children(again)) >= 6)  # keeper, server, gunicorn and its two, worker
    pids = children(again)
    assert sum(b"db_worker" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids) == 1
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['PORT']}/readyz") as answer:
        assert answer.status == 200
    says = refusal([sys.executable, "-m", "dev.preflight"], environment)
    assert says.startswith(
        f"Already running on {tmp_path}: http://localhost:{environment['PORT']}/"
    )

    again.send_signal(signal.SIGTERM)

    assert again.wait(timeout=60) == 0
    assert not alive(pids)
    assert processes(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_end_it_as_well_and_once(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)  # else this process would end with its make
    asks_to_end = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.getsignal(each) for each in asks_to_end}
    try:
        stop_on_signals()
        with pytest.raises(Stopped):
            signal.raise_signal(number)
        for each in asks_to_end:  # while it ends, nothing more interrupts it
            signal.raise_signal(each)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_a_database_that_cannot_be_reached(environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = "postgresql://somebody:secret@127.0.0.1:1/console"

    for command in (["-m", "dev.run"], ["manage.py", "migrate"]):
        says = refusal([sys.executable, *command], environment)

        assert says.startswith("The database in DATABASE_URL cannot be reached: connection")
        assert "secret" not in says


def test_a_mistyped_setting(environment: dict[str, str]) -> None:
    environment |= {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "IGNY8_ALOWED_HOSTS": "a"}

    says = refusal([sys.executable, "manage.py", "check"], environment)

    assert says == "IGNY8_ALOWED_HOSTS is not a setting. Did you mean IGNY8_ALLOWED_HOSTS?"


def test_a_forgotten_database_in_production(environment: dict[str, str]) -> None:
    says = refusal([sys.executable, "manage.py", "migrate"], environment)

    assert says.startswith("DATABASE_URL is missing. Example: DATABASE_URL=postgresql://")


def test_make_checks_the_port_first(environment: dict[str, str]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(environment["PORT"])))
        listener.listen()
        done = subprocess.run(
            ["make", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    assert done.returncode != 0
    assert done.stderr.startswith(f"Port {environment['PORT']} is in use. Take another: PORT=")
    assert done.stdout == ""
