"""However a program of ours ends, it leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scripts.processes import ProgramError, Programs

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 20
# Starts a child that starts a grandchild in a session of its own, deaf to SIGTERM.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"],
    start_new_session=True)
time.sleep(600)
"""
PARENT = f"""
import os, sys, time
from pathlib import Path
from scripts.processes import Programs, StopRequestedError, guard
guard()
try:
    with Programs(Path(sys.argv[1])) as programs:
        programs.start("stubborn", [sys.executable, "-c", {STUBBORN!r}], os.environ)
        print("started", flush=True)
        time.sleep(600)
except StopRequestedError:
    raise SystemExit(7)
"""


def start_parent(folder: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """Start a guarded program; return it and its family: child, stubborn child, grandchild."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    family: list[psutil.Process] = []
    while len(family) < 3:
        family = psutil.Process(parent.pid).children(recursive=True)
    return parent, family


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_program_and_all_that_it_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    parent, family = start_parent(tmp_path)

    parent.send_signal(number)

    assert parent.wait(timeout=WAIT_S) == 7
    assert psutil.wait_procs(family, timeout=WAIT_S)[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to the guard")
def test_the_guard_ends_what_a_killed_program_left(tmp_path: Path) -> None:
    parent, family = start_parent(tmp_path)

    family[0].kill()

    assert parent.wait(timeout=WAIT_S) == 128 + signal.SIGKILL
    assert psutil.wait_procs(family, timeout=WAIT_S)[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_killed_guard_ends_the_program_and_all_that_it_started(tmp_path: Path) -> None:
    parent, family = start_parent(tmp_path)

    parent.kill()

    assert psutil.wait_procs(family, timeout=WAIT_S)[1] == []


def test_a_program_that_ends_too_early_is_named_with_its_log(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        program = programs.start("short", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
        program.process.wait(timeout=WAIT_S)

        with pytest.raises(ProgramError, match=r"short ended with exit code 3.*short\.log"):
            programs.check()


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        program = programs.start(
            "slow", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ
        )
        with pytest.raises(ProgramError, match=r"slow took more than 0 s"):
            programs.wait_for_end(program, 0.1)
    assert program.process.returncode is not None
