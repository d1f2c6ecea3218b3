"""Who applies awards, and how long sending takes: what an award's lease is made of.

A lease outlasts everything that its worker may still do: sending has a deadline, the answer to what
was sent in time has a limit of its own, and then the platform has the time in which it surely shows
the booking. Nothing else says how long any of it lasts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.awards.clock_jumps import MOST_DRIFT_S
from loyalty_desk.awards.ledger import Ledger
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.transport import TIMEOUT_S
from loyalty_desk.platforms.base import Platform
from loyalty_desk.records import AwardState
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.stores_file import StoreSettings

SEND_WITHIN_S: Final = 45.0
"""After so long nothing is sent any more: no attempt, no byte of one."""
SEND_WAITS_S: Final = 30.0
"""How long a call to the platform may wait between its attempts, in all."""
SEND_TAKES_S: Final = SEND_WITHIN_S + TIMEOUT_S[1]
"""The longest that sending takes: until its deadline, and then the wait for an answer."""

Counts = Counter[AwardState]
"""Awards by the state that a worker brought them to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who applies awards of one store. `name` tells its claims from those of others."""

    store: StoreSettings
    engine: Engine
    platform: Platform
    name: str
    speed: float = 1.0

    @property
    def settings(self) -> AwardSettings:
        return self.store.awards

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, self.store.name, self.platform)

    def deadline(self) -> Deadline:
        """Until when an award may be sent. Taken before its lease, so that it ends well before."""
        return Deadline.after(SEND_WITHIN_S / self.speed)

    def lease(self) -> timedelta:
        """How long after sending an award that is not in the ledger surely never will be."""
        return timedelta(
            seconds=(SEND_TAKES_S + MOST_DRIFT_S + self.settings.visible_after_s) / self.speed
        )
