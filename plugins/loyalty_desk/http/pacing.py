"""When a request may be sent: the gate that every request of a transport passes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Protocol

_RANDOM = SystemRandom()


class Gate(Protocol):
    """Spaces requests out. All waits are in real seconds, already divided by the speed."""

    def enter(self) -> None:
        """Block until one request may be sent.

        Raises:
            ApiUnavailableError: no request could be sent for very long.
        """

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer's headers tell; called in the thread that entered."""

    def refused(self, wait_s: float) -> None:
        """The service answered 429: nobody sends for so long."""


class OpenGate:
    """Lets every request through at once."""

    def enter(self) -> None:
        """Never blocks."""

    def learn(self, headers: Mapping[str, str]) -> None:
        """Headers tell an open gate nothing."""

    def refused(self, wait_s: float) -> None:
        """The transport itself waits."""


class RateGate:
    """Spaces requests of one process evenly; thread-safe."""

    def __init__(
        self,
        requests_per_s: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap_s = 1 / requests_per_s
        self._sleep, self._clock = sleep, clock
        self._lock = threading.Lock()
        self._next_at_s = 0.0

    def enter(self) -> None:
        with self._lock:
            now_s = self._clock()
            turn_s = max(now_s, self._next_at_s)
            self._next_at_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._sleep(turn_s - now_s)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Nothing to learn: the rate is a setting."""

    def refused(self, wait_s: float) -> None:
        with self._lock:
            self._next_at_s = max(self._next_at_s, self._clock() + wait_s)


def backoff_s(attempt: int, *, first_s: float, most_s: float) -> float:
    """Exponential wait before attempt `attempt` + 1 (from 1), with half of it left to chance.

    The chance keeps processes that failed together from coming back together.
    """
    full_s = min(most_s, first_s * 2.0 ** min(attempt - 1, 30))
    return full_s * _RANDOM.uniform(0.5, 1.0)


def jitter_s(most_s: float) -> float:
    return _RANDOM.uniform(0, most_s)
