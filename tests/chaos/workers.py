"""Workers in processes of their own, that die by SIGKILL at a boundary of the award path."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from typing import Any

from sqlalchemy import Connection, Engine, event

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


def start_worker(staging_url: str, store: StoreSettings, kill: str | None) -> ForkProcess:
    """Start a worker that does what is due, until it is done or dies at `kill`."""
    process = FORK.Process(target=_work, args=(staging_url, store, kill))
    process.start()
    return process


def _work(staging_url: str, store: StoreSettings, kill: str | None) -> None:
    # The parent's connections are the parent's.
    staging_engine().dispose(close=False)
    engine = open_engine(staging_url)
    try:
        apply_and_show(engine, store, kill)
    except LoyaltyDeskError:
        os._exit(3)  # a task of Airflow would fail here, and be tried again
    os._exit(0)


def apply_and_show(engine: Engine, store: StoreSettings, kill: str | None = None) -> None:
    """What the tasks of a run do, with a death in it: apply what is due, then show it."""
    platform: Platform = loyalty_platform(store, max_wait_s=SEND_WAITS_S, for_awards=True)
    gorgias = gorgias_client(store, engine, urgent=True)
    follow_up = FollowUp(store=store, engine=engine, platform=platform, gorgias=gorgias)
    if kill is not None:
        platform = MortalPlatform(platform, kill)
        _arm_engine(engine, kill)
    worker = Worker(
        store=store,
        engine=engine,
        platform=platform,
        name=f"worker-{os.getpid()}-{os.urandom(2).hex()}",
        speed=SPEED,
    )
    if apply_due(worker)[AwardState.APPLIED] and kill == "before_refresh":
        die()
    follow_up.show_all()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class MortalPlatform:
    """The real platform, with a death before or after a call of it."""

    def __init__(self, platform: Platform, kill: str) -> None:
        self._platform, self._kill = platform, kill

    def __getattr__(self, name: str) -> Any:
        return getattr(self._platform, name)

    def find_member(self, identifier: str) -> Member | None:
        self._die_at("before_reading")
        return self._platform.find_member(identifier)

    def award(self, order: AwardOrder) -> str | None:
        self._die_at("before_call")
        if self._kill in {"call_sent", "effect_without_answer"}:
            # The schedule delays this call in the sandbox, before or after its effect.
            threading.Timer(DELAY_S / 3, die).start()
        try:
            return self._platform.award(order)
        finally:
            self._die_at("answered")

    def iter_ledger(self, member_id: str, since: datetime | None = None) -> Iterator[LedgerEntry]:
        self._die_at("before_ledger")
        return self._platform.iter_ledger(member_id, since)

    def _die_at(self, boundary: str) -> None:
        if self._kill == boundary:
            die()


def _arm_engine(engine: Engine, kill: str) -> None:
    """Let the process die before or after its commit of that number, or before it claims."""
    when, _, number = kill.partition(":")
    commits = 0

    def on_commit(connection: Connection) -> None:
        nonlocal commits
        commits += 1
        if when.endswith("_commit") and commits == int(number):
            if when == "after_commit":
                connection.connection.commit()
            die()

    def on_execute(_connection: Connection, clause: Any, *_: Any) -> None:
        if when == "before_claim" and clause is statement("awards/apply/claim_award"):
            die()

    event.listen(engine, "commit", on_commit)
    event.listen(engine, "before_execute", on_execute)
