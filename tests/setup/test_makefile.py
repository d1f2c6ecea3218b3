"""`make help` and `scripts/setup.sh`, as a newcomer meets them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"help", "setup", "demo", "up", "cluster", "test", "lint", "bench", "lock", "clean"}
# What setup.sh itself calls; a machine in these tests has nothing else.
TOOLS = ("bash", "env", "dirname", "basename", "mkdir", "id", "cat", "cut", "sha256sum", "flock")


def read_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.M))


def test_make_alone_lists_every_target_with_a_description() -> None:
    answer = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    listed = dict(re.findall(r"^  make (\S+)\s+(\S.*)$", answer.stdout, re.M))
    assert set(listed) == read_targets()
    assert set(listed) >= TARGETS


def test_every_target_is_phony() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.M)
    assert phony is not None
    assert set(phony[1].split()) == read_targets()


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A copy of the set-up, and a `bin` that holds only what setup.sh calls."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def add_program(machine: Path, name: str, script: str) -> None:
    program = machine / "bin" / name
    program.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def run_setup(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG"}}
    return subprocess.run(
        [machine / "scripts" / "setup.sh", "run"],
        env=kept | {"PATH": str(machine / "bin")} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_without_python_is_told_in_one_line_what_to_install(machine: Path) -> None:
    answer = run_setup(machine)

    assert answer.returncode == 1
    assert answer.stderr == (
        "setup: Python 3.11, 3.12 or 3.13 is needed."
        " On Debian: apt-get install python3 python3-venv\n"
    )


def test_a_python_of_another_version_is_named(machine: Path) -> None:
    add_program(machine, "python3", '[ "$1" = --version ] && echo Python 3.9.2; exit 1')

    answer = run_setup(machine)

    assert answer.returncode == 1
    assert "this machine has Python 3.9.2" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_chosen_python_that_does_not_do_is_refused(machine: Path) -> None:
    add_program(machine, "python4", '[ "$1" = --version ] && echo Python 4.0.0; exit 1')

    assert "Python 4.0.0 does not do" in run_setup(machine, PYTHON="python4").stderr
    assert "is not there" in run_setup(machine, PYTHON="python5").stderr


def test_without_the_venv_module_the_line_to_run_is_printed(machine: Path) -> None:
    add_program(
        machine, "python3", f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {sys.executable} "$@"'
    )

    answer = run_setup(machine)

    assert answer.returncode == 1
    assert answer.stderr == (
        "setup: Python's venv module is missing. Run: sudo apt-get install python3-venv\n"
    )
    assert not (machine / ".venv").exists()
