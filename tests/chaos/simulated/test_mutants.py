"""Takes the mends out one by one: the schedules must find each fault again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest
from sqlalchemy import Engine

from tests.chaos.simulated.mutants import MUTANTS
from tests.chaos.simulated.trouble import run_schedule

MOST_SCHEDULES = 4_000
"""In so many at most each fault shows; most take a few hundred."""
FOUND_BY = {
    "sending has no deadline": 241,
    "each worker goes by its own clock": 146,
    "a clock that was set is not noticed": 212,
    "whoever the platform answers with is awarded": 60,
    "a lease ends while its worker still sends": 8,
    "whoever lost an award still sends it": 1428,
    "whoever lost an award still gives it back": 1369,
}
"""The schedule that found it last is tried first, as those before it take most of the time."""
ON = {"each worker goes by its own clock": "postgresql"}
"""Those who share a file are on one machine, which has one clock."""


@pytest.mark.parametrize(
    ("name", "staging_url"),
    [(name, ON.get(name, "sqlite")) for name in MUTANTS],
    indirect=["staging_url"],
)
def test_the_schedules_find(
    simulated: Engine,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    MUTANTS[name](monkeypatch)

    for seed in dict.fromkeys(chain([FOUND_BY.get(name, 0)], range(MOST_SCHEDULES))):
        if found := run_schedule(seed, simulated).failures:
            record_property("tally", f"mutant found by schedule {seed}: {name} ({found[0][:60]})")
            return
    pytest.fail(f"{MOST_SCHEDULES} schedules do not notice that {name}")
