"""The awards of many days, kept for a minute in the process that shows them.

To read 180,000 takes half a second, and who looks at a year looks at it by agent, by tag and by
month. Few are always read anew, so most shops never see this.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from threading import Lock
from typing import Final, NamedTuple

from sqlalchemy import Connection

from loyalty_desk.goodwill.booked import Awards, load_awards

KEPT_FOR: Final = timedelta(minutes=1)
MANY: Final = 5_000
MOST: Final = 4
"""How many times are kept at once; one of a year takes some 10 MB."""


class _Key(NamedTuple):
    staging: str
    store: str
    first: date
    last: date


_kept: dict[_Key, Awards] = {}
_one_at_a_time: Final = Lock()
"""So that a second visitor waits for what the first one has read, and does not read it as well."""


def load_kept(connection: Connection, store: str, first: date, last: date, now: datetime) -> Awards:
    """As `load_awards`; `read_at` may be up to `KEPT_FOR` ago."""
    key = _Key(str(connection.engine.url), store, first, last)
    with _one_at_a_time:
        for old in [one for one, awards in _kept.items() if awards.read_at <= now - KEPT_FOR]:
            del _kept[old]
        found = _kept.get(key) or load_awards(connection, store, first, last, now)
        if len(found.rows) >= MANY and key not in _kept:
            while len(_kept) >= MOST:
                del _kept[next(iter(_kept))]
            _kept[key] = found
        return found
