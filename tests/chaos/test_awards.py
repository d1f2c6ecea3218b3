"""Awards under kills and faults at every boundary: each is booked once, or surely not at all.

These are real: processes that are killed, HTTP, both databases. `simulated` tries many more.
CHAOS_SEED=n runs one of them alone, and CHAOS_SCHEDULES=n so many.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.chaos.audit import states_by_the_audit_alone
from tests.chaos.schedules import DAY_S, FAULTS, KILLS, SHOWS_AFTER_S, Schedule
from tests.chaos.trial import Trial
from tests.platforms.cases import CASES, Case

SCHEDULES = int(os.environ.get("CHAOS_SCHEDULES", "200"))
"""For the first platform. A further one meets every fault once on each database in each 200."""
PARTS = 2
"""A part on each database in turn; more parts share the machine's cores better."""


def seeds(part: int, case: Case, database: int) -> list[int]:
    """Every database gets half of the schedules, and each part its share of those."""
    if "CHAOS_SEED" in os.environ:
        return [int(os.environ["CHAOS_SEED"])]
    if case is CASES[0]:
        return list(range(part + database * PARTS, SCHEDULES, PARTS * 2))
    around = 2 * len(FAULTS)  # consecutive seeds go through all faults in so many steps
    firsts = range(around * CASES.index(case), around * SCHEDULES // 40, around * len(CASES))
    places = range(part, len(FAULTS), PARTS)
    return [first + 2 * place + database for first in firsts for place in places]


def test_the_schedules_meet_every_boundary_and_every_fault() -> None:
    schedules = [Schedule.of(seed) for seed in range(200)]
    assert {kill for one in schedules for kill in one.kills} == {None, *KILLS}
    assert {one.fault for one in schedules} == set(FAULTS)
    assert {len(one.kills) for one in schedules} == {1, 2}
    assert {one.shows_after_s for one in schedules} == set(SHOWS_AFTER_S)
    assert {one.merged_answers for one in schedules} == {None, "gone", "survivor"}
    for clock in ("platform_ahead_s", "worker_ahead_s"):
        assert {getattr(one, clock) for one in schedules} == {-DAY_S, 0.0, DAY_S}
    for case in CASES[1:]:
        for database in (0, 1):
            chosen = [seed for part in range(PARTS) for seed in seeds(part, case, database)]
            assert {Schedule.of(seed).fault for seed in chosen} == set(FAULTS)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_award_is_booked_once_or_surely_not(
    trial: Trial, part: int, case: Case, record_property: Callable[[str, object], None]
) -> None:
    chosen = seeds(part, case, int("postgresql" in trial.staging_url))
    queued = 0
    for seed in chosen:
        schedule = Schedule.of(seed)
        queued += len(schedule.amounts)
        trial.run(schedule)
    record_property("tally", f"chaos, {case}, {len(chosen)} schedules: {trial.tally()}")

    assert trial.failures == []
    assert sum(trial.ended.values()) == queued
    assert max(trial.markers().values(), default=0) <= 1
    by_audit, by_table = states_by_the_audit_alone(trial.engine)
    assert by_audit == by_table
