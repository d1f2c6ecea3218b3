"""Awards under simulated trouble, in simulated time: booked once or surely not, and never silent.

`make chaos` runs 20,000 schedules; CHAOS_SEED=n runs one of them alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tests.chaos.simulated.trouble import run_schedule

SCHEDULES = int(os.environ.get("CHAOS_SIMULATED", "2000"))
PARTS = 4
ENOUGH = 40
EVERYTHING = {
    *("applied", "refused", "rejected", "once unknown", "sent twice", "put off"),
    "found in the ledger",
}
ON_POSTGRESQL = 20
"""Each so many-th schedule; the others are on SQLite, where one takes a third of the time."""


def seeds(part: int, database: str) -> list[int]:
    """The seeds of a part, or the one that was asked for."""
    if "CHAOS_SEED" in os.environ:
        return [int(os.environ["CHAOS_SEED"])] if part == 0 else []
    of_database = [
        seed for seed in range(SCHEDULES) if (seed % ON_POSTGRESQL == 0) == (database != "sqlite")
    ]
    return of_database[part::PARTS]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_award_is_booked_once_or_surely_not(
    simulated: Engine, part: int, record_property: Callable[[str, object], None]
) -> None:
    database, failures, tally = simulated.dialect.name, list[str](), Counter[str]()
    chosen = seeds(part, database)
    for seed in chosen:
        outcome = run_schedule(seed, simulated)
        failures += outcome.failures
        tally += outcome.tally
    told = ", ".join(f"{count} {what}" for what, count in sorted(tally.items()))
    record_property("tally", f"simulated, {database}, {len(chosen)} schedules: {told}")

    assert failures == []
    if len(chosen) >= ENOUGH:
        assert set(tally) >= EVERYTHING, "a schedule without trouble proves nothing"
