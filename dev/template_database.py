"""A PostgreSQL cluster with all migrations applied, kept between test runs.

Applying them takes many seconds, copying the result about one. What the migrations say is the key:
when it changes, the template is made anew.
"""

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.embedded_postgres import use
from dev.places import ROOT, Refused, own_files

CACHE = ROOT / ".cache" / "test-template"
APPS = ["tenancy", "billing", "console"]


def copy_to(folder: Path) -> None:
    """Put a migrated cluster into the folder, ready to be started there."""
    wanted = CACHE / key()
    with own_files():
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "lock").open("a").close()
    with _locked(fcntl.LOCK_SH):
        if _copy(wanted, folder):
            return
    with _locked(fcntl.LOCK_EX):
        if not wanted.exists():  # another run may have made it meanwhile
            _make(wanted)
        _copy(wanted, folder)


def key() -> str:
    """Changes with the migrations, the modules they import, and the versions of the packages."""
    files = [ROOT / "requirements.txt"]
    for app in APPS:
        migrations = sorted((ROOT / app / "migrations").rglob("*.py"))
        files += [*migrations, *sorted((ROOT / app).rglob("*.sql"))]
        files += [module for migration in migrations for module in _imported_by(migration)]
    digest = hashlib.sha256(f"{sys.version_info[:2]} {os.geteuid()}".encode())
    for file in files:
        digest.update(str(file).encode() + file.read_bytes())
    return digest.hexdigest()[:20]


def _imported_by(migration: Path) -> list[Path]:
    """Our own modules that a migration takes values from, such as the list of staff groups."""
    names = set()
    for node in ast.walk(ast.parse(migration.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    ours = sorted(name for name in names if name.split(".")[0] in APPS)
    paths = [ROOT / f"{name.replace('.', '/')}.py" for name in ours]
    return [path for path in paths if path.exists()]


def _make(wanted: Path) -> None:
    for old in CACHE.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    draft = wanted.with_suffix(".new")
    draft.mkdir(mode=0o700)
    server = use(folder=draft)
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    try:
        subprocess.run(
            migrate, cwd=ROOT, env={**os.environ, "DATABASE_URL": server.url}, check=True
        )
    except subprocess.CalledProcessError:
        raise Refused("The migrations fail; the reason stands above.") from None
    finally:
        server.close()
    (draft / "postgres").rename(wanted)
    shutil.rmtree(draft)


def _copy(wanted: Path, folder: Path) -> bool:
    if not wanted.exists():
        return False
    # cp and not shutil: the server's own user must stay the owner.
    subprocess.run(["cp", "-a", wanted, folder / "postgres"], check=True)
    return True


@contextmanager
def _locked(kind: int) -> Iterator[None]:
    with (CACHE / "lock").open() as lock:
        fcntl.flock(lock, kind)
        yield
