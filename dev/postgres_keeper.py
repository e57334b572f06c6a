"""The process that owns one embedded PostgreSQL server and ends it after its last user.

Users hold a shared lock on a file. The keeper ends the server when it gets that lock for itself, so
nobody has to say goodbye: the kernel drops the locks of a process however it ends, by kill -9 too.

    python dev/postgres_keeper.py FOLDER LOCK_FD BIN_DIR SOCKET_DIR [--temporary]
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dev.processes import LINUX, child, server_user

POLL_SECONDS = 0.05
STOP_SECONDS = 20
RESTARTS = 5


class Keeper:
    def __init__(self, *, folder: Path, binaries: Path, sockets: Path, temporary: bool) -> None:
        self.folder = folder
        self.cluster = folder / "postgres"
        self.binaries = binaries
        self.sockets = sockets
        self.temporary = temporary
        self.user = server_user(self.cluster)
        self.asked_to_stop = False

    def create(self) -> None:
        """Make the cluster under another name first: a half-made one is never taken for whole."""
        new = self.folder / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.user:
            os.chown(new, self.user.pw_uid, self.user.pw_gid)
        # The built-in C.UTF-8 sorts and folds case alike on every machine.
        self.run(
            "initdb", "-D", new, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            *(["--no-sync"] if self.temporary else []),
        )  # fmt: skip
        self.run("postgres", "--single", "-D", new, "postgres", feed="CREATE DATABASE igny8\n")
        new.rename(self.cluster)

    def run(self, program: str, *arguments: object, feed: str = "") -> None:
        subprocess.run(
            [self.binaries / program, *arguments],
            check=True,
            text=True,
            input=feed,
            stdout=sys.stderr,
            cwd="/",
            preexec_fn=child(on_parent_death=signal.SIGKILL, user=self.user),
        )

    def start(self) -> subprocess.Popen:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # On, and said so: readyz refuses a server that could lose what it confirmed.
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            [self.binaries / "postgres", "-D", self.cluster, *options],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            cwd="/",
            # SIGINT is PostgreSQL's "fast" shutdown: clients are cut, nothing is lost.
            preexec_fn=child(on_parent_death=signal.SIGINT, user=self.user),
        )

    def clear_leftovers(self) -> None:
        """End a server whose keeper was killed; drop a pid file that names another's process."""
        pid_file = self.cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split()[0])
        if not self.is_ours(pid):
            pid_file.unlink()
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while pid_file.exists() and self.is_ours(pid) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def is_ours(self, pid: int) -> bool:
        """Whether the process is a server on this cluster, by its command line."""
        if LINUX:
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            except OSError:
                return False
        else:
            ps = ["ps", "-o", "command=", "-p", str(pid)]
            command = subprocess.run(ps, capture_output=True, text=True, check=False).stdout
        return str(self.cluster) in command

    def keep(self, users: int) -> None:
        """Serve until the lock is ours. A server that dies under its users is started again."""
        if not self.cluster.exists():
            self.create()
        self.clear_leftovers()
        for _ in range(RESTARTS):
            server = self.start()
            while server.poll() is None:
                if self.asked_to_stop or is_free(users):
                    stop(server)
                    self.tidy()
                    return
                time.sleep(POLL_SECONDS)
            time.sleep(1)

    def tidy(self) -> None:
        with suppress(OSError):
            self.sockets.rmdir()  # it may be in /tmp, where nobody else would
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def is_free(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stop(server: subprocess.Popen) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def main() -> None:
    folder, lock, binaries, sockets, *rest = sys.argv[1:]
    os.umask(0o077)
    os.set_inheritable(int(lock), False)
    keeper = Keeper(
        folder=Path(folder),
        binaries=Path(binaries),
        sockets=Path(sockets),
        temporary="--temporary" in rest,
    )

    def ask_to_stop(*_: object) -> None:
        keeper.asked_to_stop = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    users = os.open(keeper.folder / "postgres.users", os.O_RDWR)
    with suppress(subprocess.CalledProcessError):  # what went wrong is in the log
        keeper.keep(users)


if __name__ == "__main__":
    main()
