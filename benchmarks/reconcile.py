"""How long it takes to reconcile a million members with a million customers, and how much memory.

**Full** (`ours`): `stage_members` and `stage_customers` of every record, in batches of 5,000 with
a transaction each, then `match_customers(full=True)` and `plan_changes(full=True)`, on a migrated,
empty staging database. That is the first run of a store: nobody has a card yet, so each match
becomes a planned change.

**Floor**: the least that bare SQL can do with the same records on the same database with the same
engine settings: put the columns that the records have (the card as JSON text, the e-mail in lower
case) into two tables without any key, in one transaction; index the e-mails; join on them; store
each pair whose card is not the one that Gorgias shows. No validation of addresses, no keys, no
repeatability, no change detection, no classes, no ties, no ledger, no priorities.

**pandas**: two data frames of the same columns, `merge` on the e-mail in lower case, compare.

**Increment**: after the full one, and after a pretended push of everything planned, 1 % of the
members come with another balance and 1 % of the customers updated, each tenth of them with another
e-mail address: stage those records, `match_customers(full=False)`, `plan_changes(full=False)`.

**Rescan**: all members come again, unchanged, as a platform that cannot tell what changed has them
read in every run. Stage only. It has no goal, but it is what such a run costs beside its requests.

The clock stops while records are made up. Each side runs in a process of its own; its peak memory
is the high-water mark of that process's resident memory (PostgreSQL's own processes do not count,
SQLite works inside it). Without pandas and PostgreSQL's server both sides import the same modules.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, text

from benchmarks import people
from loyalty_desk.records import Customer, Member
from loyalty_desk.settings import StoreSettings
from loyalty_desk.staging.engine import migrate, open_engine
from loyalty_desk.staging.load import bulk_insert

STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})
CHANGED_SHARE = 0.01

_FLOOR = MetaData()
_floor_members = Table(
    "floor_members",
    _FLOOR,
    *(Column(name, Text) for name in ("store", "member_id", "email", "email_key", "status")),
    *(Column(name, Text) for name in ("phone", "external_id")),
    Column("points_balance", Integer),
    Column("tier_rank", Integer),
    Column("card", Text),
)
_floor_customers = Table(
    "floor_customers",
    _FLOOR,
    Column("store", Text),
    Column("customer_id", Integer),
    *(Column(name, Text) for name in ("email", "email_key", "name", "external_id")),
    *(Column(name, Text) for name in ("data", "shown", "updated_at_utc")),
)

T = TypeVar("T")


class Clock:
    """Seconds by step; a step may be entered again and again."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        started_s = time.perf_counter()
        try:
            yield
        finally:
            spent_s = time.perf_counter() - started_s
            self.seconds[step] = self.seconds.get(step, 0.0) + spent_s

    def time_each(self, step: str, batches: Iterable[T], work: Callable[[T], object]) -> None:
        for batch in batches:
            with self.time(step):
                work(batch)


