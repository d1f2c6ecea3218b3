"""Awards under kills and faults at every boundary: each is booked once, or surely not at all.

`make chaos` runs ten times as many schedules; CHAOS_SEED=n runs one of them alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from sandbox.running import Sandbox, running_sandbox
from tests.chaos.audit import states_by_the_audit_alone
from tests.chaos.schedules import APPROVAL_ABOVE_POINTS, FAULTS, KILLS, SPEED, Schedule
from tests.chaos.trial import Trial
from tests.factories import store_settings
from tests.http.conftest import SetConnection, at_speed, set_connection  # noqa: F401 - fixtures

SCHEDULES = int(os.environ.get("CHAOS_SCHEDULES", "200"))
PARTS = 2
"""A part on each database in turn; more parts share the machine's cores better."""


def seeds(part: int) -> list[int]:
    """Every database gets half of the schedules, and each part its share of those."""
    if "CHAOS_SEED" in os.environ:
        return [int(os.environ["CHAOS_SEED"])]
    return list(range(part, SCHEDULES, PARTS * 2))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(members=1, customers=1, seed=1, speed=SPEED) as running:
        yield running


@pytest.fixture
def trial(
    sandbox: Sandbox,
    staging_url: str,
    set_connection: SetConnection,  # noqa: F811
    at_speed: None,  # noqa: F811
) -> Iterator[Trial]:
    gorgias = sandbox.gorgias
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    limits = {f"max_{unit}_per_agent_per_day": 10**6 for unit in ("points", "credits")}
    awards = {**limits, "approval_above_points": APPROVAL_ABOVE_POINTS}
    trial = Trial(sandbox, staging_url, store_settings(awards=awards))
    yield trial
    trial.engine.dispose()


def test_the_schedules_meet_every_boundary_and_every_fault() -> None:
    schedules = [Schedule.of(seed) for seed in range(200)]
    assert {kill for one in schedules for kill in one.kills} == {None, *KILLS}
    assert {one.fault for one in schedules} == set(FAULTS)
    assert {len(one.kills) for one in schedules} == {1, 2}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_award_is_booked_once_or_surely_not(
    trial: Trial, part: int, record_property: Callable[[str, object], None]
) -> None:
    offset = part if "sqlite" in trial.staging_url else part + PARTS
    chosen = seeds(offset)
    queued = 0
    for seed in chosen:
        schedule = Schedule.of(seed)
        queued += len(schedule.amounts)
        trial.run(schedule)
    record_property("tally", f"chaos, {len(chosen)} schedules: {trial.tally()}")

    assert trial.failures == []
    assert sum(trial.ended.values()) == queued
    assert max(trial.marks().values(), default=0) <= 1
    by_audit, by_table = states_by_the_audit_alone(trial.engine)
    assert by_audit == by_table
