"""What staging says about runs: how far the push is, and whether the demo kept its promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from loyalty_desk.commands.card import card_rows
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.run_record import RunRecord, balance_problems
from loyalty_desk.tasks import runs
from loyalty_desk.tasks.runs import PushProgress


def find_push_progress(staging_path: Path, store: str, run_id: str) -> PushProgress | None:
    """Return how far the push is, or None before there is a plan."""
    with _opened(staging_path) as engine:
        return runs.find_push_progress(engine, store, run_id)


def find_failure(staging_path: Path, store: str, run_id: str) -> str | None:
    """Return what the run itself says about why it failed, if it says anything."""
    try:
        return load_records(staging_path, store, [run_id])[0].failure
    except LookupError:
        return None


def load_records(staging_path: Path, store: str, run_ids: Sequence[str]) -> list[RunRecord]:
    with _opened(staging_path) as engine:
        return [runs.load_record(engine, store, run_id) for run_id in run_ids]


def broken_promises(first: RunRecord, second: RunRecord) -> list[str]:
    """Say what the two runs did not show although the demo promises it; empty when all is well."""
    promises = [
        *(
            (runs.has_succeeded(record), f"{name} run: {record.state}, {record.failure}")
            for name, record in (("first", first), ("second", second))
        ),
        (first.customers_matched > 0, "no customer was matched"),
        (first.pushed > 0, "the first run pushed nothing"),
        (first.failed + second.failed == 0, "some cards could not be pushed"),
        (second.planned == 0 and second.pushed == 0, "the second run had something to push"),
    ]
    sums = [problem for record in (first, second) for problem in balance_problems(record)]
    return [complaint for kept, complaint in promises if not kept] + sums


def find_pushed_customer(staging_path: Path, store: str, run_id: str) -> int:
    """The customer whose card the run held to be the most urgent, of those matched to a member."""
    query = text(
        "SELECT customer_id FROM changes WHERE store = :store AND run_id = :run_id"
        " AND outcome = 'matched' ORDER BY priority DESC LIMIT 1"
    )
    with _opened(staging_path) as engine, reading(engine) as connection:
        found = connection.execute(query, {"store": store, "run_id": run_id}).scalar_one()
    return int(found)


def describe_card(card: Mapping[str, Any]) -> str:
    """A card as a box, much as a sidebar widget shows it."""
    rows = card_rows({key: value for key, value in card.items() if key != "name"})
    label_width = max(len(words) for words, _ in rows)
    lines = [f"{words:<{label_width}}  {value}" for words, value in rows]
    name = str(card.get("name", "Loyalty"))
    width = max(len(line) for line in [*lines, name])
    rule = "─" * (width + 2)
    body = "\n".join(f"│ {line:<{width}} │" for line in [name, "", *lines])
    return f"┌{rule}┐\n{body}\n└{rule}┘"


@contextmanager
def _opened(staging_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{staging_path}")
    try:
        yield engine
    finally:
        engine.dispose()
