"""Rounds in which a part of the cluster is killed at a random moment of work that is under way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random

from cluster.services import wait_until
from scripts.processes import ProgramError
from scripts.services import SandboxSize
from tests.cluster.shops import ENDED_AWARDS, ENDED_RUNS, Shops, synced_shops

VICTIMS = ("a worker in mid-push", "a worker in mid-award", "the scheduler", "Redis", "PostgreSQL")
SHOPS = 2
SIZE = SandboxSize(members=320, customers=280, seed=11, speed=10.0)
DOWN_S = {"PostgreSQL": 5.0}
CHANGED, AWARDS = 120, 3
MOMENT_S = 25.0
"""Into this many seconds after the start of the syncs the moment of a kill falls."""
AIM_LIMIT_S = 90.0
END_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what it does is decided by its seed."""

    seed: int
    victim: str


@dataclass(slots=True)
class Tally:
    """What the rounds did, and what should not have been."""

    rounds: Counter[str] = field(default_factory=Counter)
    awards: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    recovery_s: list[float] = field(default_factory=list)
    """From each kill until all that was under way had ended."""
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        def counts(counter: Counter[str]) -> str:
            return ", ".join(f"{n} {name}" for name, n in sorted(counter.items()))

        middle, late, most = self.recovered()
        return (
            f"killed: {counts(self.rounds)}; syncs: {counts(self.runs)}; awards:"
            f" {counts(self.awards)}; from a kill to the end of all work {middle:.0f} s (median),"
            f" {late:.0f} s (p95), {most:.0f} s (most); wrong: {len(self.wrong)}"
        )

    def recovered(self) -> tuple[float, float, float]:
        """Median, p95 and most of `recovery_s`."""
        ordered = sorted(self.recovery_s)
        late = ordered[int(0.95 * (len(ordered) - 1))]
        return ordered[len(ordered) // 2], late, ordered[-1]


@contextmanager
def prepared() -> Iterator[Shops]:
    """Shops of their own for rounds, as a benchmark has them."""
    with synced_shops("losses", SHOPS, SIZE) as found, slow_bookings(found):
        yield found


@contextmanager
def slow_bookings(shops: Shops) -> Iterator[None]:
    """Have the platform take its time to book, so that a kill can fall into that."""
    slow = {"effect": "delay", "delay_ms": 12_000, "method": "POST", "route": "*points*"}
    for sandbox in shops.sandboxes.values():
        sandbox.control("rivo", "POST", "faults", slow)
    try:
        yield
    finally:
        for sandbox in shops.sandboxes.values():
            sandbox.control("rivo", "DELETE", "faults")


def rounds(number: int, first_seed: int = 1) -> list[Round]:
    """So many rounds, each victim in turn."""
    return [Round(first_seed + n, VICTIMS[(first_seed + n) % len(VICTIMS)]) for n in range(number)]


def play(shops: Shops, one: Round, tally: Tally) -> None:
    """Start syncs and awards, kill the victim at its moment, and see how everything ends."""
    chance = Random(one.seed)
    for number, store in enumerate(shops.names):
        shops.tick(store, CHANGED, seed=100 * one.seed + number)
    asking = _Asking(shops, one, chance)
    runs = {store: shops.start_sync(store) for store in shops.names}
    asking.start()
    name = _aim(shops, one.victim, runs, chance)
    if name is None:
        tally.wrong.append(f"{one}: its moment did not come")
        name = "scheduler"
    shops.supervisor.kill(name, down_s=DOWN_S.get(one.victim, 1.0))
    killed_at_s = time.monotonic()
    tally.rounds[one.victim] += 1
    asking.join()
    try:
        _wait_for_the_end(shops, runs, asking)
    except ProgramError as error:
        tally.wrong.append(f"{one}: {error}")
    tally.recovery_s.append(time.monotonic() - killed_at_s)
    _judge(shops, one, runs, asking, tally)


class _Asking(threading.Thread):
    """An agent who asks for awards while things break."""

    def __init__(self, shops: Shops, one: Round, chance: Random) -> None:
        super().__init__(name="agent")
        self._shops, self.asked = shops, dict[str, str]()
        self._wanted = [
            (store, chance.choice(shops.members(store, 100)), f"{one.seed}-{number}")
            for number, store in enumerate(chance.choices(shops.names, k=AWARDS))
        ]
        self._gap_s = chance.uniform(1.0, MOMENT_S / AWARDS)

    def run(self) -> None:
        for store, member_id, key in self._wanted:
            self.asked[self._shops.award(store, member_id, 5, key)] = store
            time.sleep(self._gap_s)  # an agent does not ask all at once


def _aim(shops: Shops, victim: str, runs: dict[str, str], chance: Random) -> str | None:
    """Wait for the victim's moment; returns the service to kill."""
    if victim == "a worker in mid-push":
        store = chance.choice(shops.names)
        done = chance.randrange(1, CHANGED // 2)
        return _find(shops, partial(_pusher, shops, store, runs[store], done))
    if victim == "a worker in mid-award":
        return _find(shops, partial(_applier, shops))
    time.sleep(chance.uniform(0.0, MOMENT_S))  # any moment will do
    return {"the scheduler": "scheduler", "Redis": "redis", "PostgreSQL": "postgres"}[victim]


def _find(shops: Shops, look: Callable[[], str | None]) -> str | None:
    found: list[str] = []

    def looks() -> bool:
        name = look()
        if name is not None:
            found.append(name)
        return bool(found)

    try:
        wait_until(shops.supervisor, looks, "the moment", AIM_LIMIT_S)
    except ProgramError:
        return None
    return found[0]


def _pusher(shops: Shops, store: str, run_id: str, done: int) -> str | None:
    changes = shops.changes(store, run_id)
    if changes.get("done", 0) < done or not changes.get("planned"):
        return None
    return shops.find_worker("loyalty_sync", store, "push")


def _applier(shops: Shops) -> str | None:
    """Who applies an award that was sent and has no answer yet."""
    sent = "SELECT store FROM awards WHERE state = 'applying' AND sent_at_utc IS NOT NULL"
    for row in shops.rows(sent):
        worker = shops.find_worker("award_points", row["store"], "apply")
        if worker is not None:
            return worker
    return None


def _wait_for_the_end(shops: Shops, runs: dict[str, str], asking: _Asking) -> None:
    def has_ended() -> bool:
        states = shops.award_states(list(asking.asked))
        if not set(states.values()) <= ENDED_AWARDS or len(states) < len(asking.asked):
            return False
        for store, run_id in runs.items():
            if shops.run_states("loyalty_sync", store)[run_id] not in ENDED_RUNS:
                return False
        return all(
            set(shops.run_states("award_points", store).values()) <= ENDED_RUNS
            for store in shops.names
        )

    shops.wait(has_ended, "the end of all runs and awards", END_LIMIT_S)


def _judge(shops: Shops, one: Round, runs: dict[str, str], asking: _Asking, tally: Tally) -> None:
    """Note what became of the round, and what should not have been."""
    for store, run_id in runs.items():
        state = shops.insist(lambda store=store: shops.run_states("loyalty_sync", store))[run_id]
        tally.runs[state] += 1
        if state != "success":
            tally.wrong.append(f"{one}: the sync {run_id} of {store} is {state}")
    states = shops.insist(lambda: shops.award_states(list(asking.asked)))
    for award_id, store in asking.asked.items():
        state, times = states[award_id], shops.times_booked(store, award_id)
        tally.awards[state] += 1
        if (state, times) != ("applied", 1):
            tally.wrong.append(f"{one}: award {award_id} is {state}, booked {times} times")
    if len(asking.asked) < AWARDS:
        tally.wrong.append(f"{one}: {AWARDS - len(asking.asked)} awards were not taken")
    for store in shops.names:
        wrong = shops.wrong_cards(store)
        if wrong:
            tally.wrong.append(f"{one}: wrong cards in {store}: customers {wrong[:5]}")
