"""Notices that the clock was set where staging is a file: leases that were written before are void.

PostgreSQL's clock is that of a server, which somebody keeps. A file goes by the clock of the one
machine that works with it, and a person can set that: forwards, and every lease would seem to be
over while its worker still sends; backwards, and awards would wait for the difference.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import steady_s, utc_text
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state

log = logging.getLogger(__name__)

MOST_DRIFT_S: Final = 5.0
"""What clocks are corrected by without anybody setting them; every lease has as much to spare."""


def renew_after_jump(connection: Connection, store: str, lease: timedelta) -> None:
    """Give whoever is at work its lease anew after the clock was set, and end the waits."""
    if connection.dialect.name != "sqlite":
        return
    now = staging_now(connection)
    ahead_s = now.timestamp() - steady_s()
    before = find_state(connection, store, StateKey.CLOCK)
    jump_s = 0.0 if before is None else ahead_s - float(before)
    if abs(jump_s) > MOST_DRIFT_S:
        binds = {
            "store": store,
            "now_utc": utc_text(now),
            "lease_until_utc": utc_text(now + lease),
        }
        renewed = connection.execute(statement("awards/apply/renew_leases"), binds).rowcount
        log.warning(
            "the clock was set by %+.0f s, or the machine started anew: %d awards under way wait"
            " for their lease once more",
            *(jump_s, renewed),
        )
    if before is None or abs(jump_s) > MOST_DRIFT_S / 5:
        keep_state(connection, store, StateKey.CLOCK, f"{ahead_s:.3f}", now)
