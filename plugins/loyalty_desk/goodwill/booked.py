"""Awards by hand as a table of pandas, read from staging."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.naming import NOT_KNOWN, own_name
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging.statements import statement

COLUMNS: Final = (
    *("state", "unit", "amount", "day", "agent", "reason", "subject", "tier", "tags"),
    *("takes_back", "taken_back"),
)
TEXTS: Final = ("state", "unit", "day", "agent", "reason", "subject", "tier", "tags")
PART_ROWS: Final = 500


class Awards(NamedTuple):
    rows: pd.DataFrame
    read_at: datetime


def load_awards(
    connection: Connection, store: str, first: date, last: date, now: datetime
) -> Awards:
    """The awards of these days (UTC), one a row, booked ones and unknown ones.

    `awards` is 1, or -1 for one that takes another back; `points` and `credits` (in hundredths)
    are signed, and 0 in the other unit. `tier` says where it is not known; `tags` are as in
    staging, see `naming.tags_of`. Texts are categories: of a year's 200,000 few are different.
    """
    binds = {"store": store, **bounds(first, last)}
    found = connection.execute(statement("goodwill/awards/select_awards"), binds)
    columns: list[list[int]] = [[] for _ in COLUMNS]
    codes = [_Codes() if name in TEXTS else None for name in COLUMNS]
    # By parts: Python looks for garbage in all rows that are there at once, again and again.
    for rows in found.partitions(PART_ROWS):
        for column, known, values in zip(columns, codes, zip(*rows, strict=True), strict=True):
            column.extend(values if known is None else map(known.__getitem__, values))
    frame = pd.DataFrame(
        {
            name: np.array(values, dtype="int64")
            if known is None
            else _categories(name, values, known)
            for name, values, known in zip(COLUMNS, columns, codes, strict=True)
        }
    )
    frame = frame.assign(
        points=frame["amount"].where(frame["unit"] == Unit.POINTS, 0),
        credits=frame["amount"].where(frame["unit"] == Unit.CREDITS, 0),
        awards=1 - 2 * frame["takes_back"],
    )
    return Awards(frame, now)


class _Codes(dict[str | None, int]):
    """Texts by the order in which they were first asked for."""

    def __missing__(self, text: str | None) -> int:
        self[text] = len(self)
        return self[text]


def _categories(name: str, values: Sequence[int], known: _Codes) -> pd.Categorical:
    """A column of texts from the code of each row: pandas looks at each text twice as long."""
    texts = ["" if text is None else text for text in known]
    if name == "tier":
        texts = [NOT_KNOWN if text is None else own_name(text) for text in known]
    codes, different = pd.factorize(np.array(texts, dtype=object))
    of_rows = codes[np.array(values, dtype="int64")]
    return pd.Categorical.from_codes(of_rows, pd.Index(different, dtype=object))


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
