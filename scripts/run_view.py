"""What staging says about runs: how far the push is, and whether the demo kept its promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from loyalty_desk.errors import SettingsError
from loyalty_desk.records import RunState
from loyalty_desk.report.text import side_by_side
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.run_record import RunRecord, balance_problems, load_run_record
from loyalty_desk.staging.statements import statement

CARD_ROWS = (
    ("summary", "summary"),
    ("status", "status"),
    ("points_balance", "points"),
    ("credits_balance", "credits"),
    ("tier", "tier"),
    ("referral_url", "referral link"),
    ("points_expire_on", "points expire on"),
    ("birthday", "birthday"),
    ("profile_url", "profile"),
    ("synced_at", "synced at"),
)
"""The keys of the card that the demo prints, in this order, and the words for them."""


@dataclass(frozen=True, slots=True)
class PushProgress:
    """How many of a run's planned changes have come to an end."""

    done: int
    planned: int


def find_push_progress(staging_path: Path, store: str, run_id: str) -> PushProgress | None:
    """Return how far the push is, or None before there is a plan."""
    try:
        with _reading(staging_path) as connection:
            rows = connection.execute(
                statement("push/changes/count_changes_by_state"), {"store": store, "run_id": run_id}
            ).all()
    except SettingsError:  # not migrated yet
        return None
    planned = sum(row.changes for row in rows)
    left = sum(row.changes for row in rows if row.state in {"planned", "sending"})
    return PushProgress(done=planned - left, planned=planned) if planned else None


def find_failure(staging_path: Path, store: str, run_id: str) -> str | None:
    """Return what the run itself says about why it failed, if it says anything."""
    try:
        with _reading(staging_path) as connection:
            return load_run_record(connection, store, run_id).failure
    except LookupError:
        return None


def load_records(staging_path: Path, store: str, run_ids: Sequence[str]) -> list[RunRecord]:
    with _reading(staging_path) as connection:
        return [load_run_record(connection, store, run_id) for run_id in run_ids]


def broken_promises(first: RunRecord, second: RunRecord) -> list[str]:
    """Say what the two runs did not show although the demo promises it; empty when all is well."""
    promises = [
        *(
            (record.state == RunState.SUCCEEDED, f"{name} run: {record.state}, {record.failure}")
            for name, record in (("first", first), ("second", second))
        ),
        (first.customers_matched > 0, "no customer was matched"),
        (first.pushed > 0, "the first run pushed nothing"),
        (first.failed + second.failed == 0, "some cards could not be pushed"),
        (second.planned == 0 and second.pushed == 0, "the second run had something to push"),
    ]
    sums = [problem for record in (first, second) for problem in balance_problems(record)]
    return [complaint for kept, complaint in promises if not kept] + sums


def describe_runs(records: Sequence[RunRecord]) -> str:
    """The numbers of the runs side by side."""
    shown = [
        record.model_copy(update={"run_id": f"run {number}"})
        for number, record in enumerate(records, start=1)
    ]
    return side_by_side(shown)


def find_pushed_customer(staging_path: Path, store: str, run_id: str) -> int:
    """The customer whose card the run held to be the most urgent, of those matched to a member."""
    query = text(
        "SELECT customer_id FROM changes WHERE store = :store AND run_id = :run_id"
        " AND outcome = 'matched' ORDER BY priority DESC LIMIT 1"
    )
    with _reading(staging_path) as connection:
        found = connection.execute(query, {"store": store, "run_id": run_id}).scalar_one()
    return int(found)


def describe_card(card: Mapping[str, Any]) -> str:
    """A card as a box, much as a sidebar widget shows it."""
    rows = [(words, str(card[key])) for key, words in CARD_ROWS if key in card]
    label_width = max(len(words) for words, _ in rows)
    lines = [f"{words:<{label_width}}  {value}" for words, value in rows]
    name = str(card.get("name", "Loyalty"))
    width = max(len(line) for line in [*lines, name])
    rule = "─" * (width + 2)
    body = "\n".join(f"│ {line:<{width}} │" for line in [name, "", *lines])
    return f"┌{rule}┐\n{body}\n└{rule}┘"


@contextmanager
def _reading(staging_path: Path) -> Iterator[Connection]:
    engine: Engine = open_engine(f"sqlite:///{staging_path}")
    try:
        with reading(engine) as connection:
            yield connection
    finally:
        engine.dispose()
