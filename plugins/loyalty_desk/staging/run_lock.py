"""One sync run of one store: what every stage needs, and the lock that keeps runs apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import RunAbandonedError, StoreBusyError
from loyalty_desk.records import RunState
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement

OTHER_WORK: Final = {
    "erase": "a person is erased",
    "disconnect": "it is disconnected",
    "platform": "its platform is changed",
}
"""What is done by who holds a store without being a run, by how its id begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one store, as every stage receives it."""

    store: StoreSettings
    run_id: str
    params: RunParams
    engine: Engine


def take_lock(
    connection: Connection, run: Run, now: datetime, *, lease: timedelta | None = None
) -> None:
    """Take or renew the store's lock for this run, for `lock_minutes` unless `lease` says else.

    A run that stays silent longer than `lock_minutes` loses the lock; the one that takes it marks
    the other as abandoned, so that it cannot come back and work in between.

    Raises:
        StoreBusyError: another run holds the lock and was heard of lately, or waits for it.
        RunAbandonedError: this run lost its lock to another one.
    """
    lease = lease or timedelta(minutes=run.store.lock_minutes)
    key = {"store": run.store.name, "run_id": run.run_id, "now_utc": utc_text(now)}
    state = connection.execute(statement("run/select_run_state"), key).scalar()
    if state == RunState.ABANDONED:
        raise RunAbandonedError(
            f"run {run.run_id} of store {run.store.name} was silent for more than "
            f"{run.store.lock_minutes:g} minutes and another run took over; start a new run"
        )
    taken = connection.execute(
        statement("run/upsert_lock"), {**key, "expires_at_utc": utc_text(now + lease)}
    ).first()
    if taken is None:
        raise StoreBusyError(_why_busy(connection, run.store.name, now))
    connection.execute(statement("run/abandon_other_runs"), key)


def _why_busy(connection: Connection, store: str, now: datetime) -> str:
    """Who holds the store, or goes first, by what it does."""
    holder = connection.execute(statement("run/select_lock"), {"store": store}).first()
    if holder is not None and holder.expires_at_utc >= utc_text(now):
        what = _doing(holder.run_id, "is being synced by run {}", "is held while {}")
        return (
            f"store {store} {what}; "
            f"wait until it ends, or until its lock lapses at {holder.expires_at_utc}"
        )
    waiting = connection.execute(statement("run/select_turn"), {"store": store}).one()
    what = _doing(waiting.run_id, "is waited for by run {}", "is waited for: {}")
    return f"store {store} {what} first; wait until that ends"


def _doing(run_id: str, by_run: str, by_other: str) -> str:
    work = OTHER_WORK.get(run_id.partition("__")[0])
    return by_run.format(run_id) if work is None else by_other.format(f"{work} ({run_id})")


def renew_lock(run: Run) -> None:
    """Renew the lock in a transaction of its own; long stages call it again and again."""
    with run.engine.begin() as connection:
        take_lock(connection, run, staging_now(connection))


def release_lock(connection: Connection, run: Run) -> None:
    """Give the lock back if this run still holds it."""
    connection.execute(
        statement("run/delete_lock"), {"store": run.store.name, "run_id": run.run_id}
    )
