"""The points liability by day: what all members hold, and what of it moved why.

Written after each match, when what was read has passed its checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.movement import find_reading, forget_counted, sum_movement
from loyalty_desk.records import LedgerKind, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement

TIER_KNOWN: Final = timedelta(days=1)
"""How old an award may be for its member's tier of now to stand for that of then."""


def keep_liability(connection: Connection, store: StoreSettings, now: datetime) -> None:
    """Keep what the members hold today, in place of what an earlier sync of the day found.

    A tier that has lost all its members since the day before has a row of zeros, so that each
    day's movement adds up.
    """
    binds = {"store": store.name, "day": day_of(now), "now_utc": utc_text(now)}
    balances = {
        row.tier: row
        for row in connection.execute(statement("goodwill/liability/sum_balances"), binds)
    }
    before = connection.execute(statement("goodwill/liability/select_day_before"), binds).all()
    by_hand = dict[tuple[str, str], int]()
    if before:
        binds["since_utc"] = before[0].taken_at_utc
        booked = connection.execute(statement("goodwill/liability/sum_booked_by_hand"), binds)
        by_hand = {(row.tier, row.unit): row.amount for row in booked}
    told = _told_by_ledger(connection, store.name, before, now)
    rows = [
        {
            "store": store.name,
            "day": day_of(now),
            "tier": tier,
            "taken_at_utc": utc_text(now),
            "members": found.members if found else 0,
            "members_told": found.members_told if found else 0,
            "points": (found.points if found else None) or 0,
            "points_pending": found.points_pending if found else None,
            "credits": found.credits if found else None,
            "since_day": before[0].day if before else None,
            "points_by_hand": by_hand.get((tier, Unit.POINTS), 0) if before else None,
            "credits_by_hand": by_hand.get((tier, Unit.CREDITS), 0) if before else None,
            "point_value_millionths": store.goodwill.point_value_millionths,
            "currency": store.currency,
            "ledger_since_utc": told.since_utc,
            **told.columns(tier),
        }
        for tier in sorted({*balances, *told.tiers, *(row.tier for row in before if row.members)})
        for found in [balances.get(tier)]
    ]
    connection.execute(statement("goodwill/liability/delete_day"), binds)
    if rows:
        connection.execute(statement("goodwill/liability/insert_day"), rows)
    if before:
        forget_counted(connection, store.name, before[0].taken_at_utc, now)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the platform's ledger tells of a day: of which `kinds`, and how many points.

    `since_utc` is from when on it is without a gap; None where its end was not reached.
    """

    since_utc: str | None = None
    kinds: frozenset[str] = frozenset()
    points: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def tiers(self) -> set[str]:
        return {tier for tier, _ in self.points}

    def columns(self, tier: str) -> dict[str, int | None]:
        return {
            f"points_{kind}": self.points.get((tier, kind), 0) if kind in self.kinds else None
            for kind in LedgerKind
        }


def _told_by_ledger(
    connection: Connection, store: str, before: Sequence[Row[Any]], now: datetime
) -> _Told:
    """What was read since the day before; nothing unless it was read whole on both days."""
    state = find_reading(connection, store)
    if state is None or not state.is_whole:
        return _Told()
    if not before or before[0].ledger_since_utc != state.since_utc:
        return _Told(state.since_utc)
    points = sum_movement(connection, store, before[0].taken_at_utc, utc_text(now))
    return _Told(state.since_utc, frozenset(state.kinds), points)


def keep_what_awards_were_for(connection: Connection, store: StoreSettings, now: datetime) -> None:
    """Keep with each new award its member's tier, and its ticket's tags as they are by now."""
    recent = timedelta(days=store.extract.recent_ticket_days)
    for name, age in (
        ("goodwill/liability/keep_tiers", TIER_KNOWN),
        ("goodwill/liability/keep_tags", recent),
    ):
        binds = {"store": store.name, "since_utc": utc_text(now - age)}
        connection.execute(statement(name), binds)


def day_of(moment: datetime) -> str:
    """The day in UTC, as tables have it."""
    return utc_text(moment)[:10]
