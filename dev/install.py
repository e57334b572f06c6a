"""Make .venv and install a requirements file into it, once for each change of the file.

Run by any Python the Makefile found; needs nothing installed. Two at once wait for each other.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# There while pip works. A package that pip was killed over looks installed to the next pip, so a
# leftover mark means: start from nothing.
UNFINISHED = VENV / "unfinished"
OLDEST = (3, 12)


def is_usable(*, modules: str = "sys") -> bool:
    """Whether .venv is whole, its Python new enough, and the modules are there."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    probe = f"import sys, {modules}; sys.exit(sys.version_info < {OLDEST})"
    return subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0


def fingerprint(*, requirements: Path) -> str:
    """Changes when the file, or one it includes with -r, changes."""
    text = requirements.read_text()
    included = [line[3:].strip() for line in text.splitlines() if line.startswith("-r ")]
    parts = [text, *(fingerprint(requirements=ROOT / name) for name in included)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def stamp(*, requirements: Path) -> Path:
    return VENV / f"{requirements.name}.installed"


def is_installed(*, requirements: Path) -> bool:
    mark = stamp(requirements=requirements)
    return mark.exists() and mark.read_text() == fingerprint(requirements=requirements)


def make_venv() -> None:
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    UNFINISHED.touch()
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)


def install(*, requirements: Path) -> None:
    print(f"Installing {requirements.name} into .venv (once) …", flush=True)
    UNFINISHED.touch()
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", requirements], check=True)
    stamp(requirements=requirements).write_text(fingerprint(requirements=requirements))
    UNFINISHED.unlink()


def main() -> None:
    requirements = ROOT / sys.argv[1]
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed(requirements=requirements) and is_usable():
            return
        if not is_usable(modules="pip"):
            make_venv()
        install(requirements=requirements)
        # The development file includes the runtime one.
        runtime = ROOT / "requirements.txt"
        stamp(requirements=runtime).write_text(fingerprint(requirements=runtime))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError:
        sys.exit(
            "The environment could not be made; the reason stands above. The next try starts anew."
        )
    except PermissionError as error:
        sys.exit(
            f"{error.filename} belongs to another user: use a copy of the project of your own."
        )
    except KeyboardInterrupt:
        sys.exit(130)
