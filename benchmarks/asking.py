"""Awards that a benchmark asks for: each a new one, and each applied once in the end.

A double click is answered at once and books nothing, so a figure with one in it is false. Whoever
measures asks here only, and lets `check_all_applied` have the last word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

import requests

from loyalty_desk.awards.csv_import import import_awards, read_content
from loyalty_desk.awards.queue import Door
from loyalty_desk.settings.stores_file import read_stores
from loyalty_desk.staging.staging_clock import ask_staging_now
from scripts.desk import Desk, Shown

SETTLE_LIMIT_S = 300.0
OPEN = {"queued", "applying"}
STATES = "SELECT state, COUNT(*) AS awards FROM awards WHERE store = :store GROUP BY state"
MARKER = re.compile(r"\[ld:(\w+)\]")


class NotMeasuredError(Exception):
    """A figure would not be of what it says. The message says why."""


class Asker:
    """Asks one store for awards, and knows how many it asked for. Threads may share it."""

    def __init__(self, desk: Desk, store: str) -> None:
        self.desk, self.store = desk, store
        self._agent = str(desk.sandbox.gorgias["email"])  # who is a user of the account
        self._tickets = count(1)
        self._asked: list[str] = []
        self._filed = 0

    def new_award(self, member: Shown) -> dict[str, Any]:
        """One that nobody asked for before: each is on a ticket of its own."""
        return {"email": member.email, **self._common()}

    def ask(self, member: Shown) -> str:
        """Ask for a new award over HTTP; returns its id."""
        return self.take(self.desk.call(self.store, "POST", body=self.new_award(member)))

    def take(self, answer: requests.Response) -> str:
        """The id of the award that was answered; raises NotMeasuredError unless it is a new one."""
        if answer.status_code != requests.codes.accepted:
            raise NotMeasuredError(f"the API answered {answer.status_code} to an award")
        told = answer.json()
        if told["repeats"] is not None:
            raise NotMeasuredError(f"award {told['id']} was asked for before ({told['repeats']})")
        self._asked.append(told["id"])
        return str(told["id"])

    def ask_by_file(self, member_ids: Sequence[str]) -> None:
        """Import a file with a new award for each of the members."""
        rows = [{"member_id": member_id, **self._common()} for member_id in member_ids]
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        store = read_stores(self.desk.place.stores_file).stores[self.store]
        file = read_content("awards.csv", "\n".join(lines).encode(), Door.FILE)
        engine = self.desk.engine
        done = import_awards(engine, store, file, ask_staging_now(engine), agent=self._agent)
        if done.queued != len(rows):
            wrong = next(iter(done.bad_lines.values()), "queued before")
            raise NotMeasuredError(f"{done.queued} of {len(rows)} rows were queued: {wrong}")
        self._filed += len(rows)

    def check_all_applied(self) -> None:
        """Wait until no award is under way.

        Raises:
            NotMeasuredError: one was not applied, or is not in the platform's ledger just once.
        """
        wanted = len(self._asked) + self._filed
        states = self.desk.wait_until(self._find_ended, "the last award", SETTLE_LIMIT_S)
        if states != {"applied": wanted}:
            raise NotMeasuredError(f"{wanted} awards were asked for, and there are {states}")
        entries = self.desk.sandbox.control("rivo", "GET", "ledger")["data"]
        notes = (MARKER.search(entry["internal_note"] or "") for entry in entries)
        booked = Counter(found[1] for found in notes if found)
        if len(booked) != wanted or booked.total() != wanted:
            raise NotMeasuredError(
                f"{wanted} awards are applied, and {booked.total()} bookings are of {len(booked)}"
            )

    def _find_ended(self) -> dict[str, int] | None:
        """How many awards ended in which state; None while there are others."""
        rows = self.desk.rows(STATES, store=self.store)
        states = {str(row["state"]): int(row["awards"]) for row in rows}
        return None if OPEN & set(states) else states

    def _common(self) -> dict[str, Any]:
        ticket_id = next(self._tickets)
        return {"amount": 1, "reason": "gesture", "agent": self._agent, "ticket_id": ticket_id}
