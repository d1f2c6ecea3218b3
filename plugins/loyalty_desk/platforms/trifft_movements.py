"""What a transaction of TRIFFT's tells as a movement, by the places of the table of guesses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from loyalty_desk.card.dates import find_date
from loyalty_desk.clock import utc_text
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.places import Places
from loyalty_desk.platforms.reading import find_utc, order_keys
from loyalty_desk.records import Movement, MovementKind


def read_movement(row: Any, answers: Mapping[str, Any]) -> tuple[Movement, str | None]:
    """Read one transaction; TRIFFT tells not whose it is, and not of what kind.

    Raises:
        BadFieldError: it has no id or no points.
    """
    at = Places(row, answers)
    movement_id, points = at.text_or_number("entry.id"), at.points("entry.points")
    if movement_id is None or points is None:
        key = "entry.id" if movement_id is None else "entry.points"
        raise BadFieldError(answers[key], "is missing")
    state = at.value("entry.state")
    is_pending = state is not None and state == answers["word.pending"]
    order = at.text_or_number("entry.order")
    movement = Movement(
        movement_id=movement_id,
        kind=MovementKind.OTHER,
        at_utc=_moment(at.text_or_number("entry.time")),
        points=0 if is_pending else points,
        pending=points if is_pending else 0,
        pending_until=find_date(at.text("entry.pending_until")) if is_pending else None,
        note=at.text("entry.note"),
        staff_note=at.text_or_number("entry.own_id"),
        order=order,
        orders=order_keys(order),
        is_revoked=bool(at.value("entry.cancelled")),
    )
    return movement, None


def _moment(text: str | None) -> str | None:
    """A time in UNIX seconds, as TRIFFT documents that of a transaction, or as ISO 8601."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return find_utc(text)
    try:
        return utc_text(datetime.fromtimestamp(int(text), UTC))
    except (ValueError, OverflowError, OSError):
        return None
