"""What moved all balances, from the ledger of a platform that lists its whole shop's.

A booking is kept once under its id and counts on the day on which it was read, so a read may be
repeated, cut short and gone on with. What comes again is younger than what is forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.platforms.base import Platform, ShopEntry
from loyalty_desk.records import LedgerKind
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, forget_state, keep_state

SETTLED_AFTER: Final = timedelta(hours=1)
"""How old a booking is before no older one is expected any more; until then it is read again."""
KEPT_FOR: Final = timedelta(days=7)
"""How long a booking's id is known after that, for those that come again all the same."""
MOST_S: Final = 60.0
"""After so long a read waits for the next sync: nothing of a card depends on it."""
ANSWER_S: Final = 30.0
"""How much longer it waits for a platform that does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the ledger was read. `since_utc`: from then on without a gap, as long as `is_whole`.

    Of what was booked before `counted_from_utc` nothing is counted (again).
    """

    since_utc: str
    counted_from_utc: str
    cursor: str
    kinds: list[str]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCounts:
    """What one read came to. `unread` are rows that were no use: they stay unexplained."""

    entries: int = 0
    unread: int = 0


class LedgerTooLongError(ApiUnavailableError):
    """There was more to read than a sync has time for."""


def forget_ledger(engine: Engine, store: str) -> None:
    """Forget what was read, where the platform lists no ledger any more: nothing is told of it."""
    with engine.begin() as connection:
        connection.execute(statement("platform_change/delete_ledger_entries"), {"store": store})
        forget_state(connection, store, StateKey.LEDGER_READ)


def find_reading(connection: Connection, store: str) -> Reading | None:
    """How far the store's ledger was read; None before the first time."""
    found = find_state(connection, store, StateKey.LEDGER_READ)
    return None if found is None else Reading(**json.loads(found))


def read_ledger(
    engine: Engine,
    store: str,
    platform: Platform,
    award_marker: re.Pattern[str],
    now: datetime,
    *,
    tells_ours: bool,
    most_s: float = MOST_S,
) -> LedgerCounts:
    """Keep what was booked since the last read; the first one keeps nothing, and begins here.

    `award_marker` finds the id of an award of ours in a booking's text. Without `tells_ours` a
    booking by hand may be one of ours all the same, so none is kept.

    Raises:
        LedgerTooLongError: out of time. The next read goes on where this one stopped, or begins
            anew where the platform's list cannot be gone on with; then there is a gap.
        CursorError, ApiUnavailableError, ApiError: as from the platform; the next read goes on.
    """
    kinds = set(platform.capabilities.ledger_kinds)
    if not tells_ours:
        kinds.discard(LedgerKind.ADJUSTED)
    with reading(engine) as connection:
        before = find_reading(connection, store)
    with platform.until(Deadline.after(most_s + ANSWER_S)):
        if before is None:
            end = platform.find_ledger_end(now)
            _keep(engine, store, _begun(end, kinds, now), now)
            return LedgerCounts()
        is_told_anew = not kinds <= set(before.kinds)  # it was left out of what was read until now
        since_utc = utc_text(now) if is_told_anew else before.since_utc
        so_far = replace(before, since_utc=since_utc, kinds=sorted(kinds), is_whole=False)
        _keep(engine, store, so_far, now)  # first: whoever dies from here on did not reach the end
        ends_at_s, entries, unread = monotonic() + most_s, 0, 0
        for page in platform.iter_shop_ledger(before.cursor, now - SETTLED_AFTER):
            counted = _counted(page.entries, kinds, before.counted_from_utc)
            so_far = replace(so_far, cursor=page.cursor or so_far.cursor)
            _keep(engine, store, so_far, now, counted, award_marker)
            entries, unread = entries + len(counted), unread + len(page.unread)
            if monotonic() > ends_at_s:
                _stop(engine, store, goes_on=so_far.cursor != before.cursor)
                raise LedgerTooLongError(f"{platform.title}'s ledger was not read to its end")
        _keep(engine, store, replace(so_far, is_whole=True), now)
    return LedgerCounts(entries=entries, unread=unread)


def _counted(entries: list[ShopEntry], kinds: set[LedgerKind], from_utc: str) -> list[ShopEntry]:
    return [
        one
        for one in entries
        if one.kind in kinds and not (one.created_at_utc and one.created_at_utc < from_utc)
    ]


def _begun(end: str, kinds: set[LedgerKind], now: datetime) -> Reading:
    return Reading(
        since_utc=utc_text(now),
        counted_from_utc=utc_text(now - SETTLED_AFTER),
        cursor=end,
        kinds=sorted(kinds),
        is_whole=True,
    )


def _stop(engine: Engine, store: str, *, goes_on: bool) -> None:
    """Out of time: the next read begins anew where it cannot go on, or it would end here too."""
    if not goes_on:
        with engine.begin() as connection:
            forget_state(connection, store, StateKey.LEDGER_READ)


def _keep(
    engine: Engine,
    store: str,
    state: Reading,
    now: datetime,
    entries: list[ShopEntry] | None = None,
    award_marker: re.Pattern[str] | None = None,
) -> None:
    """Keep how far the read is, in one transaction with what was read up to there."""
    with engine.begin() as connection:
        if entries and award_marker:
            rows = [_row(store, one, award_marker, utc_text(now)) for one in entries]
            connection.execute(statement("goodwill/movement/upsert_entry"), rows)
        keep_state(connection, store, StateKey.LEDGER_READ, json.dumps(asdict(state)), now)


def _row(
    store: str, entry: ShopEntry, award_marker: re.Pattern[str], read_at_utc: str
) -> dict[str, Any]:
    marked = award_marker.search(entry.marker_text or "")
    return {
        "store": store,
        "entry_id": entry.entry_id,
        "member_id": entry.member_id,
        "award_id": marked and marked[1],
        "kind": entry.kind.value,
        "points": entry.points,
        "created_at_utc": entry.created_at_utc or read_at_utc,
        "read_at_utc": read_at_utc,
    }


def sum_movement(
    connection: Connection, store: str, since_utc: str, now_utc: str
) -> Mapping[tuple[str, str], int]:
    """What was read between two times, by tier and kind."""
    binds = {"store": store, "since_utc": since_utc, "now_utc": now_utc}
    rows = connection.execute(statement("goodwill/movement/sum_entries"), binds)
    return {(row.tier, row.kind): row.points for row in rows}


def forget_counted(connection: Connection, store: str, counted_utc: str, now: datetime) -> None:
    """Forget old bookings that an earlier day has counted; those do not count if they come again.

    Not while the end of the ledger was not reached: what was not read yet may be as old.
    """
    state = find_reading(connection, store)
    if state is None or not state.is_whole:
        return
    before_utc = utc_text(now - KEPT_FOR)
    if before_utc <= state.counted_from_utc:
        return
    binds = {"store": store, "before_utc": before_utc, "counted_utc": counted_utc}
    connection.execute(statement("goodwill/movement/delete_old_entries"), binds)
    kept = json.dumps(asdict(replace(state, counted_from_utc=before_utc)))
    keep_state(connection, store, StateKey.LEDGER_READ, kept, now)
