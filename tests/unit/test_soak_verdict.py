"""What a soak reads from the logs of a red run."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.airflow_api import TaskState
from tests.soak.verdict import log_path, read_error


def test_a_part_of_a_mapped_task_has_a_log_of_its_own() -> None:
    whole = TaskState(name="show", state="failed", attempt=1, seconds=0.0)
    part = TaskState(name="approval.ask", state="failed", attempt=12, seconds=0.0, part=0)

    assert log_path(whole) == Path("task_id=show/attempt=1.log")
    assert log_path(part) == Path("task_id=approval.ask/map_index=0/attempt=12.log")


def test_the_log_of_a_task_tells_what_it_failed_with(tmp_path: Path) -> None:
    log = tmp_path / "attempt=1.log"
    failure = [
        {"exc_type": "StoreDisconnectedError", "exc_value": "it is disconnected"},
        {"exc_type": "KeyError", "exc_value": "the cause"},
    ]
    lines = [
        {"event": "passed over", "error_detail": [{"exc_type": "OSError", "exc_value": "busy"}]},
        {"event": "Task failed with exception", "error_detail": failure},
        {"event": "not told", "error_detail": [{"exc_type": "EOFError", "exc_value": "gone"}]},
    ]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    log.write_text(text, encoding="utf-8")

    assert read_error(log) == "StoreDisconnectedError: it is disconnected"
    assert read_error(tmp_path / "attempt=2.log") == "no log"
