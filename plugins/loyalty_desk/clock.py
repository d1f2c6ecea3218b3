"""Times as text: ISO 8601 in UTC with microseconds, so that text order is time order; for people
by a zone.

Both databases compare such text alike, which keeps every statement the same on both.

Never: an import of ours.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    return datetime.now(UTC)


def steady_s() -> float:
    """Seconds that nobody can set back; they go on where the machine sleeps, if it can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def is_time_zone(name: str) -> bool:
    """Whether it is the IANA name of a time zone, which knows when clocks are changed."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of names
        return False
    return True


def utc_text(moment: datetime) -> str:
    """`2026-01-31T09:30:00.000000Z`; raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written as UTC")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_utc(text: str) -> datetime:
    """Read ISO 8601 with or without fraction and offset; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def in_zone(moment: datetime, zone: str) -> str:
    """A time for people, with the sign of the zone: `3 Nov 2026, 14:05 CET`.

    Where a zone has no letters of its own, how far it is from UTC: `10:05 UTC-03:00`.
    """
    local = moment.astimezone(ZoneInfo(zone))
    name, offset = local.tzname() or "", f"{local:%z}"
    sign = name if name.isalpha() else f"UTC{offset[:3]}:{offset[3:]}"
    return f"{local:%-d %b %Y, %H:%M} {sign}"
