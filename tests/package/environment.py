"""Environments made from nothing but Python's own library: the wheel, and packages beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"package: {time.monotonic() - STARTED:4.0f} s  {text}", flush=True)


def clean_environment() -> dict[str, str]:
    """The caller's variables, without those that point to another Python, Airflow or desk."""
    theirs = ("AIRFLOW", "LOYALTY_DESK_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(theirs)}


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    more: Mapping[str, str] | None = None,
    timeout_s: float = 900,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command; one that fails ends the program with what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment() | dict(more or {}),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if check and done.returncode != 0:
        shown = " ".join(str(part) for part in command[:4])
        sys.exit(
            f"{shown} … failed ({done.returncode})\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return done


def install_uv(folder: Path) -> Path:
    """The uv of our own lock, in an environment of its own."""
    lock = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    found = re.search(r"^uv==\S+", lock, re.MULTILINE)
    assert found is not None
    run([sys.executable, "-m", "venv", folder / "tools"])
    run([folder / "tools/bin/python", "-m", "pip", "install", "--quiet", found[0]])
    return folder / "tools/bin/uv"


def build_wheel(uv: Path, folder: Path) -> Path:
    run([uv, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", ROOT])
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def make_environment(
    uv: Path, folder: Path, packages: Sequence[str | Path], *options: str | Path
) -> Path:
    """An environment with these packages; returns where its programs are."""
    run([uv, "venv", "--quiet", "--python", sys.executable, folder])
    python = folder / "bin" / "python"
    run([uv, "pip", "install", "--quiet", "--python", python, *options, *packages])
    return folder / "bin"
