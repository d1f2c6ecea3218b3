"""`loyalty-desk serve` as a process beside a test or a benchmark."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.processes import ProgramError
from scripts.services import LOOPBACK
from scripts.waiting import look_until

LISTENS = re.compile(r"serving the API on \S+, port (\d+)")
START_LIMIT_S, STOP_LIMIT_S = 120.0, 120.0


@dataclass(frozen=True, slots=True)
class ServedApi:
    """A running process, and where its log is."""

    port: int
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def end(self) -> int:
        """Have it end at once, as by a second signal to a process that drains; its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_LIMIT_S)


@contextmanager
def running_api(
    environment: Mapping[str, str], log_path: Path, *options: str, port: int = 0
) -> Iterator[ServedApi]:
    """Serve until the block ends; port 0 is any free one.

    Raises:
        ProgramError: it ended, or did not listen in time.
    """
    command = [sys.executable, "-m", "loyalty_desk", "serve", "--port", str(port), *options]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        look_until(
            lambda: process.poll() is not None or _find_port(log_path) is not None, START_LIMIT_S
        )
        found = _find_port(log_path)
        if found is None:
            raise ProgramError(f"the API did not start: {log_path.read_text()[-2000:]}")
        yield ServedApi(found, process, log_path)
    finally:
        process.kill()
        process.wait()


def _find_port(log_path: Path) -> int | None:
    found = LISTENS.search(log_path.read_text(encoding="utf-8"))
    return int(found[1]) if found else None
