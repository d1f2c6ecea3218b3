"""The protocol of awards as a model: Hypothesis looks for an order of events that breaks it.

The states are those of the product's own tables, moved by its own statements and `apply_due`; time
and the wire are simulated. What is found is made as short as it can be. `test_mutants` shows what
the same world finds when a mend is taken out.
"""

from __future__ import annotations

import os
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from loyalty_desk.records import AwardState
from tests.chaos.simulated.programme import Fault
from tests.chaos.simulated.simulation import Simulation
from tests.chaos.simulated.trouble import AMOUNTS, EFFECTS, SET_BY_S, SHOWS_AFTER_S, TAKES_S

EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "60"))
"""The same ones each time, unless so many others are asked for."""
MEMBERS = ("21", "22")


class AwardProtocol(RuleBasedStateMachine):
    """Awards of two members, workers that come and go, and a platform that is not to be trusted."""

    engine: Engine
    started = 0
    has_backup = False

    @initialize(
        seed=st.integers(0, 2**32),
        shows_after_s=st.sampled_from(SHOWS_AFTER_S),
        stalls=st.sampled_from((0.0, 0.05)),
    )
    def begin(self, seed: int, shows_after_s: float, stalls: float) -> None:
        type(self).started += 1
        name = f"model{type(self).started}"
        self.sim = Simulation(name, self.engine, Random(seed), stalls=stalls)
        self.sim.programme.shows_after_s = shows_after_s

    @precondition(lambda self: len(self.sim.award_ids) < 4)
    @rule(
        member_id=st.sampled_from(MEMBERS),
        points=st.sampled_from(AMOUNTS),
        by_email=st.booleans(),
    )
    def queue(self, member_id: str, points: int, by_email: bool) -> None:  # noqa: FBT001
        self.sim.queue(member_id, points, by_email=by_email)

    @rule(ahead_s=st.sampled_from((0.0, *SET_BY_S)))
    def start_worker(self, ahead_s: float) -> None:
        self.sim.start_worker(self.sim.world.now_s, ahead_s=ahead_s)

    @precondition(lambda self: self.sim.workers)
    @rule(number=st.integers(0, 3))
    def kill_worker(self, number: int) -> None:
        self.sim.world.kill(self.sim.workers[-1 - number % len(self.sim.workers)])

    @rule(seconds=st.sampled_from((0.1, 1.0, 20.0, 80.0, 201.0, 700.0)))
    def let_time_pass(self, seconds: float) -> None:
        self.sim.world.run(self.sim.world.now_s + seconds)

    @rule(
        what=st.sampled_from(EFFECTS),
        takes_s=st.sampled_from(TAKES_S),
        lasts_s=st.sampled_from((5.0, 120.0, 400.0)),
        count=st.sampled_from((1, 2, 1_000)),
    )
    def spoil(self, what: tuple[str, str], takes_s: float, lasts_s: float, count: int) -> None:
        now_s = self.sim.world.now_s
        self.sim.programme.faults.append(
            Fault(
                kind=what[0],
                effect=what[1],
                from_s=now_s,
                until_s=now_s + lasts_s,
                takes_s=takes_s,
                count=count,
            )
        )

    @precondition(lambda self: not self.sim.programme.merged)
    @rule()
    def merge_members(self) -> None:
        self.sim.programme.merged["21"] = "31"

    @precondition(lambda self: self.sim.engine.dialect.name == "sqlite")
    @rule(by_s=st.sampled_from(SET_BY_S))
    def set_the_clock(self, by_s: float) -> None:
        self.sim.world.set_by_s += by_s

    @rule(approved=st.booleans())
    def answer(self, approved: bool) -> None:  # noqa: FBT001
        for award_id in self.sim.award_ids:
            if self.sim.state(award_id) == AwardState.NEEDS_APPROVAL:
                self.sim.decide(award_id, approved=approved)

    @rule(blindly=st.booleans())
    def settle(self, blindly: bool) -> None:  # noqa: FBT001
        for award_id in self.sim.award_ids:
            self.sim.settle(award_id, blindly=blindly)

    @precondition(lambda self: not self.sim.is_down)
    @rule()
    def back_up(self) -> None:
        self.sim.back_up()
        self.has_backup = True

    @precondition(lambda self: self.has_backup and not self.sim.is_down)
    @rule()
    def restore(self) -> None:
        self.sim.stop_to_restore()

    @precondition(lambda self: self.sim.award_ids)
    @rule()
    def take_back(self) -> None:
        self.sim.reverse(self.sim.award_ids[0])

    @invariant()
    def nothing_is_booked_twice(self) -> None:
        known = (*self.sim.award_ids, *self.sim.forgotten)
        twice = [one for one in known if self.sim.programme.booked(one) > 1]
        assert twice == []

    def teardown(self) -> None:
        self.sim.run_to_the_end(blindly=False)
        assert self.sim.judge() == []


def test_the_protocol_holds(simulated: Engine) -> None:
    AwardProtocol.engine = simulated
    run_state_machine_as_test(
        AwardProtocol,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            derandomize="CHAOS_EXAMPLES" not in os.environ,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
