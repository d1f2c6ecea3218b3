"""Services that come back: what `restart: unless-stopped` is in compose.

A service that ends, however it ends, is started again after a moment. It can be killed without a
word, as when a machine loses its power, or restarted in good order.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.processes import ProgramError, end_processes, start_process, with_descendants

LOOK_EVERY_S = 0.2
RESTART_AFTER_S = 1.0
GONE_AFTER_S = 5.0
MOST_RESTARTS = 200
"""Restarts of one service after which something is wrong that no restart mends."""


@dataclass(slots=True)
class _Kept:
    """One service: how it is started, and its process of now."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log_path: Path
    user: str | None
    process: subprocess.Popen[str]
    starts: int = 1
    start_at_s: float | None = None
    """When it may be started again; None while it runs."""


class Supervisor:
    """Keeps services running until the `with` ends; then all of them are ended."""

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self._services: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        # All restarts happen in this thread: a program gets a signal when the thread that started
        # it ends, so it must be one that lives as long as we do.
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> Supervisor:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:  # nothing is started any more
            # The last first: what needs a database is gone before the database is.
            for service in reversed(self._services.values()):
                end_processes([service.process.pid])
                with contextlib.suppress(subprocess.TimeoutExpired):
                    service.process.wait(timeout=1)
            self._ended.set()
        # Only now: at the end of this thread what it started would be told to end, each alone.
        self._watcher.join()

    @property
    def names(self) -> list[str]:
        return list(self._services)

    @property
    def restarts(self) -> int:
        """How often a service was started again, over all of them."""
        return sum(service.starts - 1 for service in self._services.values())

    def keep(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        user: str | None = None,
    ) -> None:
        """Start a service and keep it running."""
        log_path = self.log_dir / f"{name}.log"
        process = start_process(command, environment, log_path, user=user)
        with self._lock:
            self._services[name] = _Kept(name, tuple(command), environment, log_path, user, process)

    def kill(self, name: str, *, down_s: float = RESTART_AFTER_S) -> None:
        """Kill a service and all it started at once; it comes back after `down_s`."""
        with self._lock:
            service = self._services[name]
            service.start_at_s = time.monotonic() + down_s
            family = with_descendants([service.process.pid])
            _kill_all(family)
            psutil.wait_procs(family, timeout=GONE_AFTER_S)
            service.process.wait()

    def restart(self, name: str, *, grace_s: float) -> None:
        """Ask a service to end, kill what is left of it after `grace_s`, and have it come back."""
        self.stop(name, grace_s=grace_s)
        self.resume(name)

    def stop(self, name: str, *, grace_s: float) -> None:
        """Ask a service to end, kill what is left of it after `grace_s`, and leave it down."""
        with self._lock:
            service = self._services[name]
            service.start_at_s = float("inf")
            family = with_descendants([service.process.pid])
            service.process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=grace_s)
        _kill_all(alive)
        service.process.wait()

    def resume(self, name: str) -> None:
        """Have a service come back that was stopped."""
        self._services[name].start_at_s = time.monotonic()

    def check(self) -> None:
        """Raise ProgramError if a service ends again and again."""
        for service in self._services.values():
            if service.starts > MOST_RESTARTS:
                raise ProgramError(
                    f"{service.name} ended {service.starts} times; its log is {service.log_path}"
                )

    def processes(self, name: str) -> list[psutil.Process]:
        """The service's own process and all it started."""
        return with_descendants([self._services[name].process.pid])

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            with self._lock:
                if self._ended.is_set():
                    return
                for service in self._services.values():
                    self._start_if_due(service)

    def _start_if_due(self, service: _Kept) -> None:
        if service.process.poll() is None:
            return
        now_s = time.monotonic()
        if service.start_at_s is None:
            service.start_at_s = now_s + RESTART_AFTER_S
        if now_s >= service.start_at_s:
            service.start_at_s = None
            service.starts += 1
            service.process = start_process(
                service.command, service.environment, service.log_path, user=service.user
            )


def _kill_all(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
