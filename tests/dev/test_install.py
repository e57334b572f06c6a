"""The environment is made once, and made anew when a try was cut short."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev import install


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project beside ours: nothing to install, so no index is asked."""
    venv = tmp_path / ".venv"
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", venv)
    monkeypatch.setattr(install, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(install, "UNFINISHED", venv / "unfinished")
    monkeypatch.setattr(sys, "argv", ["install", "requirements-dev.txt"])
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that would have run. The probe of .venv succeeds once its Python is there."""
    ran = []

    def run(command: list, **_: object) -> subprocess.CompletedProcess:
        ran.append(" ".join(map(str, command[1:3])))
        if command[1:3] == ["-m", "venv"]:
            (command[3] / "bin").mkdir()
            (command[3] / "bin" / "python").touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(install.subprocess, "run", run)
    return ran


def steps(commands: list[str]) -> list[str]:
    return [command for command in commands if command.startswith("-m")]


def test_a_second_run_installs_nothing(project: Path, commands: list[str]) -> None:
    install.main()
    assert steps(commands) == ["-m venv", "-m pip"]

    install.main()

    assert steps(commands) == ["-m venv", "-m pip"]


def test_the_development_environment_serves_for_running(
    project: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    install.main()
    monkeypatch.setattr(sys, "argv", ["install", "requirements.txt"])

    install.main()

    assert steps(commands) == ["-m venv", "-m pip"]


def test_changed_requirements_are_installed(project: Path, commands: list[str]) -> None:
    install.main()
    (project / "requirements.txt").write_text("# one more\n")

    install.main()

    assert steps(commands) == ["-m venv", "-m pip", "-m pip"]


def test_an_unfinished_environment_is_made_anew(project: Path, commands: list[str]) -> None:
    install.main()
    (project / ".venv" / "unfinished").touch()
    (project / ".venv" / "half-a-package").touch()

    install.main()

    assert steps(commands) == ["-m venv", "-m pip", "-m venv", "-m pip"]
    assert not (project / ".venv" / "half-a-package").exists()


def test_an_environment_with_an_old_python_is_made_anew(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    old = project / ".venv" / "bin" / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    assert not install.is_usable()
