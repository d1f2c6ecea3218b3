"""What could not be paired, over time: whether it gets better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.staging.statements import statement

OLD: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How the mismatches of one class move since a time. One per side and class.

    `newly_open + came_back + still_open` are open now; `older_than_a_month` is part of them.
    """

    side: str
    outcome: str
    newly_open: int
    came_back: int
    still_open: int
    settled: int
    older_than_a_month: int
    oldest_open: datetime | None

    @property
    def open(self) -> int:
        return self.newly_open + self.came_back + self.still_open


def keep_history(engine: Engine, store: str, now: datetime) -> None:
    """Bring the history to what the last match found, in a transaction of its own."""
    with engine.begin() as connection:
        write_history(connection, store, now)


def write_history(connection: Connection, store: str, now: datetime) -> None:
    """Bring the history to what the last match found. May be repeated.

    The match does it in its own transaction, so that its classes and the list agree at any moment.
    """
    binds = {"store": store, "now_utc": utc_text(now)}
    for name in (
        "mismatches/history/settle_customers",
        "mismatches/history/settle_members",
        "mismatches/history/open_mismatches",
    ):
        connection.execute(statement(name), binds)


def count_open(connection: Connection, store: str, now: datetime) -> int:
    """How many mismatches are open; what somebody ignores is none of them."""
    return sum(row.open for row in load_progress(connection, store, now, now))


def load_progress(
    connection: Connection, store: str, since: datetime, now: datetime
) -> list[Progress]:
    """How each class moved since a time; a class that never had any is not there."""
    binds = {
        "store": store,
        "since_utc": utc_text(since),
        "month_ago_utc": utc_text(now - OLD),
        "now_utc": utc_text(now),
    }
    return [
        Progress(
            side=row.side,
            outcome=row.outcome,
            newly_open=int(row.newly_open),
            came_back=int(row.came_back),
            still_open=int(row.still_open),
            settled=int(row.settled),
            older_than_a_month=int(row.older_than_a_month),
            oldest_open=None if row.oldest_open_utc is None else parse_utc(row.oldest_open_utc),
        )
        for row in connection.execute(statement("mismatches/history/count_progress"), binds)
    ]
