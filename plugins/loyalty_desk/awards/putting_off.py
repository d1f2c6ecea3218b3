"""How long an award that cannot be tried now steps aside, and when it has done so for too long.

The audit knows how often it was put off, and since when: each time says so in its facts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.queue import get_events
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.records import AwardState

FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(minutes=30)
SENDING: Final = "about to be sent"
"""What the audit says right before the platform is asked to book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """An award that is put off, for the `times`-th time in a row since the moment `since`."""

    times: int
    since: datetime

    def wait(self) -> timedelta:
        """How long until it is tried again: twice as long each time."""
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self.times - 1, 10))

    def facts(self) -> dict[str, Any]:
        """What the audit keeps of it."""
        return {"put_off": self.times, "put_off_since": utc_text(self.since)}


def put_off(connection: Connection, store: str, award: Row[Any], now: datetime) -> PutOff:
    """Put an award off once more; for the first time if it began anew, or was sent meanwhile."""
    for event in reversed(get_events(connection, store, award.award_id)):
        facts = json.loads(event.facts)
        if "put_off" in facts:
            since = parse_utc(facts["put_off_since"])
            return PutOff(times=facts["put_off"] + 1, since=since)
        if event.state != AwardState.APPLYING or (award.sends and event.detail == SENDING):
            break
    since = parse_utc(award.sent_at_utc) if award.sends and award.sent_at_utc else now
    return PutOff(times=1, since=since)
