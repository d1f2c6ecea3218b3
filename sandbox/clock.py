"""Sandbox time: real dates for stamps, and a faster clock for windows and waits."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


class Clock:
    """Two clocks: `now_us` stamps objects with real UTC time, `run_s` measures windows.

    `run_s` counts sandbox seconds since the start, `speed` of them to each real second.
    """

    def __init__(self, base: datetime, speed: float) -> None:
        self.base_us = to_us(base)
        self.speed = speed
        self._started_s = time.monotonic()
        self._last_us = 0

    def run_s(self) -> float:
        """Return the sandbox seconds since the start."""
        return (time.monotonic() - self._started_s) * self.speed

    def skip(self, wait_s: float) -> None:
        """Let so many sandbox seconds be over at once, for windows and waits; stamps stay real."""
        self._started_s -= wait_s / self.speed

    def now_us(self) -> int:
        """Return the UTC time in microseconds since 1970; never the same value twice."""
        self._last_us = max(self._last_us + 1, time.time_ns() // 1000)
        return self._last_us

    async def sleep(self, wait_s: float) -> None:
        """Wait for so many sandbox seconds."""
        if wait_s > 0:
            await asyncio.sleep(wait_s / self.speed)


def to_us(moment: datetime) -> int:
    """Return a moment as microseconds since 1970; a moment without offset is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // MICROSECOND


def from_us(moment_us: int) -> datetime:
    """Return microseconds since 1970 as an aware UTC datetime."""
    return EPOCH + timedelta(microseconds=moment_us)


def iso_offset(moment_us: int) -> str:
    """Write a stamp as live Gorgias answers do; a whole second has no fraction."""
    return from_us(moment_us).isoformat()


def iso_naive(moment_us: int) -> str:
    """Write a stamp as the Gorgias documentation samples do: with fraction, without offset."""
    return from_us(moment_us).replace(tzinfo=None).isoformat(timespec="microseconds")


def iso_z(moment_us: int) -> str:
    """Write a stamp as Rivo does: milliseconds and Z."""
    return from_us(moment_us).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def display_date(moment_us: int) -> str:
    """Write a date as Rivo shows it to people: "March 05, 2026"."""
    return from_us(moment_us).strftime("%B %d, %Y")
