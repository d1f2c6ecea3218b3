"""Seconds by step, and the memory of a process."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Clock:
    """Seconds by step; a step may be entered again and again. `cpu_s` is this process's share."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_s = 0.0

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        started_s, started_cpu_s = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            spent_s = time.perf_counter() - started_s
            self.seconds[step] = self.seconds.get(step, 0.0) + spent_s
            self.cpu_s += time.process_time() - started_cpu_s

    def time_each(self, step: str, batches: Iterable[T], work: Callable[[T], object]) -> None:
        for batch in batches:
            with self.time(step):
                work(batch)


def peak_mib() -> float:
    """The most resident memory that this process ever had."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
