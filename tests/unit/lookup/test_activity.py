"""The line about the last movements: what it says, and what it leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.lookup.activity import activity_text
from loyalty_desk.records import Movement, MovementKind


def row(points: int, day: int = 3, **values: Any) -> Movement:
    at_utc = f"2026-11-{day:02}T08:00:00.000000Z"
    fields = {"movement_id": "1", "kind": MovementKind.OTHER, "at_utc": at_utc, **values}
    return Movement(points=points, **fields)


ORDER = {"kind": MovementKind.ORDER, "order": "#1042"}
REWARD = {"kind": MovementKind.REWARD}
WAITS = {"pending": 80, "pending_until": "2026-12-12"}
ON, PENDING = "on 3 Nov 2026", "80 pending until 12 Dec 2026"


@pytest.mark.parametrize(
    ("rows", "pending", "wanted"),
    [
        ([], None, ""),
        ([row(0)], 0, ""),
        ([row(120, **ORDER)], None, f"Last: +120 for order 1042 {ON}"),
        (
            [row(120, **ORDER), row(-1500, 1, **REWARD), row(0, **WAITS)],
            None,
            f"Last: +120 for order 1042 {ON}; -1,500 reward on 1 Nov 2026; {PENDING}",
        ),
        ([row(5, kind=MovementKind.BY_HAND)], None, f"Last: +5 by hand {ON}"),
        ([row(-5, kind=MovementKind.EXPIRY)], None, f"Last: -5 expired {ON}"),
        ([row(5, at_utc=None)], None, "Last: +5"),
        ([row(0, **WAITS)], 140, "Last: 140 pending until 12 Dec 2026"),
        ([row(0, **WAITS), row(0, pending=9)], None, "Last: 89 pending"),
        ([row(0, **WAITS)], 0, ""),
        ([row(5)], 30, f"Last: +5 {ON}; 30 pending"),
        ([row(5, is_revoked=True)], None, ""),
        ([row(n) for n in (1, 2, 3, 4)], None, f"Last: +1 {ON}; +2 {ON}; +3 {ON}"),
        ([row(5, order="ld:77", staff_note="ld:77")], None, f"Last: +5 {ON}"),
    ],
)
def test_it_says_the_newest_ones_and_what_waits(
    rows: list[Movement], pending: int | None, wanted: str
) -> None:
    assert activity_text(rows, pending) == wanted
