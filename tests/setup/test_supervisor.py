"""Services that come back, on real processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cluster.supervisor import Supervisor
from tests.waiting import wait_until

LIMIT_S = 15.0
# Starts a child, notes both process ids, and waits; `SIGTERM` ends it as it does any program.
PROGRAM = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1], "a") as file:
    print(os.getpid(), child.pid, file=file)
time.sleep(600)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "log") as found:
        yield found


def keep(supervisor: Supervisor, tmp_path: Path) -> Path:
    started = tmp_path / "started"
    supervisor.keep("one", [sys.executable, "-c", PROGRAM, str(started)], dict(os.environ))
    wait_until(lambda: len(starts(started)) == 1, LIMIT_S)
    return started


def starts(file: Path) -> list[list[int]]:
    """The process ids of each start so far."""
    if not file.exists():
        return []
    return [[int(word) for word in line.split()] for line in file.read_text().splitlines()]


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_killed_service_comes_back_and_nothing_of_it_stays(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    started = keep(supervisor, tmp_path)
    before = starts(started)[0]
    killed_at = time.monotonic()

    supervisor.kill("one", down_s=1.5)

    assert not any(map(is_alive, before))
    wait_until(lambda: len(starts(started)) == 2, LIMIT_S)
    assert time.monotonic() - killed_at >= 1.5
    assert supervisor.restarts == 1
    assert {one.pid for one in supervisor.processes("one")} == set(starts(started)[1])


def test_a_service_that_ends_by_itself_comes_back(supervisor: Supervisor, tmp_path: Path) -> None:
    started = keep(supervisor, tmp_path)
    psutil.Process(starts(started)[0][0]).terminate()
    wait_until(lambda: len(starts(started)) == 2, LIMIT_S)


def test_a_stopped_service_stays_down_until_resumed(supervisor: Supervisor, tmp_path: Path) -> None:
    started = keep(supervisor, tmp_path)

    supervisor.stop("one", grace_s=1)
    time.sleep(2)  # longer than until one that ended by itself is back
    assert len(starts(started)) == 1
    supervisor.resume("one")

    wait_until(lambda: len(starts(started)) == 2, LIMIT_S)


def test_what_is_kept_ends_with_the_supervisor(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "log") as supervisor:
        started = keep(supervisor, tmp_path)
        supervisor.restart("one", grace_s=1)
        wait_until(lambda: len(starts(started)) == 2, LIMIT_S)
    assert not any(map(is_alive, [pid for line in starts(started) for pid in line]))
