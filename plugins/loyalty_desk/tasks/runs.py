"""What a program that started runs asks about them: how far one is, how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from loyalty_desk.errors import SettingsError
from loyalty_desk.records import RunState
from loyalty_desk.report import text
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import RunRecord, load_run_record
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True)
class PushProgress:
    """How many of a run's planned changes have come to an end."""

    done: int
    planned: int


def find_push_progress(engine: Engine, store_name: str, run_id: str) -> PushProgress | None:
    """How far the push is, or None before there is a plan."""
    binds = {"store": store_name, "run_id": run_id}
    try:
        with reading(engine) as connection:
            rows = connection.execute(statement("push/changes/count_changes_by_state"), binds).all()
    except SettingsError:  # not migrated yet
        return None
    planned = sum(row.changes for row in rows)
    left = sum(row.changes for row in rows if row.state in {"planned", "sending"})
    return PushProgress(done=planned - left, planned=planned) if planned else None


def load_record(engine: Engine, store_name: str, run_id: str) -> RunRecord:
    """Everything that is known about a run; raises LookupError when there is none."""
    with reading(engine) as connection:
        return load_run_record(connection, store_name, run_id)


def has_succeeded(record: RunRecord) -> bool:
    return record.state == RunState.SUCCEEDED


def side_by_side(records: Sequence[RunRecord]) -> str:
    """The numbers of runs in columns, under the number of each."""
    numbered = enumerate(records, start=1)
    return text.side_by_side(
        [record.model_copy(update={"run_id": f"run {number}"}) for number, record in numbered]
    )
