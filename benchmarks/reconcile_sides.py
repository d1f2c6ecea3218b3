"""The three sides of the reconcile benchmark; what each does is written in `reconcile.py`.

`python -m benchmarks.reconcile_sides ours|floor|pandas URL` measures one and prints JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Engine, text

from benchmarks import floor, people
from benchmarks.stopwatch import Clock, peak_mib
from loyalty_desk.records import Customer, Member
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import migrate, open_engine
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.plan import plan_changes

STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})


# --- ours ------------------------------------------------------------------------------------


def measure_ours(engine: Engine, rows: int) -> dict[str, Any]:
    migrate(engine)
    full, increment, rescan = Clock(), Clock(), Clock()
    _stage(engine, full, people.member_batches(rows), people.customer_batches(rows), first=True)
    counts = _reconcile(engine, full, "run-1", full=True)
    full_peak_mib = peak_mib()
    pretend_push(engine, "run-1")
    _stage(
        engine,
        increment,
        people.changed_member_batches(rows, people.CHANGED_SHARE),
        people.changed_customer_batches(rows, people.CHANGED_SHARE),
        first=False,
    )
    changed = _reconcile(engine, increment, "run-2", full=False)
    with engine.connect() as connection:
        stage = _members_stager(connection, first=False)
        rescan.time_each("stage", people.member_batches(rows), stage)
        with rescan.time("stage"):
            connection.commit()
    return {
        "full": full.seconds,
        "full_cpu_s": full.cpu_s,
        "increment": increment.seconds,
        "increment_cpu_s": increment.cpu_s,
        "rescan": rescan.seconds,
        "rescan_cpu_s": rescan.cpu_s,
        "full_peak_mib": full_peak_mib,
        "peak_mib": peak_mib(),
        "planned": counts,
        "increment_planned": changed,
    }


def _stage(
    engine: Engine,
    clock: Clock,
    members: Iterable[list[Member]],
    customers: Iterable[list[Customer]],
    *,
    first: bool,
) -> None:
    with engine.connect() as connection:
        clock.time_each("members", members, _members_stager(connection, first=first))
        with clock.time("members"):
            connection.commit()
        clock.time_each(
            "customers",
            customers,
            lambda batch: stage_customers(
                connection, STORE.name, batch, people.START, card_key="loyalty", first_load=first
            ),
        )
        with clock.time("customers"):
            connection.commit()


def _members_stager(connection: Connection, *, first: bool) -> Callable[[list[Member]], object]:
    return lambda batch: stage_members(
        connection, STORE.name, batch, people.START, first_load=first
    )


def _reconcile(engine: Engine, clock: Clock, run_id: str, *, full: bool) -> int:
    with clock.time("match"), engine.begin() as connection:
        match_customers(connection, STORE, people.START, full=full)
    with clock.time("plan"), engine.begin() as connection:
        counts = plan_changes(connection, STORE, run_id, people.START, full=full, limit=None)
    return counts.planned


_ACCEPT_PLAN = (
    """
    INSERT INTO pushed_cards (
        store, customer_id, destination, fingerprint, is_member, version_utc, pushed_at_utc
    )
    SELECT
        store, customer_id, destination, fingerprint, member_id IS NOT NULL,
        changed_at_utc, changed_at_utc
    FROM changes
    WHERE run_id = :run_id
    """,
    "UPDATE changes SET state = 'done' WHERE run_id = :run_id",
)


def pretend_push(engine: Engine, run_id: str) -> None:
    """As if Gorgias had accepted every card of the plan, and time had passed.

    A checkpoint that a full run left due would fall into the increment of one side and not of
    another: it made 2.5 s of 2.0 s at a million rows.
    """
    with engine.begin() as connection:
        for sql in _ACCEPT_PLAN:
            connection.execute(text(sql), {"run_id": run_id})
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            connection.exec_driver_sql("CHECKPOINT")


# --- the floor -------------------------------------------------------------------------------


def measure_floor(engine: Engine, rows: int) -> dict[str, Any]:
    return floor.measure(engine, rows, people.CHANGED_SHARE)


# --- pandas ----------------------------------------------------------------------------------


def measure_pandas(_engine: Engine, rows: int) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415 - only this side may pay for it

    clock = Clock()
    members: list[tuple[Any, ...]] = []
    customers: list[tuple[Any, ...]] = []
    clock.time_each(
        "members",
        people.member_batches(rows),
        lambda batch: members.extend(floor.member_rows(batch)),
    )
    clock.time_each(
        "customers",
        people.customer_batches(rows),
        lambda batch: customers.extend(floor.customer_rows(batch)),
    )
    with clock.time("frames"):
        left = pd.DataFrame(customers, columns=floor.CUSTOMER_COLUMNS)
        customers.clear()
        right = pd.DataFrame(members, columns=floor.MEMBER_COLUMNS)
        members.clear()
    with clock.time("join"):
        pairs = left.merge(
            right[right["email_key"].notna() & (right["status"] == "member")], on="email_key"
        )
        planned = int((pairs["card_fingerprint"] != pairs["shown_fingerprint"]).sum())
    return {
        "full": clock.seconds,
        "full_cpu_s": clock.cpu_s,
        "peak_mib": peak_mib(),
        "planned": planned,
    }


SIDES = {"ours": measure_ours, "floor": measure_floor, "pandas": measure_pandas}


def main() -> None:
    """Measure one side in this process and print what came out as one line of JSON."""
    parser = argparse.ArgumentParser(description="Measure one side of the reconcile benchmark.")
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("url", help="an empty staging database")
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    engine = open_engine(arguments.url)
    print(json.dumps(SIDES[arguments.side](engine, arguments.rows)))
    engine.dispose()


if __name__ == "__main__":
    main()
