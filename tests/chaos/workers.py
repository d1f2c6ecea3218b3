"""Workers in processes of their own, that die or stand still at a boundary of the award path."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from typing import Any

from sqlalchemy import Connection, Engine, event

from loyalty_desk import clock
from loyalty_desk.awards.apply import apply_due
from loyalty_desk.awards.follow_up import FollowUp
from loyalty_desk.awards.worker import SEND_WAITS_S, Worker
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.platforms.base import AwardOrder, LedgerEntry, Platform
from loyalty_desk.records import AwardState, Member
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement
from tests.chaos.schedules import DELAY_S, SPEED

FORK = get_context("fork")


@dataclass(frozen=True, slots=True)
class Blow:
    """What happens to a worker at a boundary: it is killed, or stopped until somebody says so."""

    boundary: str
    signal: int = signal.SIGKILL

    def strike(self) -> None:
        os.kill(os.getpid(), self.signal)

    def strike_at(self, boundary: str) -> None:
        if self.boundary == boundary:
            self.strike()


def start_worker(
    staging_url: str, store: StoreSettings, blow: Blow | None, *, ahead_s: float = 0.0
) -> ForkProcess:
    """Start a worker that does what is due, until it is done or struck.

    The clock of its machine is ahead by so much.
    """
    process = FORK.Process(target=_work, args=(staging_url, store, blow, ahead_s))
    process.start()
    return process


def _work(staging_url: str, store: StoreSettings, blow: Blow | None, ahead_s: float) -> None:
    # The parent's connections are the parent's.
    staging_engine().dispose(close=False)
    engine = open_engine(staging_url)
    if ahead_s:
        _set_clock(ahead_s)
    try:
        apply_and_show(engine, store, blow)
    except LoyaltyDeskError:
        os._exit(3)  # a task of Airflow would fail here, and be tried again
    os._exit(0)


def _set_clock(ahead_s: float) -> None:
    """Have everything in this process read another time than it is."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=ahead_s)

    clock.datetime = Ahead  # type: ignore[misc] # of this process alone


def apply_and_show(engine: Engine, store: StoreSettings, blow: Blow | None = None) -> None:
    """What the tasks of a run do, with a blow in it: apply what is due, then show it."""
    platform: Platform = loyalty_platform(store, max_wait_s=SEND_WAITS_S, for_awards=True)
    gorgias = gorgias_client(store, engine, urgent=True)
    follow_up = FollowUp(store=store, engine=engine, platform=platform, gorgias=gorgias)
    if blow is not None:
        platform = MortalPlatform(platform, blow)
        arm_engine(engine, blow)
    worker = Worker(
        store=store,
        engine=engine,
        platform=platform,
        name=f"worker-{os.getpid()}-{os.urandom(2).hex()}",
        speed=SPEED,
    )
    if apply_due(worker)[AwardState.APPLIED] and blow is not None:
        blow.strike_at("before_refresh")
    follow_up.show_all()


class MortalPlatform:
    """The real platform, with a blow before or after a call of it."""

    def __init__(self, platform: Platform, blow: Blow) -> None:
        self._platform, self._blow = platform, blow

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    def find_member(self, identifier: str) -> Member | None:
        self._blow.strike_at("before_reading")
        return self._platform.find_member(identifier)

    def award(self, order: AwardOrder) -> str | None:
        self._blow.strike_at("before_call")
        if self._blow.boundary in {"call_sent", "effect_without_answer"}:
            # The schedule delays this call in the sandbox, before or after its effect.
            threading.Timer(DELAY_S / 3, self._blow.strike).start()
        try:
            return self._platform.award(order)
        finally:
            self._blow.strike_at("answered")

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        self._blow.strike_at("before_ledger")
        return self._platform.iter_ledger(member_id, since)


def arm_engine(engine: Engine, blow: Blow) -> None:
    """Strike before or after the commit of that number, or before an award is claimed."""
    when, _, number = blow.boundary.partition(":")
    commits = 0

    def on_commit(connection: Connection) -> None:
        nonlocal commits
        commits += 1
        if when.endswith("_commit") and commits == int(number):
            if when == "after_commit":
                connection.connection.commit()
            blow.strike()

    def on_execute(_connection: Connection, clause: Any, *_: Any) -> None:
        if when == "before_claim" and clause is statement("awards/apply/claim_award"):
            blow.strike()

    event.listen(engine, "commit", on_commit)
    event.listen(engine, "before_execute", on_execute)
