"""Awards by hand as a table of pandas, read from staging."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.columns import each_once
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging.statements import statement

COLUMNS: Final = (
    *("award_id", "state", "unit", "amount", "day", "agent", "reason", "subject", "tier", "tags"),
    *("takes_back", "taken_back"),
)
NOT_KNOWN: Final = "not known"
NONE: Final = "none"


def load_awards(connection: Connection, store: str, first: date, last: date) -> pd.DataFrame:
    """The awards of these days (UTC), one a row, booked ones and unknown ones.

    `awards` is 1, or -1 for one that takes another back; `points` and `credits` (in hundredths)
    are signed, and 0 in the other unit. `tier` and each of `tags` say where they are not known.
    """
    binds = {"store": store, **bounds(first, last)}
    rows = connection.execute(statement("goodwill/awards/select_awards"), binds).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS))
    amount = frame["amount"].astype("int64")
    return frame.assign(
        amount=amount,
        points=amount.where(frame["unit"] == Unit.POINTS, 0),
        credits=amount.where(frame["unit"] == Unit.CREDITS, 0),
        awards=1 - 2 * frame["takes_back"].astype("int64"),
        tier=each_once(frame["tier"], _tier),
        tags=each_once(frame["tags"], _tags),
    )


def is_booked(awards: pd.DataFrame) -> pd.Series:
    """Which rows count; of the others nobody can tell."""
    return awards["state"] == AwardState.APPLIED


def load_tickets(connection: Connection, store: str, first: date, last: date) -> dict[str, int]:
    """How many tickets were created by day; under `""` those of which that is not told."""
    binds = {"store": store, **bounds(first, last)}
    rows = connection.execute(statement("goodwill/awards/count_tickets"), binds)
    return {row.on_day or "": row.tickets for row in rows}


def bounds(first: date, last: date) -> dict[str, str]:
    """The binds for all of these days."""
    from_utc = datetime.combine(first, time(), UTC)
    until_utc = datetime.combine(last, time(), UTC) + timedelta(days=1)
    return {"from_utc": utc_text(from_utc), "until_utc": utc_text(until_utc)}


def _tier(tier: str | None) -> str:
    is_known = tier is not None and tier == tier  # noqa: PLR0124 - NaN
    return own_name(tier) if is_known and tier is not None else NOT_KNOWN


def _tags(tags: str | None) -> list[str]:
    if not isinstance(tags, str):
        return [NOT_KNOWN]
    return [own_name(str(tag)) for tag in json.loads(tags)] or [NONE]


def own_name(name: str | None) -> str:
    """A tier or tag as tables and filters name it: in quotes where it is one of our words."""
    if not name:
        return NONE
    return f"“{name}”" if name.strip("“”") in {NONE, NOT_KNOWN} else name
