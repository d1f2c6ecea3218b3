"""Who was told what, kept place by place: taken by one worker, told, and noted.

What was told is noted after it was told. So a worker that dies in between has the place told once
more when its claim is over: twice is better than never, for everything that is told here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement

CLAIM: Final = timedelta(minutes=10)
"""How long one that dies keeps others from telling; more than a mail server takes to time out."""
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=12)
REPORT: Final = "report"
THRESHOLDS: Final = "thresholds"
GOODWILL: Final = "goodwill"


class AlertKind(StrEnum):
    AWARDS = "awards"
    LATE = "late"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to tell one place of one thing; nobody else has it meanwhile."""

    engine: Engine
    store: str
    place: str
    thing: str
    claimant: str
    content: Any
    """What the place was told last. None: nothing yet."""
    tries: int
    """How often in a row it could not be told; above 0 it is owed the thing."""

    def note_told(self, content: Any = None) -> None:
        kept = None if content is None else json.dumps(content)
        with self.engine.begin() as connection:
            now_utc = utc_text(staging_now(connection))
            binds = {**self._key, "content": kept, "now_utc": now_utc}
            connection.execute(statement("telling/note_told"), binds)

    def note_not_told(self, error: str) -> None:
        with self.engine.begin() as connection:
            now = staging_now(connection)
            wait = wait_after(self.tries + 1) / installation().speed
            binds = {
                **self._key,
                "error": error,
                "next_utc": utc_text(now + wait),
                "now_utc": utc_text(now),
            }
            connection.execute(statement("telling/note_not_told"), binds)

    def let_go(self) -> None:
        """There is nothing to tell."""
        with self.engine.begin() as connection:
            now_utc = utc_text(staging_now(connection))
            connection.execute(
                statement("telling/let_go_telling"), {**self._key, "now_utc": now_utc}
            )

    @property
    def _key(self) -> dict[str, str]:
        return {
            "store": self.store,
            "place": self.place,
            "thing": self.thing,
            "claimant": self.claimant,
        }


def wait_after(tries: int) -> timedelta:
    """How long after so many failures in a row a place is left alone: twice as long each time."""
    return min(FIRST_WAIT * 2.0 ** min(tries - 1, 16), LONGEST_WAIT)


def claim(
    engine: Engine, store: str, place: str, thing: str, *, is_alert: bool = False
) -> Claim | None:
    """Take the telling; None when another worker has it, it waits, or the place has that alert."""
    claimant = os.urandom(8).hex()
    with engine.begin() as connection:
        now = staging_now(connection)
        binds = {
            "store": store,
            "place": place,
            "thing": thing,
            "claimant": claimant,
            "is_alert": is_alert,
            "until_utc": utc_text(now + CLAIM / installation().speed),
            "now_utc": utc_text(now),
        }
        row = connection.execute(statement("telling/claim_telling"), binds).first()
    if row is None:
        return None
    return Claim(
        engine=engine,
        store=store,
        place=place,
        thing=thing,
        claimant=claimant,
        content=None if row.content is None else json.loads(row.content),
        tries=row.tries,
    )


def hand_down(engine: Engine, store: str, thing: str, places: Iterable[str]) -> None:
    """Have the `places` know what everybody was told before places were kept apart; once.

    One that comes into the settings later was told nothing, and hears what is so.
    """
    with engine.begin() as connection:
        binds = {"store": store, "thing": thing, "now_utc": utc_text(staging_now(connection))}
        for place in places:
            connection.execute(statement("telling/hand_down"), {**binds, "place": place})
        connection.execute(statement("telling/delete_handed_down"), binds)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTold:
    """One per place and thing that it is owed."""

    place: str
    thing: str
    tries: int
    since: datetime
    next_try: datetime
    error: str


def load_not_told(connection: Connection, store: str) -> list[NotTold]:
    """What could not be told, the longest first; also to places that are in no settings now."""
    rows = connection.execute(statement("telling/select_not_told"), {"store": store})
    return [
        NotTold(
            place=row.place,
            thing=row.thing,
            tries=row.tries,
            since=parse_utc(row.failing_since_utc),
            next_try=parse_utc(row.next_try_utc),
            error=row.error,
        )
        for row in rows
    ]


def owe_alert(
    connection: Connection, store: str, kind: AlertKind, content: Any, *, alert_id: str
) -> None:
    """Have every place of the store told; an alert of a known id is not owed again."""
    binds = {
        "store": store,
        "alert_id": alert_id,
        "kind": kind.value,
        "content": json.dumps(content),
        "now_utc": utc_text(staging_now(connection)),
    }
    connection.execute(statement("telling/insert_owed_alert"), binds)


def owed_alerts(engine: Engine, store: str) -> Sequence[Row[Any]]:
    with reading(engine) as connection:
        return connection.execute(statement("telling/select_owed_alerts"), {"store": store}).all()


def close_alert(engine: Engine, store: str, alert_id: str) -> None:
    """Owe it to nobody any more."""
    with engine.begin() as connection:
        now_utc = utc_text(staging_now(connection))
        binds = {"store": store, "alert_id": alert_id, "now_utc": now_utc}
        connection.execute(statement("telling/close_alert"), binds)
        connection.execute(statement("telling/forgive"), {"store": store, "thing": alert_id})


def close_when_told(engine: Engine, store: str, alert_id: str, places: Sequence[str]) -> None:
    """End the alert if every one of the `places` has it."""
    with reading(engine) as connection:
        binds = {"store": store, "thing": alert_id}
        have = set(connection.execute(statement("telling/select_who_has"), binds).scalars())
    if set(places) <= have:
        close_alert(engine, store, alert_id)
