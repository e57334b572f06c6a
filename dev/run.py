"""`make run`: database, migrations, demo data, web server and worker, all ended together."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from types import FrameType

from dev import demo_environment
from dev.embedded_postgres import Server
from dev.places import ROOT, Refused, data_dir, port
from dev.preflight import HOST, check_port, claim
from dev.processes import child, die_with_parent

STOP_SECONDS = 10
COMMANDS = {
    "web": [
        "-m",
        "gunicorn",
        "--workers",
        "2",
        "--graceful-timeout",
        "5",
        "--log-level",
        "warning",
    ],
    "worker": ["manage.py", "db_worker", "--queue-name", "*", "--no-reload"],
}


class Stopped(Exception):
    """Somebody asked us to end."""


class Supervisor:
    """Starts the processes, watches them, and ends them in the right order."""

    def __init__(self, *, number: int, server: Server | None) -> None:
        self.number = number
        self.server = server
        self.children: dict[str, subprocess.Popen] = {}

    def start(self, name: str) -> None:
        command = [sys.executable, *COMMANDS[name]]
        if name == "web":
            command += ["--bind", f"{HOST}:{self.number}", "console.wsgi"]
        self.children[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end them in order
            preexec_fn=child(on_parent_death=signal.SIGTERM),
        )

    def wait_until_it_answers(self) -> None:
        address = f"http://{HOST}:{self.number}/healthz"
        while self.children["web"].poll() is None:
            with suppress(OSError), urllib.request.urlopen(address, timeout=5):
                return
            time.sleep(0.1)
        raise Refused("The web server did not start; the reason stands above.")

    def watch(self) -> None:
        """Return never: a web server that ends is the end, the others are started again."""
        while True:
            if self.children["web"].poll() is not None:
                raise Refused("The web server ended by itself; the reason stands above.")
            if self.server:
                self.server.revive()
            if self.children["worker"].poll() is not None:
                time.sleep(2)  # the database may be on its way back
                self.start("worker")
            time.sleep(0.5)

    def stop(self) -> None:
        for process in self.children.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with suppress(ProcessLookupError):  # the whole session: gunicorn's workers too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        print(text, flush=True)


def prepare_database() -> None:
    """Bring the tables up to date and fill an empty database with the demo."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command, get_commands
    from django.db import OperationalError, connections

    try:
        django.setup()
        connections["default"].ensure_connection()
        from console import health
    except ImproperlyConfigured as error:
        raise Refused(str(error)) from None
    except OperationalError as error:
        reason = " ".join(str(error).split())
        raise Refused(f"The database in DATABASE_URL cannot be reached: {reason}") from None
    if health.migrations() != "ok":  # asked first: an idle migrate takes a second
        say("Bringing the database up to date …")
        call_command("migrate", interactive=False, verbosity=0)
    if settings.DEMO and "load_demo" in get_commands():
        call_command("load_demo", if_empty=True)
    connections.close_all()


def stop_on_signals() -> None:
    def ask(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)  # once is enough
        raise Stopped

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, ask)
    if os.environ.get("MAKELEVEL"):  # started by make: end with it, even if it is killed
        die_with_parent(signal.SIGTERM)


def main() -> int:
    stop_on_signals()
    server = None
    supervisor = None
    try:
        number = port()
        lock = claim(data_dir())
        check_port(number)
        address = f"http://localhost:{number}/"
        os.write(lock, f"{address} (process {os.getpid()})".encode())
        os.environ.setdefault("IGNY8_DEMO", "1")
        server = demo_environment.prepare()
        prepare_database()
        supervisor = Supervisor(number=number, server=server)
        supervisor.start("web")
        supervisor.wait_until_it_answers()
        supervisor.start("worker")
        say(f"\nIGNY8 operations console: {address}\nCtrl-C stops it.")
        supervisor.watch()
    except Refused as error:
        with suppress(OSError):
            print(error, file=sys.stderr, flush=True)
        return 1
    except Stopped:
        say("\nStopping …")
    finally:
        if supervisor:
            supervisor.stop()
        if server:
            server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
