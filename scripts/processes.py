"""Start programs and leave none of them behind, however this one ends.

Three nets, each under the one before: `Programs` ends what it started; the guard, a parent that
only waits, ends whatever its child left when that died without tidying up; and each program asks
the kernel for a signal when its own parent dies (Linux only).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from scripts.waiting import look_until

GRACE_S = 5.0
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG and
_SET_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
# Opened before any fork: loading a library between fork and exec may deadlock.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class StopRequestedError(Exception):
    """Someone asked the program to end (Ctrl-C, a signal, a closed terminal)."""


class ProgramError(Exception):
    """A program could not do its part. The message names the log to read."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program that was started, and where its output goes."""

    name: str
    process: subprocess.Popen[str]
    log_path: Path

    def describe_end(self) -> str:
        code = self.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{self.name} ended with {how}; its log is {self.log_path}"


class Programs:
    """The programs of one run, in the order of their start; leaving the `with` ends them all."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._running: list[Program] = []

    def __enter__(self) -> Programs:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        end_processes([program.process.pid for program in self._running])
        for program in self._running:
            # Collects the exit status; without it the ended process stays as a zombie.
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.process.wait(timeout=1)

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        read_output: bool = False,
    ) -> Program:
        """Start a program in a session of its own, so that Ctrl-C reaches it only through us.

        With `read_output` its standard output is a pipe for the caller, else it goes to the log.
        """
        log_path = self._log_dir / f"{name}.log"
        log_path.unlink(missing_ok=True)
        process = start_process(command, environment, log_path, read_output=read_output)
        program = Program(name, process, log_path)
        self._running.append(program)
        return program

    def run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], limit_s: float
    ) -> None:
        """Run a program to its end; raises ProgramError when it fails or takes too long."""
        self.wait_for_end(self.start(name, command, environment), limit_s)

    def wait_for_end(self, program: Program, limit_s: float) -> None:
        """Wait for a program that ends by itself; raises ProgramError unless it ends well."""
        try:
            code = program.process.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise ProgramError(
                f"{program.name} took more than {limit_s:.0f} s; its log is {program.log_path}"
            ) from None
        self._running.remove(program)
        if code != 0:
            raise ProgramError(program.describe_end())

    def check(self) -> None:
        """Raise ProgramError if a program that should be running has ended."""
        for program in self._running:
            if program.process.poll() is not None:
                raise ProgramError(program.describe_end())

    def wait_until(self, ready: Callable[[], bool], what: str, limit_s: float) -> None:
        """Call `ready` until it says yes; raises ProgramError when a program ends or time is up."""
        if not look_until(ready, limit_s, self.check):
            raise ProgramError(
                f"{what} took more than {limit_s:.0f} s; the logs are in {self._log_dir}"
            )


def start_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    log_path: Path,
    *,
    read_output: bool = False,
    user: str | None = None,
) -> subprocess.Popen[str]:
    """Start a program, as another `user` if told; what it prints is added to its log."""
    with log_path.open("a", encoding="utf-8") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if read_output else log,
            stderr=log,
            env=dict(environment),
            text=True,
            start_new_session=True,
            user=user,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one C call, no lock and no import
        )


def end_processes(pids: Sequence[int], grace_s: float = GRACE_S) -> None:
    """End processes and all their descendants: ask first, then kill what is still there."""
    with _signals_ignored():
        family = with_descendants(pids)
        _signal_all(family, signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=grace_s)
        # A child that was born while its parent was ending is found only by looking again.
        stubborn = with_descendants([process.pid for process in alive])
        _signal_all(stubborn, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=2)


def guard() -> None:
    """Go on in a child; the caller's process stays behind only to end what the child leaves.

    Returns in the child. The parent exits with the child's exit code.
    """
    sys.stdout.flush()
    if _LIBC is not None:
        # Orphaned descendants become children of this process and so stay findable.
        _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    parent_pid = os.getpid()
    child_pid = os.fork()
    if child_pid == 0:
        _end_with_parent()
        if os.getppid() != parent_pid:
            os._exit(1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _request_stop)
        return
    os._exit(_wait_and_tidy(child_pid))


def _wait_and_tidy(child_pid: int) -> int:
    def pass_on(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child_pid, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    pid, status = 0, 0
    while pid != child_pid:
        pid, status = os.wait()
    end_processes([process.pid for process in psutil.Process().children()])
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _request_stop(number: int, _: FrameType | None) -> None:
    # A second Ctrl-C must not break off the tidying up that the first one began.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise StopRequestedError(signal.Signals(number).name)


def _end_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)


def with_descendants(pids: Sequence[int]) -> list[psutil.Process]:
    """These processes and all that they started, as far as they are still there."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for member in (process, *process.children(recursive=True)):
                found[member.pid] = member
    return list(found.values())


def _signal_all(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


@contextlib.contextmanager
def _signals_ignored() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
