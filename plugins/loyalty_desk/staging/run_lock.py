"""One sync run of one store: what every stage needs, and the lock that keeps runs apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import RunAbandonedError, StoreBusyError
from loyalty_desk.records import RunState
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one store, as every stage receives it."""

    store: StoreSettings
    run_id: str
    params: RunParams
    engine: Engine


def take_lock(connection: Connection, run: Run, now: datetime) -> None:
    """Take or renew the store's lock for this run.

    A run that stays silent longer than `lock_minutes` loses the lock; the one that takes it marks
    the other as abandoned, so that it cannot come back and work in between.

    Raises:
        StoreBusyError: another run holds the lock and was heard of lately.
        RunAbandonedError: this run lost its lock to another one.
    """
    lease = timedelta(minutes=run.store.lock_minutes)
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
        holder = connection.execute(statement("run/select_lock"), key).one()
        raise StoreBusyError(
            f"store {run.store.name} is being synced by run {holder.run_id}; "
            f"wait until it ends, or until its lock lapses at {holder.expires_at_utc}"
        )
    connection.execute(statement("run/abandon_other_runs"), key)


def renew_lock(run: Run) -> None:
    """Renew the lock in a transaction of its own; long stages call it again and again."""
    with run.engine.begin() as connection:
        take_lock(connection, run, staging_now(connection))


def release_lock(connection: Connection, run: Run) -> None:
    """Give the lock back if this run still holds it."""
    connection.execute(
        statement("run/delete_lock"), {"store": run.store.name, "run_id": run.run_id}
    )
