"""Which members changed since a time, without looking at everybody."""

from collections.abc import Iterable
from datetime import datetime

from sandbox.clock import to_us
from sandbox.programme.answers import Refusal
from sandbox.programme.programme import Programme


def read_time_us(text: str, name: str) -> int:
    """Return an ISO time in microseconds since 1970.

    Raises:
        Refusal: 400 when it is none.
    """
    try:
        return to_us(datetime.fromisoformat(text))
    except ValueError:
        raise Refusal(400, f"{name} must be an ISO 8601 time") from None


def updated_us(programme: Programme, row: int) -> int:
    """Return when a member last changed."""
    stamp: str = programme.members.fields(row)["remote_updated_at"]
    return to_us(datetime.fromisoformat(stamp))


def rows_since(programme: Programme, since_us: int | None) -> list[int]:
    """Return the rows of who is there and changed at that time or later, in order."""
    members = programme.members
    if since_us is None:
        return list(members.walk())
    rows: Iterable[int] = members.walk()
    if since_us >= programme.ground.clock.base_us:  # generated history lies before it
        rows = (row for row in sorted(members.changes) if members.find_there(row) is not None)
    return [row for row in rows if updated_us(programme, row) >= since_us]
