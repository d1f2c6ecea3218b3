"""How long it takes to reconcile a million members with a million customers, and how much memory.

**Full** (`ours`): `stage_members` and `stage_customers` of every record in batches of 5,000, one
transaction each (a real run commits page by page, between requests that take far longer), then
`match_customers(full=True)` and `plan_changes(full=True)`, on a migrated, empty staging database.
That is the first run of a store: nobody has a card yet, so each match becomes a planned change.

**Floor** (`floor.py`): the least that bare SQL can do with the same records on the same database
with the same engine settings, each step in a transaction of its own, as ours are in tasks of their
own: make rows of them, put these into two tables without a key by the driver's fastest way, index
the e-mail keys, join on them, and store each pair whose card is not the one that Gorgias shows. It
uses nothing of the product but the records and the settings of the connection.

**pandas**: the same rows as two data frames, `merge` on the e-mail key, compare.

**Increment**: after the full one, and after a pretended push of everything planned (and the VACUUM
that PostgreSQL does on its own within minutes; a real push of so many takes days), 1 % of the
members come with another balance and 1 % of the customers updated, each tenth of them with another
e-mail address: stage those records, `match_customers(full=False)`, `plan_changes(full=False)`. The
floor has its own: the same records into two new tables, from these into the large ones by an index
that it had before, and each card that is another than the one pushed, of those whom they touch.

What is planned is counted by hand from the made-up people: a side that plans other than that many
cards, in full or after the change, ends the benchmark with NotMeasuredError.

**Rescan**: all members come again, unchanged, as a platform that cannot tell what changed has them
read in every run. Stage only. It has no goal, but it is what such a run costs beside its requests.

The clock stops while records are made up, and counts every commit. Each side runs in a process of
its own; its peak memory is the high-water mark of that process's resident memory (PostgreSQL's own
processes do not count, SQLite works inside it). `--repeat` helps on a machine that is busy with
other things, as does the ratio of processor time, which is measured on SQLite only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from benchmarks import people
from benchmarks.asking import NotMeasuredError
from benchmarks.budget import staging_database
from loyalty_desk.settings.project import PROJECT_ROOT

ROWS = 1_000_000
MOST_TIMES_THE_FLOOR = 3.5
"""It was 2 when the floor took the product's rows: its own, with less in them, cost less."""
MOST_TIMES_THE_INCREMENT = 2.0
MOST_MIB = 400

DATABASES = ("sqlite", "postgresql")


def figures(
    only: Collection[str] = (), *, rows: int = ROWS, repeat: int = 1
) -> Iterator[dict[str, Any]]:
    """Yield one line a figure and database; `only` names figures or databases, empty is all.

    With `repeat` each side runs so often, in turns, and its fastest run counts.
    """
    wanted = set(only) - set(DATABASES)
    if wanted and not any(name.startswith("reconcile") for name in wanted):
        return
    for database in DATABASES:
        if set(only) & set(DATABASES) and database not in only:
            continue
        for figure in _figures_of(database, rows, repeat):
            if not wanted or "reconcile" in wanted or figure["figure"] in wanted:
                yield figure


def _figures_of(database: str, rows: int, repeat: int) -> Iterator[dict[str, Any]]:
    runs = [
        {side: _measure(side, database, rows) for side in ("ours", "floor")} for _ in range(repeat)
    ]
    ours = min((run["ours"] for run in runs), key=_full_s)
    floor = min((run["floor"] for run in runs), key=_full_s)
    full_s, floor_s = _full_s(ours), _full_s(floor)
    increment_s, floor_increment_s = (
        min(sum(run[side]["increment"].values()) for run in runs) for side in ("ours", "floor")
    )
    peak = max(run["ours"]["peak_mib"] for run in runs)

    def figure(name: str, value: float, unit: str, most: float | None = None) -> dict[str, Any]:
        return {
            "figure": name,
            "database": database,
            "value": round(value, 3),
            "unit": unit,
            "goal": "" if most is None else f"<= {most:g}",
            "ok": most is None or value <= most,
        }

    yield figure("reconcile_full_ratio", full_s / floor_s, "x floor", MOST_TIMES_THE_FLOOR)
    ratio = increment_s / floor_increment_s
    yield figure("reconcile_increment_ratio", ratio, "x floor's", MOST_TIMES_THE_INCREMENT)
    yield figure("reconcile_peak_mib", peak, "MiB", MOST_MIB)
    yield figure("reconcile_full_seconds", full_s, "s")
    yield figure("reconcile_floor_seconds", floor_s, "s")
    for step, seconds in ours["full"].items():
        yield figure(f"reconcile_full_{step}_seconds", seconds, "s")
    yield figure("reconcile_increment_seconds", increment_s, "s")
    yield figure("reconcile_floor_increment_seconds", floor_increment_s, "s")
    yield figure("reconcile_rescan_seconds", min(_rescan_s(run["ours"]) for run in runs), "s")
    if database == "sqlite":  # elsewhere the database works in processes of its own
        cpu = min(run["ours"]["full_cpu_s"] for run in runs)
        floor_cpu = min(run["floor"]["full_cpu_s"] for run in runs)
        yield figure("reconcile_full_cpu_ratio", cpu / floor_cpu, "x floor")
        pandas = _measure("pandas", database, rows)
        yield figure("reconcile_pandas_seconds", _full_s(pandas), "s")
        yield figure("reconcile_pandas_peak_mib", pandas["peak_mib"], "MiB")


def _measure(side: str, database: str, rows: int) -> dict[str, Any]:
    """Run one side in a process of its own, on a database of its own."""
    command = [sys.executable, "-m", "benchmarks.reconcile_sides", side]
    paths = f"{PROJECT_ROOT / 'plugins'}{os.pathsep}{PROJECT_ROOT}"
    with staging_database(database) as url:
        done = subprocess.run(
            [*command, url, "--rows", str(rows)],
            stdout=subprocess.PIPE,
            check=True,
            env={**os.environ, "PYTHONPATH": paths},
            cwd=PROJECT_ROOT,
        )
    result: dict[str, Any] = json.loads(done.stdout)
    check_planned(side, result, rows)
    return result


def check_planned(side: str, result: Mapping[str, Any], rows: int) -> None:
    """Raise NotMeasuredError unless a side planned as many cards as there are to push."""
    wanted = {
        "planned": people.count_cards(rows),
        "increment_planned": people.count_changed_cards(rows, people.CHANGED_SHARE),
    }
    for name, cards in wanted.items():
        if result.get(name, cards) != cards:
            raise NotMeasuredError(f"{side}: {name} is {result[name]}, and {cards} cards are due")


def _full_s(side: dict[str, Any]) -> float:
    return float(sum(side["full"].values()))


def _rescan_s(side: dict[str, Any]) -> float:
    return float(sum(side["rescan"].values()))
