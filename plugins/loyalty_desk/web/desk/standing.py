"""How a store stands: its last runs, how old its data is, what waits, and how far a run is."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import BadConnectionError
from loyalty_desk.hooks.connections import gorgias_account
from loyalty_desk.hooks.telling import Unreached, find_unreached
from loyalty_desk.mismatches.history import Progress as Open
from loyalty_desk.mismatches.history import load_progress
from loyalty_desk.mismatches.listing import Side
from loyalty_desk.records import AwardState, RunState
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.run_record import (
    RunRecord,
    Work,
    load_recent_records,
    newest_match,
    newest_success,
)
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

RUNS: Final = 20
LATELY: Final = timedelta(seconds=60)
STAGES: Final = ("members", "customers", "tickets", "match", "plan", "push")
SCANNED: Final = frozenset({"members", "customers"})
WAITING: Final = frozenset({"planned", "sending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: cards of the push, or rows of a full scan.

    How many rows a scan will find is taken from the run before, so it is `about` so many.
    """

    stage: str
    unit: str
    planned: int
    done: int
    per_minute: int
    about: bool = False

    @property
    def left(self) -> timedelta | None:
        """How long the rest takes at that rate; None while nothing can be told."""
        if not self.per_minute or self.done >= self.planned:
            return None
        return timedelta(minutes=(self.planned - self.done) / self.per_minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The requests of the Gorgias account that are used now, by everybody, of how many."""

    used: int
    capacity: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the overview says of one store. `recent` has the newest run first."""

    recent: list[RunRecord]
    data_from: datetime | None
    mismatches: Sequence[Open] | None
    """By side and class; None before the first match: nobody can be named yet."""
    awards: dict[str, int]
    progress: Progress | None
    budget: Budget | None
    unreached: list[Unreached]
    """Places that could not be told what they are owed."""

    @property
    def newest(self) -> RunRecord | None:
        return self.recent[0] if self.recent else None

    @property
    def counted(self) -> RunRecord | None:
        """The newest run that has matched, whose numbers stand for the store."""
        return next((run for run in self.recent if run.has_done(Work.MATCH)), None)

    @property
    def open_mismatches(self) -> int | None:
        """How many are open; what somebody ignores is none of them."""
        return None if self.mismatches is None else sum(one.open for one in self.mismatches)

    def open_of(self, outcomes: Collection[str]) -> int:
        """How many customers of these classes are open."""
        of_customers = (one for one in self.mismatches or () if one.side == Side.CUSTOMER)
        return sum(one.open for one in of_customers if one.outcome in outcomes)

    @property
    def waiting_awards(self) -> int:
        return sum(self.awards.values()) - self.unknown_awards

    @property
    def unknown_awards(self) -> int:
        return self.awards.get(AwardState.UNKNOWN, 0)


def load_standing(
    connection: Connection, store: StoreSettings, now: datetime, *, runs: int = RUNS
) -> Standing:
    """Read how a store stands."""
    recent = load_recent(connection, store.name, runs)
    awards = connection.execute(statement("desk/awards/count_awards"), {"store": store.name})
    has_matched = newest_match(connection, store.name) is not None
    return Standing(
        recent=recent,
        data_from=newest_success(connection, store.name),
        mismatches=load_progress(connection, store.name, now, now) if has_matched else None,
        awards={row.state: row.awards for row in awards},
        progress=load_run_progress(connection, recent, now),
        budget=load_budget(connection, store, now),
        unreached=find_unreached(connection, store),
    )


def load_recent(connection: Connection, store: str, how_many: int) -> list[RunRecord]:
    """The records of the newest runs, the newest first."""
    newest = newest_runs(connection, store, 1)
    return load_recent_records(connection, store, newest[0].run_id, how_many) if newest else []


def newest_runs(connection: Connection, store: str, how_many: int) -> list[Row[Any]]:
    """The newest runs of a store, as they are kept; the newest first."""
    binds = {"store": store, "how_many": how_many}
    return list(connection.execute(statement("desk/runs/select_newest_runs"), binds).all())


def load_run_progress(
    connection: Connection, recent: Sequence[RunRecord], now: datetime
) -> Progress | None:
    """How far the newest run is, which is the first; None for one that has ended."""
    if not recent or recent[0].state is not RunState.RUNNING:
        return None
    record = recent[0]
    stage = next((one for one in STAGES if not getattr(record, f"seconds_{one}")), "push")
    if stage in SCANNED:
        return _scan_progress(connection, recent, stage, now)
    binds = {"store": record.store, "run_id": record.run_id, "since_utc": utc_text(now - LATELY)}
    rows = connection.execute(statement("desk/runs/count_changes"), binds).all()
    done = [row for row in rows if row.state not in WAITING]
    return Progress(
        stage=stage,
        unit="cards",
        planned=sum(row.changes for row in rows),
        done=sum(row.changes for row in done),
        per_minute=sum(row.lately for row in done),
    )


def _scan_progress(
    connection: Connection, recent: Sequence[RunRecord], stage: str, now: datetime
) -> Progress:
    """How far the full scan of a source is; an incremental read has nothing to show."""
    record = recent[0]
    binds = {"store": record.store, "source": stage}
    done = connection.execute(statement("stage/scan/count_seen"), binds).scalar_one()
    before = max((getattr(run, f"{stage}_fetched") for run in recent[1:]), default=0)
    minutes = max((now - record.started_at_utc).total_seconds(), 1.0) / 60
    return Progress(
        stage=stage,
        unit="rows",
        planned=max(done, before) if done else 0,
        done=done,
        per_minute=round(done / minutes),
        about=True,
    )


def load_budget(connection: Connection, store: StoreSettings, now: datetime) -> Budget | None:
    """The account's request budget as it is now; None before the first request."""
    try:
        account = gorgias_account(store)
    except BadConnectionError as error:
        log.warning("store %s: %s", store.name, error)
        return None
    row = connection.execute(statement("budget/select_budget"), {"account": account}).first()
    if row is None:
        return None
    leaked = (now.timestamp() - row.leaked_at_s) * row.capacity / store.budget.window_s
    used = max(0.0, row.level - leaked * installation().speed)
    return Budget(used=round(used), capacity=round(row.capacity), share=store.budget.share)
