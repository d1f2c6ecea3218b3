"""What goes wrong in one simulated schedule: made from a seed alone, so it can be run again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from random import Random

from sqlalchemy import Engine

from loyalty_desk.records import AwardState
from tests.chaos.simulated.programme import Fault
from tests.chaos.simulated.simulation import DOWN_S, PROMPT_S, Simulation

BUSY_S = 1_200.0
"""In the first minutes everything happens: awards, kills, faults, merges, clocks that are set."""
EFFECTS = (
    *(("award", effect) for effect in ("429", "refused", "late", "lost before", "lost after")),
    *(("award", effect) for effect in ("503 before", "503 after", "408 after", "422")),
    *(("award", effect) for effect in ("html before", "html after", "cut")),
    *(("member", effect) for effect in ("503 before", "lost before", "422", "html before")),
    *(("ledger", effect) for effect in ("503 before", "lost before", "422", "html before")),
)
TAKES_S = (0.1, 2.0, 20.0, 29.0)
SHOWS_AFTER_S = (0.0, 0.0, 10.0, 119.0)
"""Until a booking shows: less than `awards.visible_after_s`."""
LATEST_S = 7_200.0
"""In some schedules the store allows for so much, and the platform takes all of it but a second."""
SET_BY_S = (-86_400.0, -3_600.0, -30.0, 30.0, 300.0, 86_400.0)
AMOUNTS = (5, 5, -3, 101)
SICK = "13"
"""A member about whom the platform answers with errors, in some schedules."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What did not hold in a schedule, and how its awards ended."""

    failures: list[str]
    tally: Counter[str]


def run_schedule(seed: int, engine: Engine) -> Outcome:
    """Run the schedule of a seed to its end."""
    random = Random(seed)
    is_late = Random(f"late {seed}").random() < 0.1
    sim = Simulation(
        f"s{seed}",
        engine,
        random,
        stalls=random.choice((0.0, 0.0, 0.03)),
        holds=random.choice((0.0, 0.0, 0.1)),
        visible_after_s=LATEST_S if is_late else 120.0,
    )
    is_calm = random.random() < 0.1
    if random.random() < 0.2:
        sim.programme.faults.append(
            Fault(kind="member", effect="503 before", from_s=0, until_s=1e9, whose=SICK)
        )
        sim.queue(SICK, 5)
    _queue_some(sim, random)
    if not is_calm:
        _spoil(sim, random)
        if is_late:  # no restore, after which what was sent last has to show at once
            sim.programme.shows_after_s = LATEST_S - 1
        elif not sim.programme.fails_for(SICK):  # who would be sent again and again, a day each
            _restore(sim, Random(f"restore {seed}"))
    sim.run_to_the_end(blindly=random.choice((True, False)))
    prompt = _find_late(sim) if is_calm and not sim.stalls and not sim.holds else []
    failures = [f"CHAOS_SEED={seed}: {one}" for one in [*sim.judge(), *prompt]]
    return Outcome(failures, sim.tally())


def _queue_some(sim: Simulation, random: Random) -> None:
    """Queue awards, each with a worker soon after, an approver, and perhaps a reversal."""
    for number in range(random.choice((1, 1, 2, 3))):
        award_id = sim.queue(
            str(21 + number), random.choice(AMOUNTS), by_email=random.random() < 0.3
        )
        sim.start_worker(sim.world.now_s + random.choice((1, 1, 60)))
        if sim.state(award_id) == AwardState.NEEDS_APPROVAL and random.random() < 0.8:
            approved, at_s = random.random() < 0.7, random.uniform(1, BUSY_S)
            sim.world.at(at_s, partial(sim.decide, award_id, approved=approved))
        if random.random() < 0.2:
            at_s = random.uniform(1, 2 * BUSY_S)
            sim.world.at(at_s, partial(sim.reverse, award_id))


def _spoil(sim: Simulation, random: Random) -> None:
    world, programme = sim.world, sim.programme
    programme.shows_after_s = random.choice(SHOWS_AFTER_S)
    for _ in range(random.choice((1, 1, 2, 3))):
        kind, effect = random.choice(EFFECTS)
        from_s = random.choice((0.0, 0.0, random.uniform(0, BUSY_S)))
        programme.faults.append(
            Fault(
                kind=kind,
                effect=effect,
                from_s=from_s,
                until_s=from_s + random.choice((5.0, 120.0, 240.0, 400.0, BUSY_S)),
                takes_s=random.choice(TAKES_S),
                count=random.choice((1, 2, 1_000)),
            )
        )
    if random.random() < 0.1:  # so long that what was sent is given up, and put before a person
        lost = Fault(kind="award", effect="lost after", from_s=0, until_s=60)
        programme.faults.append(lost)
        programme.faults.append(Fault(kind="ledger", effect="422", from_s=0, until_s=90_000))
    for _ in range(random.choice((0, 2, 6))):
        ahead_s = random.choice(SET_BY_S) if random.random() < 0.5 else 0.0
        worker = sim.start_worker(random.uniform(1, 400), ahead_s=ahead_s)
        if random.random() < 0.3:
            world.at(random.uniform(1, 400), partial(world.kill, worker))
    if random.random() < 0.15:
        world.at(random.uniform(0, BUSY_S), partial(programme.merged.update, {"21": "31"}))
    if random.random() < 0.2 and sim.engine.dialect.name == "sqlite":
        by_s, at_s = random.choice(SET_BY_S), random.uniform(0, 400)
        world.at(at_s, partial(_set_clock, sim, by_s))


def _restore(sim: Simulation, random: Random) -> None:
    """Go back to a backup, in some schedules, and decide once more on what waited then."""
    if random.random() > 0.15:
        return
    backup_s = random.uniform(0, BUSY_S / 2)
    stop_s = backup_s + random.uniform(1, BUSY_S)
    sim.world.at(backup_s, sim.back_up)
    sim.world.at(stop_s, sim.stop_to_restore)
    approved, sim.busy_until_s = random.random() < 0.5, stop_s + DOWN_S + 1
    sim.world.at(sim.busy_until_s, partial(_decide_all, sim, approved=approved))


def _decide_all(sim: Simulation, *, approved: bool) -> None:
    for award_id in sim.award_ids:
        if sim.state(award_id) == AwardState.NEEDS_APPROVAL:
            sim.decide(award_id, approved=approved)


def _set_clock(sim: Simulation, by_s: float) -> None:
    sim.world.set_by_s += by_s


def _find_late(sim: Simulation) -> list[str]:
    """Awards that had to wait although nothing stood in their way."""
    late = []
    for award_id in sim.award_ids:
        waited_s = sim.booked_after_s(award_id)
        if sim.state(award_id) == AwardState.APPLIED and waited_s > PROMPT_S + BUSY_S:
            late.append(f"{award_id} was booked after {waited_s:.0f} s")
    return late
