"""Open tickets by tier, how long they wait, and how soon those with our tag were first answered."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import parse_utc
from loyalty_desk.staging.statements import statement

NO_TIER: Final = "Members without a tier"
NO_MEMBER: Final = "Not members"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTickets:
    """One per tier that has open tickets. Waits are in seconds, None where none is known."""

    tier: str
    open: int
    tagged: int
    middle_wait_s: float | None
    longest_wait_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswers:
    """Of tickets with our tag whose messages were read. The time is in seconds."""

    read: int
    answered: int
    middle_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTickets:
    """The tier with the longest wait comes first, and who is no member last."""

    tiers: list[TierTickets]
    answers: FirstAnswers


def load_open_tickets(connection: Connection, store: str, now: datetime) -> OpenTickets:
    """Count the tickets that are open by now, as far as the last sync saw them."""
    waits: dict[str, list[float | None]] = defaultdict(list)
    tagged: dict[str, int] = defaultdict(int)
    binds = {"store": store}
    for row in connection.execute(statement("report/open_tickets/select_open_tickets"), binds):
        tier = NO_MEMBER if row.card is None else json.loads(row.card).get("tier") or NO_TIER
        waits[tier].append(_seconds(row.created_at_utc, now))
        tagged[tier] += row.tag is not None
    tiers = [_tier(tier, found, tagged[tier]) for tier, found in waits.items()]
    tiers.sort(key=lambda one: (one.tier == NO_MEMBER, -(one.longest_wait_s or 0), one.tier))
    return OpenTickets(tiers=tiers, answers=_answers(connection, store))


def _tier(tier: str, found: list[float | None], tagged: int) -> TierTickets:
    known = [wait for wait in found if wait is not None]
    return TierTickets(
        tier=tier,
        open=len(found),
        tagged=tagged,
        middle_wait_s=median(known) if known else None,
        longest_wait_s=max(known, default=None),
    )


def _answers(connection: Connection, store: str) -> FirstAnswers:
    rows = connection.execute(
        statement("report/open_tickets/select_first_answers"), {"store": store}
    ).all()
    took = [
        _seconds(row.created_at_utc, parse_utc(row.first_answer_at_utc))
        for row in rows
        if row.first_answer_at_utc is not None
    ]
    known = [one for one in took if one is not None]
    return FirstAnswers(
        read=len(rows), answered=len(known), middle_s=median(known) if known else None
    )


def _seconds(since_utc: str | None, until: datetime) -> float | None:
    """How long it is; a time ahead of ours, which accounts do hold, is none."""
    if since_utc is None:
        return None
    return max(0.0, (until - parse_utc(since_utc)).total_seconds())
