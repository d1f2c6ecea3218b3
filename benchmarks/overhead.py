"""What a whole incremental sync takes beyond its requests, under Airflow, with a million staged.

The services of `make up` run a store of 10,000 members and 10,000 customers, which the sandbox
holds, on a platform that lists what changed; its first sync pushes their cards. Then members and
customers that only staging knows are added, up to a million of each, matched and as if their cards
had been pushed. All of the sandbox's members change (1 %), and their customers were updated by our
own writes: that sync is measured.

The account's rate and the sandbox's speed say how long its requests to Gorgias take at the least.
What the run takes beside that, from the moment it was asked for to its end, is overhead; a client
that is slower than the rate counts as such, too. At real rates the requests take far longer and the
overhead does not, from which `sync_ratio` follows.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from sqlalchemy import Engine

from benchmarks import people
from benchmarks.asking import NotMeasuredError
from benchmarks.budget import staging_database
from benchmarks.filled import fill
from benchmarks.reconcile_sides import pretend_push
from benchmarks.simulate import API_KEY
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.run_record import RunRecord, load_run_record
from loyalty_desk.sync.plan import plan_changes
from sandbox.running import Sandbox
from scripts import preload
from scripts.processes import Programs
from scripts.services import (
    VAR_DIR,
    Place,
    SandboxSize,
    Services,
    find_free_port,
    start_services,
    wait_for_dag,
)

STORE = StoreSettings.model_validate({"name": "demo", "platform": "smile"})
DAG = f"loyalty_sync__{STORE.name}"
CHANGED_SHARE = 0.01
SPEED = 20.0
REAL_SHARE = 0.6
"""Of the account's budget, as a store has it by default."""
MOST_S = 45.0
MOST_RATIO = 1.15
RUN_LIMIT_S = 3_600.0
DATABASES = ("sqlite", "postgresql")


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each database; `rows` members, and as many customers, are staged."""
    for database in DATABASES:
        if not set(only) & set(DATABASES) or database in only:
            with staging_database(database) as url:
                measured = _measure(url, database, rows)
            for name, value, unit, most in _read(measured):
                yield {
                    "figure": name,
                    "database": database,
                    "rows": rows,
                    "value": round(value, 3),
                    "unit": unit,
                    "goal": "" if most is None else f"<= {most:g}",
                    "ok": most is None or value <= most,
                }


@dataclass(frozen=True, slots=True)
class Measured:
    """One incremental sync, from when it was asked for to its end, and its requests to Gorgias."""

    record: RunRecord
    wall_s: float
    reads: int
    writes: int

    def seconds_of(self, requests: int) -> float:
        """How long so many requests take at least: a bucket at once, the others at the rate."""
        return max(0, requests - API_KEY.bucket) / (API_KEY.per_s * SPEED)


def _read(one: Measured) -> Iterator[tuple[str, float, str, float | None]]:
    record = one.record
    overhead_s = one.wall_s - one.seconds_of(one.reads) - one.seconds_of(one.writes)
    # These three run at the same time, and share the account's rate.
    reading_s = max(record.seconds_members, record.seconds_customers, record.seconds_tickets)
    stages_s = (
        reading_s
        + record.seconds_match
        + record.seconds_plan
        + record.seconds_checks
        + record.seconds_push
    )
    real_s = (one.reads + one.writes) / (API_KEY.per_s * REAL_SHARE)
    yield "sync_overhead_s", overhead_s, "s", MOST_S
    yield "sync_overhead_tasks_s", one.wall_s - stages_s, "s", None
    yield "sync_overhead_staging_s", reading_s - one.seconds_of(one.reads), "s", None
    yield "sync_overhead_match_s", record.seconds_match, "s", None
    yield "sync_overhead_plan_s", record.seconds_plan, "s", None
    yield "sync_overhead_checks_s", record.seconds_checks, "s", None
    yield "sync_overhead_push_s", record.seconds_push - one.seconds_of(one.writes), "s", None
    yield "sync_writes", one.writes, "writes", None
    yield "sync_reads", one.reads, "requests", None
    yield "sync_ratio", (real_s + overhead_s) / real_s, "x requests", MOST_RATIO


def _measure(url: str, database: str, rows: int) -> Measured:
    changed = round(rows * CHANGED_SHARE)
    directory = VAR_DIR / f"bench-overhead-{database}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    stores = directory / "stores.yaml"
    settings = {"platform": STORE.platform, "schedule": None, "budget": {"share": 1.0}}
    entry = {**settings, "brake": {"max_changes": rows, "max_change_share": 1.0}}
    stores.write_text(yaml.safe_dump({"stores": {STORE.name: entry}}), encoding="utf-8")
    place = Place(
        directory=directory,
        airflow_port=find_free_port(),
        password=secrets.token_urlsafe(12),
        runs_on_schedule=False,
        preloads=preload.LIBRARIES + preload.OWN_MODULES,
        stores_file=stores,
        own_staging_url=url,
        platforms={STORE.name: STORE.platform},
    )
    size = SandboxSize(members=changed, customers=changed, speed=SPEED)
    engine = open_engine(url)
    with Programs(place.log_dir) as programs:
        services = start_services(programs, place, size, lambda _: None)
        wait_for_dag(programs, services.api, DAG)
        _sync(programs, services, engine)
        _fill(engine, rows - changed)
        sandbox = Sandbox(services.sandbox, process_id=0)
        sandbox.control("rivo", "POST", "tick", {"members": changed, "seed": 2})
        sandbox.control("gorgias", "POST", "reset", {"counters": True})
        record, wall_s = _sync(programs, services, engine)
        asked = sandbox.control("gorgias", "GET", "counters")["requests"]
    engine.dispose()
    writes = sum(one["count"] for one in asked if one["method"] == "PUT")
    reads = sum(one["count"] for one in asked) - writes
    if not 0 < record.planned == record.pushed == writes:
        raise NotMeasuredError(
            f"{record.planned} cards were planned, {record.pushed} pushed, by {writes} writes"
        )
    return Measured(record=record, wall_s=wall_s, reads=reads, writes=writes)


def _sync(programs: Programs, services: Services, engine: Engine) -> tuple[RunRecord, float]:
    run_id = services.api.trigger(DAG)
    ends_at = time.monotonic() + RUN_LIMIT_S
    while (run := services.api.get_run(DAG, run_id))["state"] in {"queued", "running"}:
        programs.check()
        if time.monotonic() > ends_at:
            raise TimeoutError(f"the sync did not end within {RUN_LIMIT_S:g} s")
        time.sleep(1)
    with reading(engine) as connection:
        record = load_run_record(connection, STORE.name, run_id)
    if run["state"] != "success":
        raise RuntimeError(f"the sync failed: {record.failure}")
    asked_at, ended_at = (datetime.fromisoformat(run[key]) for key in ("queued_at", "end_date"))
    return record, (ended_at - asked_at).total_seconds()


def _fill(engine: Engine, rows: int) -> None:
    """Stage so many more, and have everybody matched and no card to push."""
    fill(engine, STORE, rows, first_load=False)
    with engine.begin() as connection:
        plan_changes(connection, STORE, "filled", people.START, full=True, limit=None)
    pretend_push(engine, "filled")
