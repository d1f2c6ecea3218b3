"""What every stage of a run has around its work: the lock, its counters, and why it failed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine

from loyalty_desk.errors import PermanentError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks import connections
from loyalty_desk.http.transport import Counts
from loyalty_desk.platforms.base import Platform
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging import run_record
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.stores import in_force
from loyalty_desk.tasks.telling import failure_text

Counters = Mapping[str, float]


def open_run(store_name: str, run_id: str) -> Run:
    """Load a run that was started; its params are those it was started with."""
    engine: Engine = staging_engine()
    store: StoreSettings = in_force(stores_file().get(store_name), engine)
    with reading(engine) as connection:
        params = connection.execute(
            statement("run/select_run_params"), {"store": store_name, "run_id": run_id}
        ).scalar()
    if params is None:
        raise PermanentError(f"store {store_name} has no run {run_id}; start one with the DAG")
    return Run(store=store, run_id=run_id, params=RunParams(**json.loads(params)), engine=engine)


@contextmanager
def stage(store_name: str, run_id: str, name: str, *, seconds: str | None = None) -> Iterator[Run]:
    """Hold the lock, count the `seconds`, and keep in the run record why a stage failed."""
    run = open_run(store_name, run_id)
    key = {"store": store_name, "run_id": run_id, "stage": name}
    with run.engine.begin() as connection:
        take_lock(connection, run, staging_now(connection))
        connection.execute(statement("run/clear_failure"), key)
    started_s = time.monotonic()
    try:
        yield run
    except Exception as error:
        failure = {**key, "failure": failure_text(name, error)}
        with run.engine.begin() as connection:
            connection.execute(statement("run/set_failure"), failure)
        raise
    finally:
        if seconds:
            _increase(run, {f"seconds_{seconds}": time.monotonic() - started_s})


@contextmanager
def counted_gorgias(run: Run) -> Iterator[GorgiasClient]:
    """A client whose requests are counted in the run record, whatever happens."""
    client = connections.gorgias_client(run.store, run.engine)
    with _counted(run, "gorgias", client.transport.counts):
        yield client


@contextmanager
def counted_platform(run: Run) -> Iterator[Platform]:
    """The platform, its requests counted in the run record, whatever happens."""
    platform = connections.loyalty_platform(run.store)
    with _counted(run, "platform", platform.counts):
        yield platform


@contextmanager
def _counted(run: Run, whose: str, counts: Counts) -> Iterator[None]:
    try:
        yield
    finally:
        _increase(
            run,
            {
                f"{whose}_requests": counts.requests,
                f"{whose}_rate_limited": counts.rate_limited,
            },
        )


def keep(run: Run, counters: Counters) -> Counters:
    with run.engine.begin() as connection:
        run_record.add_counters(connection, run.store.name, run.run_id, counters)
    return counters


def _increase(run: Run, counters: Mapping[str, float]) -> None:
    with run.engine.begin() as connection:
        run_record.increase_counters(connection, run.store.name, run.run_id, counters)
