"""A worker that is slow and alive is never overtaken, however much of its time it takes."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.putting_off import SENDING
from loyalty_desk.awards.queue import get_events
from loyalty_desk.clock import parse_utc
from loyalty_desk.staging.engine import reading
from tests.chaos.simulated.programme import Fault
from tests.chaos.simulated.simulation import Simulation
from tests.chaos.simulated.world import EPOCH

SENDING_S, ANSWER_S, SHOWS_S = 45.0, 30.0, 120.0
"""By docs/awards.md: within so long an award is sent, then answered, and then its booking shows."""
SPARE_S = 5.0
"""And by so much a clock may be set without anybody noticing it."""
LAST_S = SENDING_S + ANSWER_S + SHOWS_S


def sent_by(sim: Simulation, award_id: str) -> list[tuple[str, float]]:
    """Who said that the award is about to be sent, and when by the clock."""
    with reading(sim.engine) as connection:
        events = get_events(connection, sim.name, award_id)
    return [
        (event.actor, (parse_utc(event.happened_at_utc) - EPOCH).total_seconds())
        for event in events
        if event.detail == SENDING
    ]


@pytest.mark.parametrize("set_by_s", [0.0, SPARE_S - 0.1])
def test_a_worker_that_takes_all_the_time_there_is_books_once(
    simulated: Engine, set_by_s: float
) -> None:
    """429s until the last moment, then an answer that comes at the last, of a booking that shows at
    the last; and others look all the time whether the award is free.
    """
    sim = Simulation("slow", simulated, Random(7))
    sim.programme.shows_after_s = SHOWS_S - 0.1
    sim.programme.faults += [
        Fault(kind="award", effect="429", from_s=0, until_s=43.5, takes_s=0.7),
        Fault(kind="award", effect="late", from_s=0, until_s=50, takes_s=ANSWER_S - 0.5),
    ]
    award_id = sim.queue("21", 5)
    sim.start_worker(0.0)
    for second in range(1, int(LAST_S + 30)):
        sim.start_worker(float(second))
    sim.world.at(60.0, partial(setattr, sim.world, "set_by_s", set_by_s))

    sim.world.run(LAST_S + 30)

    [(_, sent_s)] = sent_by(sim, award_id)
    [booking] = sim.programme.bookings
    assert LAST_S - 3 < booking.shows_at_s - sent_s <= LAST_S, "it took as long as can be"
    assert sim.state(award_id) == "applied"
