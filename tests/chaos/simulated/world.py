"""Simulated time: processes that wait in it, one running at a moment, in an order that a seed sets.

A wait costs nothing, so a day of trouble is tried in milliseconds. A process is a greenlet: the
product's own code runs in it unchanged, and what it waits for is the next event in the list.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

EPOCH = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STALLS_S = (0.5, 20.0, 100.0, 400.0)
"""How long a machine stands still, at worst."""


class Process(greenlet):
    """Something that runs in simulated time. `ahead_s`: how far its machine's clock is ahead."""

    ahead_s = 0.0


class World:
    """One simulated time with its processes. `utc` is the clock of the staging database.

    There is one at a time, `current`; `exchange` is the wire that its platform is at the end of.
    """

    current: World
    exchange: Callable[..., Any]

    def __init__(self, random: Random, *, stalls: float = 0.0) -> None:
        self.random, self.now_s, self.set_by_s = random, 0.0, 0.0
        self._stalls, self._numbers = stalls, 0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._hub = getcurrent()
        World.current = self

    def utc(self) -> datetime:
        return EPOCH + timedelta(seconds=self.now_s + self.set_by_s)

    def own_utc(self) -> datetime:
        """The clock of the machine that the running process is on."""
        return self.utc() + timedelta(seconds=getattr(getcurrent(), "ahead_s", 0.0))

    def steady_s(self) -> float:
        """What nobody can set."""
        return 1000.0 + self.now_s

    def at(self, at_s: float, event: Callable[[], object]) -> None:
        """Have something happen at a moment, or now if that is over."""
        self._numbers += 1
        heapq.heappush(self._events, (max(at_s, self.now_s), self._numbers, event))

    def start(self, work: Callable[[], object], *, at_s: float, ahead_s: float = 0.0) -> Process:
        process = Process(work, self._hub)
        process.ahead_s = ahead_s
        self.at(at_s, process.switch)
        return process

    def wait(self, wait_s: float) -> None:
        """Let a process wait; without one (a person at work) only time passes."""
        process = getcurrent()
        if process is self._hub:
            self.now_s += wait_s
            return
        self.at(self.now_s + wait_s, lambda: None if process.dead else process.switch())
        self._hub.switch()

    def breathe(self) -> None:
        """A point at which another process may go first, and at which a machine may stand still."""
        if getcurrent() is self._hub:
            return
        stands_still = self.random.random() < self._stalls
        self.wait(self.random.uniform(0, self.random.choice(STALLS_S) if stands_still else 0.05))

    def kill(self, process: Process) -> None:
        """End a process where it waits, as SIGKILL does between two statements."""
        if process and not process.dead:
            process.throw(GreenletExit)

    def run(self, until_s: float) -> None:
        """Let everything happen that is due until then."""
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, event = heapq.heappop(self._events)
            event()
        self.now_s = max(self.now_s, until_s)
