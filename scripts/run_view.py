"""What the staging database says about a run: how far the push is, and the numbers at its end."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What the table shows, in this order: a counter of the run and the words for it.
SHOWN_COUNTERS: tuple[tuple[str, str], ...] = (
    ("members_staged", "members read"),
    ("customers_staged", "customers read"),
    ("customers_matched", "customers paired with a member"),
    ("customers_ambiguous", "customers left to a person (ambiguous)"),
    ("planned", "changes planned"),
    ("pushed", "cards written to Gorgias"),
    ("failed", "writes refused"),
    ("gorgias_requests", "requests to Gorgias"),
    ("gorgias_rate_limited", "of these answered 'too many requests'"),
    ("seconds_total", "seconds in all"),
)


@dataclass(frozen=True, slots=True)
class PushProgress:
    """How many of a run's planned changes have come to an end."""

    done: int
    planned: int


def find_push_progress(staging_path: Path, store: str, run_id: str) -> PushProgress | None:
    """Return how far the push is, or None before there is a plan."""
    rows = _read(
        staging_path,
        "SELECT COUNT(*), SUM(state NOT IN ('planned', 'sending')) FROM changes"
        " WHERE store = ? AND run_id = ?",
        (store, run_id),
    )
    if not rows or not rows[0][0]:
        return None
    return PushProgress(done=int(rows[0][1]), planned=int(rows[0][0]))


def find_failure(staging_path: Path, store: str, run_id: str) -> str | None:
    """Return what the run itself says about why it failed, if it says anything."""
    rows = _read(
        staging_path,
        "SELECT failure FROM runs WHERE store = ? AND run_id = ? AND failure IS NOT NULL",
        (store, run_id),
    )
    return str(rows[0][0]) if rows else None


def describe_runs(staging_path: Path, store: str, run_ids: Sequence[str]) -> str:
    """Return a table of the runs' counters, one column a run."""
    columns = [_read_counters(staging_path, store, run_id) for run_id in run_ids]
    labels = ("", *(f"run {number}" for number in range(1, len(columns) + 1)))
    lines = [labels]
    for counter, words in SHOWN_COUNTERS:
        lines.append((words, *(f"{column.get(counter, 0):,.0f}" for column in columns)))
    width = max(len(line[0]) for line in lines)
    return "\n".join(
        f"  {line[0]:<{width}}" + "".join(f"{cell:>12}" for cell in line[1:]) for line in lines
    )


def _read_counters(staging_path: Path, store: str, run_id: str) -> dict[str, float]:
    rows = _read(
        staging_path,
        "SELECT name, value FROM run_counters WHERE store = ? AND run_id = ?",
        (store, run_id),
    )
    return {str(name): float(value) for name, value in rows}


def _read(staging_path: Path, query: str, binds: Sequence[str]) -> list[tuple[Any, ...]]:
    """Run a query on the staging database, read-only; no rows while a table is not there yet."""
    address = f"file:{staging_path}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=5)) as database:
            return database.execute(query, binds).fetchall()
    except sqlite3.OperationalError:
        return []
