"""Awards of one store under simulated trouble: the product's queue, statements and `apply_due`.

Only time and the wire are simulated. What must hold in the end is in `judge`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import requests
from sqlalchemy import Connection, Engine, select

from loyalty_desk.awards.apply import apply_due
from loyalty_desk.awards.approval import decide, reject_overdue
from loyalty_desk.awards.award_alerts import owe_new_awards
from loyalty_desk.awards.putting_off import SENDING
from loyalty_desk.awards.queue import (
    Door,
    get_award,
    get_events,
    list_awards,
    queue_award,
    settle_unknown,
    state_to_send_from,
)
from loyalty_desk.awards.requests import read_request
from loyalty_desk.awards.reversal import ReversalError, reverse_award
from loyalty_desk.awards.worker import SEND_WAITS_S, Worker
from loyalty_desk.clock import parse_utc
from loyalty_desk.errors import ApiUnavailableError, LoyaltyDeskError
from loyalty_desk.http.transport import Transport
from loyalty_desk.platforms.base import Account
from loyalty_desk.platforms.rivo import RivoPlatform
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.award_schema import award_events, awards
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.telling import owed_alerts
from loyalty_desk.tasks.restored import take_up
from tests.chaos.simulated.programme import Programme, email_of
from tests.chaos.simulated.world import EPOCH, Process, World
from tests.factories import store_settings

APPROVAL_ABOVE = 100
ENDED = {AwardState.APPLIED, AwardState.REFUSED, AwardState.REJECTED}
LAST_S = 4 * 86_400.0
"""By then everything has ended: a day until it is given up, and a person has looked."""
CLOSE_S = 7_200.0
"""So long the schedule is followed closely; then a person begins to look."""
DOWN_S = 300.0
"""How long Airflow stands still for a restore, at least: what was sent last has to show by then."""
PROMPT_S = 1_800.0
"""How soon an award is booked that nothing stands in the way of, whatever other awards meet."""


class PausingEngine:
    """The staging engine of a worker that may be stopped before and after each transaction."""

    def __init__(self, engine: Engine, world: World) -> None:
        self._engine, self._world = engine, world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self._world.breathe()
        with self._engine.begin() as connection:
            yield connection
        self._world.breathe()


class SlowGate:
    """A gate that others share: now and then it holds a request up, or lets none through."""

    def __init__(self, world: World, holds: float) -> None:
        self._world, self._holds = world, holds

    def enter(self) -> None:
        if self._world.random.random() < self._holds:
            self._world.wait(self._world.random.uniform(0, 250))
            if self._world.random.random() < 0.2:
                raise ApiUnavailableError("no room", may_have_arrived=False)

    def learn(self, headers: Any) -> None:
        """Learn nothing."""

    def refused(self, wait_s: float) -> None:
        """Hold nobody up."""


@dataclass
class Simulation:
    """One store, its awards and its platform. `store` has a name that no other simulation has."""

    name: str
    engine: Engine
    random: Random
    stalls: float = 0.0
    holds: float = 0.0
    visible_after_s: float = 120.0
    award_ids: list[str] = field(default_factory=list)
    queued_at_s: dict[str, float] = field(default_factory=dict)
    workers: list[Process] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    is_down: bool = False
    busy_until_s: float = 0.0
    _backup: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.world = World(self.random, stalls=self.stalls)
        self.programme = Programme(self.world)
        self.store: StoreSettings = store_settings(
            name=self.name,
            awards={
                "approval_above_points": APPROVAL_ABOVE,
                "max_points_per_agent_per_day": 10**6,
                "same_award_minutes": 0,
                "visible_after_s": self.visible_after_s,
            },
        )

    def queue(self, member_id: str, points: int, *, by_email: bool = False) -> str:
        """Queue an award as a person does, now."""
        who = {"email": email_of(member_id)} if by_email else {"member_id": member_id}
        fields = {**who, "amount": points, "reason": "gesture", "agent": "ada"}
        request = read_request(fields, self.store.awards)
        with self.engine.begin() as connection:
            queued = queue_award(
                connection, self.store, request, self.world.utc(), door=Door.COMMAND
            )
        self.queued_at_s[queued.award_id] = self.world.now_s
        self.award_ids.append(queued.award_id)
        return queued.award_id

    def decide(self, award_id: str, *, approved: bool) -> None:
        if self.is_down or award_id in self.forgotten:
            return
        with self.engine.begin() as connection:
            award = get_award(connection, self.name, award_id)
            now = self.world.utc()
            decide(connection, self.name, award, now, approved=approved, by="bo", why=None)

    def reverse(self, award_id: str) -> None:
        """Take an award back, if it is applied; the reversal is an award like any other."""
        if self.is_down or award_id in self.forgotten:
            return
        with self.engine.begin() as connection:
            try:
                now = self.world.utc()
                queued = reverse_award(
                    connection, self.store, award_id, now, agent="ada", why="x", door=Door.DESK
                )
            except ReversalError:
                return
        self.queued_at_s[queued.award_id] = self.world.now_s
        self.award_ids.append(queued.award_id)

    def back_up(self) -> None:
        """Keep staging as it is."""
        with reading(self.engine) as connection:
            for table in (awards, award_events):
                found = connection.execute(select(table).where(table.c.store == self.name))
                self._backup[table] = [dict(row) for row in found.mappings()]

    def stop_to_restore(self) -> None:
        """Stop everything, and go on from the backup a while later."""
        for worker in self.workers:
            self.world.kill(worker)
        self.is_down = True
        self.world.at(self.world.now_s + DOWN_S, self.restore)

    def restore(self) -> None:
        """Put the backup in place. What was queued since is known no more."""
        known = {row["award_id"] for row in self._backup[awards]}
        self.forgotten += [one for one in self.award_ids if one not in known]
        self.award_ids = [one for one in self.award_ids if one in known]
        with self.engine.begin() as connection:
            for table, rows in self._backup.items():
                connection.execute(table.delete().where(table.c.store == self.name))
                if rows:
                    connection.execute(table.insert(), rows)
        take_up(self.engine, self.world.utc(), by="grace")
        self.is_down = False

    def start_worker(self, at_s: float, *, ahead_s: float = 0.0) -> Process:
        """Start what the DAG starts: apply what is due, and reject what nobody approved in time."""
        process = self.world.start(self._work, at_s=at_s, ahead_s=ahead_s)
        self.workers.append(process)
        return process

    def _work(self) -> None:
        if self.is_down:
            return
        engine: Any = PausingEngine(self.engine, self.world)
        transport = Transport(
            requests.Session(),
            "https://rivo.example",
            "Rivo",
            gate=SlowGate(self.world, self.holds),
            conn_id="rivo_acme",
            max_wait_s=SEND_WAITS_S,
            sleep=self.world.wait,
        )
        name = f"worker-{next(self._numbers)}"  # as in production, no two have the same
        platform = RivoPlatform(transport, Account(key="key"))
        with suppress(LoyaltyDeskError):  # the run is red, and the next one goes on
            apply_due(Worker(store=self.store, engine=engine, platform=platform, name=name))
        with engine.begin() as connection:
            reject_overdue(connection, self.name, self.world.utc())

    def settle(self, award_id: str, *, blindly: bool) -> None:
        """A person settles an unknown award: after a look at the platform, or by "send again".

        Nobody sends one again blindly whose member was merged: its booking is out of sight. Nor one
        that is asked about anew: it is looked for when it is approved, and it may be rejected.
        """
        if self.is_down or self.state(award_id) != AwardState.UNKNOWN:
            return
        booked = self.programme.booked(award_id)
        is_blind = blindly and not self.programme.merged and not self._waits_again(award_id)
        was_applied = booked > 0 and not is_blind
        with self.engine.begin() as connection:
            settle_unknown(
                connection,
                self.name,
                award_id,
                self.world.utc(),
                was_applied=was_applied,
                actor="eve",
                why="looked",
            )

    def _waits_again(self, award_id: str) -> bool:
        with reading(self.engine) as connection:
            award = get_award(connection, self.name, award_id)
            events = get_events(connection, self.name, award_id)
        return state_to_send_from(award, events) == AwardState.NEEDS_APPROVAL

    def state(self, award_id: str) -> AwardState:
        with reading(self.engine) as connection:
            return AwardState(get_award(connection, self.name, award_id).state)

    def _states(self) -> dict[str, AwardState]:
        with reading(self.engine) as connection:
            found = list_awards(connection, self.name)
        return {award.award_id: AwardState(award.state) for award in found}

    def run_to_the_end(self, *, blindly: bool) -> None:
        """Start workers as the queue and the schedule do, until every award has ended."""
        world, gap_s = self.world, 30.0
        # Who may approve has until a moment of the clock, which comes later if that is set back.
        while world.now_s + min(0.0, world.set_by_s) < LAST_S:
            self.start_worker(world.now_s + 1)
            world.run(world.now_s + gap_s)
            states = self._states()
            is_over = not self.is_down and world.now_s > self.busy_until_s
            has_ended = is_over and set(states.values()) <= ENDED
            if has_ended and all(one.dead for one in self.workers):
                return
            if world.now_s > CLOSE_S:
                for award_id in [one for one in states if states[one] == AwardState.UNKNOWN]:
                    self.settle(award_id, blindly=blindly)
            gap_s = min(600.0 if world.now_s < CLOSE_S else 7_200.0, gap_s * 1.1)

    def judge(self) -> list[str]:
        """What does not hold: no award twice or silent, each ended as the platform has it."""
        with self.engine.begin() as connection:
            owe_new_awards(connection, self.name, "the last run")
        owed = owed_alerts(self.engine, self.name)
        told = {award_id for row in owed for award_id in json.loads(row.content)["award_ids"]}
        found = [self._judge_one(award_id, told) for award_id in self.award_ids]
        twice = [one for one in self.forgotten if self.programme.booked(one) > 1]
        return [one for one in found if one] + [f"{one} is booked twice" for one in twice]

    def _judge_one(self, award_id: str, told: set[str]) -> str:
        state, booked = self.state(award_id), self.programme.booked(award_id)
        expected = {AwardState.APPLIED: 1, AwardState.REFUSED: 0, AwardState.REJECTED: 0}
        if booked > 1:
            return f"{award_id} is booked {booked} times"
        if state not in expected:
            return f"{award_id} has not ended: {state.value}"
        if booked != expected[state]:
            return f"{award_id} is {state.value} and booked {booked} times"
        if state == AwardState.REFUSED and award_id not in told:
            return f"{award_id} was refused silently"
        with reading(self.engine) as connection:
            last = get_events(connection, self.name, award_id)[-1]
        return (
            ""
            if last.state == state
            else f"{award_id} is {state.value} and {last.state} by its audit"
        )

    def tally(self) -> Counter[str]:
        """How the awards ended, and what they went through: by how many of them."""
        counts = Counter[str](state.value for state in self._states().values())
        for award_id in self.award_ids:
            with reading(self.engine) as connection:
                events = get_events(connection, self.name, award_id)
            details = [event.detail for event in events]
            counts.update({event.state for event in events} & {"unknown"} and {"once unknown"})
            counts.update({"sent twice"} if details.count(SENDING) > 1 else ())
            counts.update({"found in the ledger"} & set(details))
            counts.update(
                {"put off"} if any('"put_off"' in event.facts for event in events) else ()
            )
        return counts

    def booked_after_s(self, award_id: str) -> float:
        """How long after it was queued an award was known to be applied."""
        with reading(self.engine) as connection:
            events = get_events(connection, self.name, award_id)
        ends = [one.happened_at_utc for one in events if one.state == AwardState.APPLIED]
        at_s = (parse_utc(ends[0]) - EPOCH).total_seconds() if ends else LAST_S
        return at_s - self.queued_at_s[award_id]
