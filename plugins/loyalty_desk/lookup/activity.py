"""Reads a member's last movements after a lookup, and has the card say them.

Nobody waits for it: the answer has what was read before. What is kept counts while the member's
card is the one of then, so whatever else changes the card takes the line away by itself, and no
sync writes a card because of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, Row

from loyalty_desk.card.shown import LAST
from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup.asking import WAIT_S, NotToldError, asking_of
from loyalty_desk.records import Cause, CauseKind, Movement, MovementKind
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

READ_AGAIN_AFTER: Final = timedelta(hours=12)
"""With the same card the movements are mostly the same."""
LOOKED_AT: Final = 25
MOST_SAID: Final = 3
MARKER: Final = "ld:"
"""How the id of a booking of ours begins: see `awards/ledger.py`."""
KINDS: Final = {
    MovementKind.REWARD: " reward",
    MovementKind.BY_HAND: " by hand",
    MovementKind.EXPIRY: " expired",
}


def read_activity(store: StoreSettings, engine: Engine, member_id: str) -> bool:
    """Read them, unless that was done lately; returns whether the card says something else now."""
    key = {"store": store.name, "member_id": member_id}
    with reading(engine) as connection:
        row = connection.execute(statement("lookup/activity/select_activity"), key).first()
    now = utc_now()
    if row is None or _is_recent(row, now):
        return False
    try:
        deadline = Deadline.after(WAIT_S)
        told = asking_of(store).movements(member_id, row.external_id, deadline, most=LOOKED_AT)
    except NotToldError:
        return False
    said = activity_text(told.movements, json.loads(row.card).get("points_pending"))
    kept = {"card_fingerprint": row.card_fingerprint, "words": said, "now_utc": utc_text(now)}
    with engine.begin() as connection:
        connection.execute(statement("lookup/activity/upsert_activity"), {**key, **kept})
        is_news = said != _said_before(row)
        if is_news:
            cause = Cause(kind=CauseKind.LOOKUP)
            ask_for_cards(connection, store.name, [member_id], now, cause)
    return is_news


def activity_text(movements: Sequence[Movement], pending: int | None) -> str:
    """A line about the newest movements, the newest first; empty when there is none.

    `pending` is what the member has waiting as the card tells it; None: the card does not.
    """
    there = [one for one in movements if not one.is_revoked]
    parts = [_moved(one) for one in there if one.points][:MOST_SAID]
    waits = sum(one.pending for one in there) if pending is None else pending
    if waits > 0:
        days = {one.pending_until for one in there if one.pending > 0}
        day = days.pop() if len(days) == 1 else None
        until = f" until {_day(date.fromisoformat(day))}" if day else ""
        parts.append(f"{waits:,} pending{until}")
    return f"{LAST}{'; '.join(parts)}" if parts else ""


def _moved(movement: Movement) -> str:
    sign = "+" if movement.points > 0 else "-"
    # The id of a booking of ours is no order's, where the one stands for the other.
    order = None if (movement.staff_note or "").startswith(MARKER) else movement.order
    what = f" for order {order.lstrip('#')}" if order else KINDS.get(movement.kind, "")
    on = f" on {_day(parse_utc(movement.at_utc).date())}" if movement.at_utc else ""
    return f"{sign}{abs(movement.points):,}{what}{on}"


def _day(day: date) -> str:
    """With its year, as the line may stand for long."""
    return f"{day.day} {day:%b %Y}"


def _is_recent(row: Row[tuple[object, ...]], now: datetime) -> bool:
    is_same = row.read_fingerprint == row.card_fingerprint
    return is_same and parse_utc(row.read_at_utc) > now - READ_AGAIN_AFTER


def _said_before(row: Row[tuple[object, ...]]) -> str:
    return str(row.said) if row.read_fingerprint == row.card_fingerprint else ""
