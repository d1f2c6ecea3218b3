"""How pages print numbers and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from loyalty_desk.staging.run_record import RunRecord

NOT_REACHED: Final = "—"
"""For a number that a run did not come to."""


def count(value: float) -> str:
    """A number with its thousands marked; one that is not whole with one decimal."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def counter(record: RunRecord, name: str) -> str:
    """A counter of a run, or a dash where the run did not come so far."""
    return count(getattr(record, name)) if name in record.written else NOT_REACHED


def moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%-d %b %Y, %H:%M UTC")


def day(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%-d %b %Y")


def duration(seconds: float) -> str:
    """A time span in the two units that matter."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def share(part: float, whole: float) -> str:
    """A part in percent that never rounds to all or nothing."""
    if not part or not whole:
        return "0%"
    of_one = part / whole
    if of_one < 0.001:
        return "under 0.1%"
    # 99.96 % is not all: never round up to a whole.
    return f"{of_one:.1%}" if of_one < 0.999 else "over 99.9%" if of_one < 1 else "100%"


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "count": count,
    "counter": counter,
    "moment": moment,
    "day": day,
    "duration": duration,
}
"""As Jinja names them."""
