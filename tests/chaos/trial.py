"""Runs schedules against one staging database and one sandbox, and keeps the tally."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
from typing import Any

from sqlalchemy import Engine, text

from loyalty_desk.awards.approval import decide
from loyalty_desk.awards.queue import Door, get_award, queue_award, settle_unknown
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.platforms.registry import award_units
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine, reading
from tests.chaos.schedules import (
    AWARD,
    DELAY_S,
    FAULTS,
    LEDGER,
    MEMBER,
    SPEED,
    VISIBLE_AFTER_S,
    Schedule,
)
from tests.chaos.workers import Blow, apply_and_show, start_worker
from tests.platforms.account import Account, markers_of
from tests.waiting import wait_until_served

MOST_ROUNDS = 12
MARKER = re.compile("ld:([0-9a-f]{32})")
MOST_CHILD_S = 30.0
READABLE_WHEN_GONE = {"rivo", "smile"}
"""Where the ledger of somebody who is gone is empty. Else it cannot be read, which takes a day."""
ENDED = {AwardState.APPLIED, AwardState.REFUSED, AwardState.REJECTED, AwardState.UNKNOWN}


@dataclass
class Trial:
    """Everything that the schedules act on. `ended` counts awards by how they ended."""

    account: Account
    staging_url: str
    store: StoreSettings
    ended: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine: Engine = open_engine(self.staging_url)

    def run(self, schedule: Schedule) -> None:
        """Run one schedule to its end and note what should not be."""
        award_ids = self.begin(schedule)
        children = [
            self.start(kill and Blow(kill), ahead_s=number * schedule.worker_ahead_s)
            for number, kill in enumerate(schedule.kills)
        ]
        for child, kill in zip(children, schedule.kills, strict=True):
            self.join(schedule, child)
            self.killed[kill or "nobody"] += child.exitcode == -9
        if schedule.merged_answers and self.account.case.name in READABLE_WHEN_GONE:
            self._merge(schedule)
        self.end(schedule, award_ids)

    def begin(self, schedule: Schedule) -> list[str]:
        """Queue the schedule's awards, and let the platform be as it says."""
        award_ids = self._queue(schedule)
        self._control("POST", "faults", {"rules": self._rules(schedule)})
        self.account.switch(
            **{self.account.case.hides_entries: schedule.shows_after_s},
            programme_clock_ahead_s=schedule.platform_ahead_s,
        )
        return award_ids

    def start(self, blow: Blow | None, *, ahead_s: float = 0.0) -> ForkProcess:
        """Start a worker. Those who share a file are on one machine, which has one clock."""
        has_own_clock = self.engine.dialect.name != "sqlite"
        ahead_s = ahead_s if has_own_clock else 0.0
        return start_worker(self.staging_url, self.store, blow, ahead_s=ahead_s)

    def join(self, schedule: Schedule, child: ForkProcess) -> None:
        child.join(MOST_CHILD_S)
        if child.exitcode is None:
            child.kill()
            self.failures.append(f"{schedule}: a worker hung")

    def end(self, schedule: Schedule, award_ids: list[str]) -> None:
        """Bring every award to its end, and hold it against the platform's ledger."""
        self._go_on(schedule, award_ids)
        for award_id in award_ids:
            self._judge(schedule, award_id)
        self._control("DELETE", "faults")

    def tally(self) -> str:
        """How the awards ended, in one line that adds up."""
        total = sum(self.ended.values())
        parts = ", ".join(f"{count} {name}" for name, count in sorted(self.ended.items()))
        deaths = sum(count for name, count in self.killed.items() if name != "nobody")
        return f"{total} awards: {parts}; {deaths} workers killed"

    def markers(self) -> Counter[str]:
        """How often the platform's ledger holds each award, by its marker."""
        texts = map(markers_of, self.account.booked())
        return Counter(award_id for text in texts for award_id in set(MARKER.findall(text)))

    def _queue(self, schedule: Schedule) -> list[str]:
        """Queue the schedule's awards, each for a member of its own, and answer for those above."""
        award_ids = []
        units = award_units(self.store)
        for number, (wanted, wanted_unit) in enumerate(schedule.amounts):
            is_known = wanted_unit in units
            amount, unit = (wanted, wanted_unit) if is_known else ("2", Unit.POINTS.value)
            email = self._email(schedule, number)
            self._control("POST", "members", {"email": email, "points_tally": 10})
            fields = {
                "email": email,
                "amount": amount,
                "unit": unit,
                "reason": "gesture",
                "agent": "ada",
                "idempotency_key": f"{schedule.seed}-{number}",
            }
            request = read_request(fields, self.store.awards)
            with self.engine.begin() as connection:
                queued = queue_award(connection, self.store, request, utc_now(), door=Door.FILE)
                if queued.state == AwardState.NEEDS_APPROVAL:
                    award = get_award(connection, self.store.name, queued.award_id)
                    yes, now = schedule.approves, utc_now()
                    decide(connection, self.store.name, award, now, approved=yes, by="bo", why=None)
            award_ids.append(queued.award_id)
        return award_ids

    def _merge(self, schedule: Schedule) -> None:
        """Merge the member of the first award into somebody else."""
        self.account.switch(programme_merged_answers=schedule.merged_answers)
        other = self._control("POST", "members", {"email": f"o{schedule.seed}@shop.example"})
        email = self._email(schedule, 0)
        found = self._control("GET", "members?limit=100000")["data"]
        [member_id] = [one["id"] for one in found if one["email"] == email]
        self._control("POST", f"members/{member_id}/merge", {"into": other["id"]})

    @staticmethod
    def _email(schedule: Schedule, number: int) -> str:
        return f"s{schedule.seed}-{number}@shop.example"

    def _rules(self, schedule: Schedule) -> list[Mapping[str, Any]]:
        """The fault, and the delay behind which a worker dies in the middle of its call."""
        rules: list[Mapping[str, Any]] = list(FAULTS[schedule.fault])
        late = {"effect": "delay", "method": "POST", "route": AWARD, "count": 1}
        for kill in schedule.kills:
            if kill in {"call_sent", "effect_without_answer"}:
                after = kill == "effect_without_answer"
                rules.append({**late, "after": after, "delay_ms": DELAY_S * SPEED * 1000})
        case = self.account.case
        routes = {AWARD: case.award_route, MEMBER: case.member_route, LEDGER: case.ledger_route}
        return [{**rule, "route": routes[rule["route"]]} for rule in rules]

    def _go_on(self, schedule: Schedule, award_ids: list[str]) -> None:
        """Let later runs work until each award has ended, as the schedule would start them."""
        if schedule.shows_after_s:  # while leases last nothing is sent of what may be booked unseen
            with suppress(LoyaltyDeskError):
                apply_and_show(self.engine, self.store)
        for _ in range(MOST_ROUNDS):
            self.end_leases()
            try:
                apply_and_show(self.engine, self.store)
            except LoyaltyDeskError:
                continue
            if all(self._state(award_id) in ENDED for award_id in award_ids):
                return

    def end_leases(self) -> None:
        """Have it be so late that what a lease is for has come to pass: nothing is under way any
        more, and everything booked shows. What was put off is due again, too.
        """
        wait_until_served(self.account.sandbox, self.account.case.name)
        self._control("POST", "clock", {"skip_s": VISIBLE_AFTER_S})
        assert not self._control("GET", "ledger")["unseen"]
        ended = "UPDATE awards SET lease_until_utc = '2020' WHERE lease_until_utc IS NOT NULL"
        with self.engine.begin() as connection:
            connection.execute(text(ended))

    def _judge(self, schedule: Schedule, award_id: str) -> None:
        """Hold an award's end against the ledger: applied is in it once, refused and rejected not.

        An unknown one is settled by a look into the ledger, as a person would do it.
        """
        state, booked = self._state(award_id), self.markers()[award_id]
        name = state.value
        if state == AwardState.UNKNOWN:
            with self.engine.begin() as connection:
                settle_unknown(
                    connection,
                    self.store.name,
                    award_id,
                    utc_now(),
                    was_applied=booked == 1,
                    actor="eve",
                    why="looked into the ledger",
                )
            self._control("DELETE", "faults")
            apply_and_show(self.engine, self.store)
            state, booked = self._state(award_id), self.markers()[award_id]
            name = f"unknown, then {state.value}"
        self.ended[name] += 1
        not_booked = {AwardState.REFUSED: 0, AwardState.REJECTED: 0}
        expected = {AwardState.APPLIED: 1, **not_booked}.get(state)
        if state == AwardState.UNKNOWN and booked == 0 and schedule.merged_answers == "gone":
            return  # there is nobody any more whom it could be sent to
        if booked != expected:
            self.failures.append(f"{schedule}: {name}, and {booked} times in the ledger")

    def _state(self, award_id: str) -> AwardState:
        with reading(self.engine) as connection:
            return AwardState(get_award(connection, self.store.name, award_id).state)

    def _control(self, method: str, path: str, content: Any = None) -> Any:
        return self.account.control(method, path, content)