def peak_mib() -> float:
    """The most resident memory that this process ever had."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


# --- ours ------------------------------------------------------------------------------------


def measure_ours(engine: Engine, rows: int) -> dict[str, Any]:
    migrate(engine)
    full, increment, rescan = Clock(), Clock(), Clock()
    _stage(engine, full, people.member_batches(rows), people.customer_batches(rows), first=True)
    counts = _reconcile(engine, full, "run-1", full=True)
    full_peak_mib = peak_mib()
    _pretend_push(engine, "run-1")
    _stage(
        engine,
        increment,
        people.changed_member_batches(rows, CHANGED_SHARE),
        people.changed_customer_batches(rows, CHANGED_SHARE),
        first=False,
    )
    changed = _reconcile(engine, increment, "run-2", full=False)
    with engine.begin() as connection:
        stage = _members_stager(connection, first=False)
        rescan.time_each("stage", people.member_batches(rows), stage)
    return {
        "full": full.seconds,
        "increment": increment.seconds,
        "rescan": rescan.seconds,
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
    from loyalty_desk.sync.stage import stage_customers  # noqa: PLC0415 - only this side needs it

    with engine.begin() as connection:
        clock.time_each("members", members, _members_stager(connection, first=first))
    with engine.begin() as connection:
        clock.time_each(
            "customers",
            customers,
            lambda batch: stage_customers(
                connection, STORE.name, batch, people.START, card_key="loyalty", first_load=first
            ),
        )


def _members_stager(connection: Connection, *, first: bool) -> Callable[[list[Member]], object]:
    from loyalty_desk.sync.stage import stage_members  # noqa: PLC0415 - only this side needs it

    return lambda batch: stage_members(
        connection, STORE.name, batch, people.START, first_load=first
    )


def _reconcile(engine: Engine, clock: Clock, run_id: str, *, full: bool) -> int:
    from loyalty_desk.sync.match import match_customers  # noqa: PLC0415 - only this side needs it
    from loyalty_desk.sync.plan import plan_changes  # noqa: PLC0415

    with clock.time("match"), engine.begin() as connection:
        match_customers(connection, STORE, people.START, full=full)
    with clock.time("plan"), engine.begin() as connection:
        counts = plan_changes(connection, STORE, run_id, people.START, full=full, limit=None)
    return counts.planned


def _pretend_push(engine: Engine, run_id: str) -> None:
    """As if Gorgias had accepted every card of the plan."""
    with engine.begin() as connection:
        for sql in (
            "INSERT INTO pushed_cards SELECT store, customer_id, destination, fingerprint,"
            " member_id IS NOT NULL, NULL, changed_at_utc, changed_at_utc FROM changes"
            " WHERE run_id = :run_id",
            "UPDATE changes SET state = 'done' WHERE run_id = :run_id",
            "DELETE FROM to_plan WHERE :run_id IS NOT NULL",
        ):
            connection.execute(text(sql), {"run_id": run_id})


# --- the floor -------------------------------------------------------------------------------


def measure_floor(engine: Engine, rows: int) -> dict[str, Any]:
    clock = Clock()
    _FLOOR.create_all(engine)
    with engine.begin() as connection:
        clock.time_each("members", people.member_batches(rows), _member_loader(connection))
        clock.time_each("customers", people.customer_batches(rows), _customer_loader(connection))
        for step, sql in (
            ("index", "CREATE INDEX floor_by_email ON floor_members (email_key)"),
            ("index", "CREATE INDEX floor_customers_by_email ON floor_customers (email_key)"),
            ("index", "ANALYZE floor_members"),
            ("index", "ANALYZE floor_customers"),
            (
                "join",
                "CREATE TABLE floor_result AS SELECT c.customer_id, m.member_id, m.points_balance"
                " FROM floor_customers AS c INNER JOIN floor_members AS m"
                " ON c.email_key = m.email_key WHERE m.card IS DISTINCT FROM c.shown",
            ),
        ):
            with clock.time(step):
                connection.execute(text(sql))
        planned = connection.execute(text("SELECT COUNT(*) FROM floor_result")).scalar_one()
    return {"full": clock.seconds, "peak_mib": peak_mib(), "planned": planned}


def _member_loader(connection: Connection) -> Callable[[list[Member]], int]:
    return lambda batch: bulk_insert(connection, _floor_members, map(_bare_member, batch))


def _customer_loader(connection: Connection) -> Callable[[list[Customer]], int]:
    return lambda batch: bulk_insert(connection, _floor_customers, map(_bare_customer, batch))


def _bare_member(member: Member) -> tuple[Any, ...]:
    return (
        STORE.name,
        member.member_id,
        member.email,
        None if member.email is None else member.email.lower(),
        member.status.value,
        member.phone,
        member.external_id,
        member.card["points_balance"],
        member.tier_rank,
        orjson.dumps(member.card).decode(),
    )


def _bare_customer(customer: Customer) -> tuple[Any, ...]:
    data = customer.data or {}
    shown = data.get("loyalty")
    return (
        STORE.name,
        customer.customer_id,
        customer.email,
        None if customer.email is None else customer.email.lower(),
        customer.name,
        customer.external_id,
        orjson.dumps(data).decode() if data else None,
        None if shown is None else orjson.dumps(shown).decode(),
        customer.updated_at_utc,
    )


# --- pandas ----------------------------------------------------------------------------------


def measure_pandas(_engine: Engine, rows: int) -> dict[str, Any]:
    import pandas as pd  # noqa: PLC0415 - only this side may pay for it

    clock = Clock()
    members: list[tuple[Any, ...]] = []
    customers: list[tuple[Any, ...]] = []
    clock.time_each(
        "members", people.member_batches(rows), lambda b: members.extend(map(_bare_member, b))
    )
    clock.time_each(
        "customers", people.customer_batches(rows), lambda b: customers.extend(map(_bare_customer, b))
    )
    with clock.time("frames"):
        left = pd.DataFrame(customers, columns=_floor_customers.columns.keys())
        customers.clear()
        right = pd.DataFrame(members, columns=_floor_members.columns.keys())
        members.clear()
    with clock.time("join"):
        pairs = left.merge(right[right["email_key"].notna()], on="email_key")
        planned = int((pairs["card"] != pairs["shown"]).sum())
    return {"full": clock.seconds, "peak_mib": peak_mib(), "planned": planned}


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
