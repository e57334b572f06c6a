"""The Makefile takes the first Python that works, whatever stands before it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.places import ROOT

OLD = '#!/bin/sh\necho "old 3.9"\n'
FAILING_SHIM = "#!/bin/sh\necho 'pyenv: version 3.13 is not installed' >&2\nexit 127\n"
WITHOUT_VENV = '#!/bin/sh\necho "bare 3.12"\n'
GOOD = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


def make_program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(text)
    program.chmod(0o755)


def find(*folders: Path) -> subprocess.CompletedProcess:
    nowhere = str(folders[0] / "nowhere")
    return subprocess.run(
        ["/bin/sh", ROOT / "dev" / "find_python.sh"],
        env={**os.environ, "PATH": ":".join(map(str, folders)), "PYENV_ROOT": nowhere},
        capture_output=True,
        text=True,
        check=False,
    )


def test_takes_the_program_behind_the_name(tmp_path: Path) -> None:
    make_program(tmp_path / "bin", "python3", GOOD)

    found = find(tmp_path / "bin")

    assert found.stdout.strip() == sys._base_executable


@pytest.mark.parametrize("before", [OLD, FAILING_SHIM, WITHOUT_VENV])
def test_passes_over_one_that_does_not_do(tmp_path: Path, before: str) -> None:
    make_program(tmp_path / "first", "python3", before)
    make_program(tmp_path / "second", "python3", GOOD)

    found = find(tmp_path / "first", tmp_path / "second")

    assert found.returncode == 0
    assert found.stdout.strip() == sys._base_executable


def test_falls_back_on_a_versioned_name(tmp_path: Path) -> None:
    make_program(tmp_path / "bin", "python3", OLD)
    make_program(tmp_path / "bin", "python3.13", GOOD)

    assert find(tmp_path / "bin").stdout.strip() == sys._base_executable


def test_takes_one_of_pyenv_that_no_shim_offers(tmp_path: Path) -> None:
    folder = tmp_path / "pyenv" / "versions" / "3.12.7" / "bin"
    folder.mkdir(parents=True)
    make_program(folder, "python3", GOOD)

    found = subprocess.run(
        ["/bin/sh", ROOT / "dev" / "find_python.sh"],
        env={**os.environ, "PATH": "", "PYENV_ROOT": str(tmp_path / "pyenv")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == sys._base_executable


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (OLD, "Python 3.12 or newer is needed, and {path} is 3.9: install Python 3.13"),
        (WITHOUT_VENV, "Python 3.12 is here but cannot make environments: apt install"),
        (FAILING_SHIM, "Python 3.12 or newer is needed: install Python 3.13"),
    ],
)
def test_says_in_one_line_what_to_install(tmp_path: Path, program: str, says: str) -> None:
    make_program(tmp_path / "bin", "python3", program)

    found = find(tmp_path / "bin")

    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.startswith(says.format(path=tmp_path / "bin" / "python3"))
    assert found.stderr.count("\n") == 1
